"""`verify F.mcap`: read every byte of a recorded session, and say what is in it and what is wrong.

Exit status 0: all is as it was recorded; 1: something is damaged; 2: it is no session.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from app.commands.session_progress import watching
from engine.recording.in_use import is_held
from engine.recording.layout import EventKind, SessionHeader
from engine.recording.place import numbered, part_of
from engine.recording.reader import session_paths
from engine.recording.recovery import duration_text
from engine.recording.verify import Gap, VerifyReport, verify

DAMAGED_STATUS = 1
LISTED = 5
"""As many gaps are listed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", type=Path, metavar="F.mcap", help="a recorded session")


def run(args: argparse.Namespace) -> int:
    paths = session_paths(args.session)
    good = True
    for path in paths:
        with watching(f"reading {path.name}") as watch:
            report = verify(path, watch)
        print("\n".join(report_lines(report)))
        if not report.good:
            print(f"handtune: {report.sentence}", file=sys.stderr)
        good = good and report.good
    rest = part_of(numbered(args.session, len(paths)))
    if rest.exists() and not is_held(rest):
        print(
            f"handtune: the session goes on in '{rest}', which was never finished. `python main.py "
            f'repair "{rest}"` makes it whole.',
            file=sys.stderr,
        )
        good = False
    return 0 if good else DAMAGED_STATUS


def report_lines(report: VerifyReport) -> list[str]:
    """What is in a file, for people."""
    verdict = "every checksum holds" if report.good else "DAMAGED"
    return [
        f"{report.path}: {report.size / 1e6:.1f} MB, {duration_text(report.duration_s)}, "
        f"{report.frames:,} frames at {report.fps:.1f} fps: {verdict}",
        *([] if report.header is None else header_lines(report.header)),
        *count_lines(report.counts),
        *_gap_lines(report.gaps),
        f"  dropped while recording: {report.drops} frames; in the file and not tracked: "
        f"{report.untracked}",
        *_event_lines(report),
        *(f"  damage {damage}" for damage in report.damages),
        *(f"  problem: {problem}" for problem in report.problems),
        *lost_lines(report.lost, report.lost_is_certain),
    ]


def header_lines(header: SessionHeader) -> list[str]:
    """Where a session comes from."""
    camera = header.camera
    tracked = f", hands by {header.hand_model}" if header.hand_model else ""
    person = f", profile {header.profile}" if header.profile else ""
    made = header.created or "an unknown date"
    return [
        f"  {header.source_name or 'an unknown source'} ({header.source_uri}), {made}",
        f"  depth {camera.width_px} x {camera.height_px} px{tracked}{person}",
    ]


def count_lines(counts: Mapping[str, int]) -> list[str]:
    """Messages by topic."""
    width = max(map(len, counts), default=0)
    return [f"  {topic:{width}}  {count:>9,}" for topic, count in sorted(counts.items())]


def lost_lines(lost: Mapping[str, int], certain: bool) -> list[str]:
    """Messages lost by topic."""
    listed = ", ".join(f"{count} of {topic}" for topic, count in sorted(lost.items()))
    if listed:
        return [f"  lost: {'' if certain else 'at least '}{listed}"]
    return [] if certain else ["  lost: how much cannot be known"]


def _gap_lines(gaps: tuple[Gap, ...]) -> list[str]:
    if not gaps:
        return ["  gaps: none"]
    missing = sum(gap.missing for gap in gaps)
    longest = sorted(gaps, key=lambda gap: -gap.seconds)[:LISTED]
    told = ", ".join(f"{gap.seconds:.2f} s at {gap.at_s:.1f} s" for gap in longest)
    more = ", ..." if len(gaps) > LISTED else ""
    return [f"  gaps: {len(gaps)}, {missing} frames missing by their numbers ({told}{more})"]


def _event_lines(report: VerifyReport) -> list[str]:
    kinds = Counter(event.kind for event in report.events)
    listed = ", ".join(f"{kinds[kind]} {kind.value}" for kind in EventKind if kinds[kind])
    return [f"  events: {listed or 'none'}"]
