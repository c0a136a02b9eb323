"""`repair F.mcap[.part]`: a whole new session from all of a damaged one that is whole.

Exit status 0: nothing was lost; 3: something was, and it says what; 2: nothing usable.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.commands.session_progress import watching
from app.commands.verify import count_lines, lost_lines
from engine.recording.inventory import Loss
from engine.recording.recovery import duration_text
from engine.recording.repair import RepairReport, repair

LOSSY_STATUS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", type=Path, metavar="F.mcap", help="a damaged or unfinished one")
    parser.add_argument(
        "--out", type=Path, metavar="G.mcap", help="default: F.repaired.mcap, or F.mcap for a .part"
    )


def run(args: argparse.Namespace) -> int:
    with watching(f"repairing {args.session.name}") as watch:
        report = repair(args.session, args.out, watch)
    print("\n".join(report_lines(report)))
    if report.lossless:
        return 0
    print(
        f"handtune: something of '{report.source}' is lost, see above; all else is in "
        f"'{report.target}', and the original is as it was.",
        file=sys.stderr,
    )
    return LOSSY_STATUS


def report_lines(report: RepairReport) -> list[str]:
    """What was kept and what was not, for people."""
    return [
        f"{report.target}: {duration_text(report.duration_s)}, {report.frames:,} frames; written "
        "and verified",
        *count_lines(report.kept),
        *(f"  mended: {text}" for text in report.mended),
        *(f"  lost {_where(report, loss)}: {_what(loss)}" for loss in report.losses),
        *([] if report.lossless else lost_lines(report.lost, report.lost_is_certain)),
    ]


def _where(report: RepairReport, loss: Loss) -> str:
    """Seconds from the first frame kept, by what is whole on either side."""
    before = "the beginning" if loss.after_ns is None else f"{report.seconds(loss.after_ns):.2f} s"
    if loss.before_ns is None:
        return f"behind {before}"
    if loss.after_ns is None:
        return f"before {report.seconds(loss.before_ns):.2f} s"
    return f"between {before} and {report.seconds(loss.before_ns):.2f} s"


def _what(loss: Loss) -> str:
    damage = loss.damage
    if loss.counts:
        listed = ", ".join(f"{count} of {topic}" for topic, count in sorted(loss.counts.items()))
        return f"{listed} ({damage})"
    return f"{damage}, {damage.length:,} bytes" if damage.length else str(damage)
