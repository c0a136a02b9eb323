"""`newcomers`: what enrolment and adaptation bring to simulated people never trained on.

Prints a row as soon as a person is measured. With `--rows F` every row is kept in a file, and a
second run goes on where the first one stopped.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.commands.arguments import add_json
from app.commands.json_file import write_json
from engine.atomic_file import OutputError, check_writable
from engine.errors import UserError
from engine.evaluation.newcomer_people import newcomer
from engine.evaluation.newcomers import (
    ABLATIONS,
    WHOLE,
    NewcomerRow,
    Variant,
    measure_newcomer,
    row_of,
)
from engine.evaluation.report import without_nan

FIRST_TESTED = 100
"""Newcomers 0 to 99 are there to calibrate and to choose settings on; figures come from later
ones."""

MOST_STEPS_PER_SECOND = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=_whole(1), default=50, metavar="N", help="people (50)")
    parser.add_argument(
        "--first-seed", type=_whole(0), default=FIRST_TESTED, metavar="N",
        help=f"number of the first one ({FIRST_TESTED}; those before were calibrated on)",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=_whole(5), default=60, metavar="N", help="of motion to learn from (60)"
    )
    parser.add_argument(
        "--test-seconds", type=_whole(2), default=20, metavar="N",
        help="of other motion to measure on, before and after (20)",
    )  # fmt: skip
    parser.add_argument(
        "--steps-per-second", type=_steps_per_second, default=4.0, metavar="N",
        help="learning steps a second of motion (4)",
    )  # fmt: skip
    parser.add_argument("--quiet", action="store_true", help="with nearly ideal sensors")
    parser.add_argument("--no-adapt", action="store_true", help="enrolment alone")
    parser.add_argument("--ablate", action="store_true", help="again with each ingredient left out")
    parser.add_argument("--rows", type=Path, metavar="F.jsonl", help="keep rows; go on from them")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    for target in filter(None, (args.rows, args.json)):
        check_writable(target)
    variants = ABLATIONS if args.ablate else (WHOLE,)
    if args.no_adapt:
        variants = tuple(variant for variant in ABLATIONS if not variant.adapts)
    kept = _Kept(args.rows, _conditions(args))
    print(_HEAD)
    rows: list[NewcomerRow] = []
    for variant in variants:
        for number in range(args.first_seed, args.first_seed + args.count):
            rows.append(kept.get(number, variant) or kept.add(_measure(args, number, variant)))
            print(_line(rows[-1]), flush=True)
    print("\n".join(["", *summary_lines(rows)]))
    if args.json is not None:
        figures = {"conditions": _conditions(args), "rows": [row.to_json() for row in rows]}
        write_json(args.json, without_nan(figures))
    return 0


def _measure(args: argparse.Namespace, number: int, variant: Variant) -> NewcomerRow:
    return measure_newcomer(
        newcomer(number, args.quiet), args.seconds, args.test_seconds, args.steps_per_second,
        variant,
    )  # fmt: skip


def _conditions(args: argparse.Namespace) -> dict[str, Any]:
    """What rows must have in common to stand in one table."""
    return {
        "seconds": args.seconds,
        "test_seconds": args.test_seconds,
        "steps_per_second": args.steps_per_second,
        "quiet": args.quiet,
    }


class _Kept:
    """Rows measured before under the same conditions, in a file with one JSON object a line."""

    def __init__(self, path: Path | None, conditions: dict[str, Any]) -> None:
        self._path, self._conditions = path, conditions
        self._rows: dict[tuple[int, str], NewcomerRow] = {}
        if path is not None and path.exists():
            for number, line in enumerate(_text(path).splitlines(), 1):
                self._read(number, line)

    def get(self, number: int, variant: Variant) -> NewcomerRow | None:
        return self._rows.get((number, variant.name))

    def add(self, row: NewcomerRow) -> NewcomerRow:
        """Remember a fresh row.

        Raises:
            OutputError: the file cannot be written, or the disk is full.
        """
        if self._path is not None:
            line = json.dumps({"conditions": self._conditions, "row": row.to_json()})
            try:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
            except OSError as error:
                raise OutputError(
                    f"Cannot write '{self._path}': {error.strerror or error}. The rows before are "
                    "in it; free some space or make it writable, and run this again to go on."
                ) from error
        return row

    def _read(self, number: int, line: str) -> None:
        try:
            entry = json.loads(line)
            row, conditions = row_of(entry["row"]), entry["conditions"]
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"Line {number} of '{self._path}' is no row of newcomers ({error!r}); name another "
                "file, or delete that line to measure it again."
            ) from error
        if conditions == self._conditions:
            self._rows[row.number, row.variant] = row


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"'{path}' cannot be read as rows of newcomers ({error}); name a text file that this "
            "command wrote, or a new one."
        ) from error


_HEAD = (
    f"{'':8}{'size':>6}{'network, mm':>18}{'tracker, mm':>18}{'ratio':>7}{'bones %':>14}"
    f"{'within':>8}{'enrolled':>10}{'gate':>6}{'s':>7}\n"
    f"{'person':8}{'':6}{'before':>9}{'after':>9}{'before':>9}{'after':>9}{'':7}{'mean':>7}"
    f"{'worst':>7}{'%':>8}{'s':>10}"
)


def _line(row: NewcomerRow) -> str:
    before, after = row.before, row.after
    return (
        f"{row.number:<8}{row.scale:>6.2f}{_n(before.network_mm):>9}{_n(after.network_mm):>9}"
        f"{_n(before.tracker_mm):>9}{_n(after.tracker_mm):>9}{_n(row.ratio, 2):>7}"
        f"{_n(100 * row.bone_mean):>7}{_n(100 * row.bone_worst):>7}{_n(100 * row.coverage, 0):>8}"
        f"{_n(row.enrolment_s, 0):>10}{row.decisions:>6}{row.seconds:>7.0f}"
    )


def summary_lines(rows: Sequence[NewcomerRow]) -> list[str]:
    """One table: a line a variant, in the order of the rows."""
    head = (
        f"{'mean over people':34}{'network, mm':>16}{'ratio':>7}{'tracker, mm':>16}{'ratio':>7}"
        f"{'worst':>7}{'bones %':>12}{'within %':>10}{'people':>8}"
    )
    names = list(dict.fromkeys(row.variant for row in rows))
    return [head, *(_summary(name, [r for r in rows if r.variant == name]) for name in names)]


def _summary(name: str, rows: Sequence[NewcomerRow]) -> str:
    mean = _mean_of(rows)
    network = mean(lambda r: r.before.network_mm), mean(lambda r: r.after.network_mm)
    tracker = mean(lambda r: r.before.tracker_mm), mean(lambda r: r.after.tracker_mm)
    worst = _largest(row.ratio for row in rows)
    bones = mean(lambda r: 100 * r.bone_mean), _largest(100 * row.bone_worst for row in rows)
    return (
        f"{name:34}{_n(network[0]) + ' > ' + _n(network[1]):>16}{_n(network[1] / network[0], 2):>7}"
        f"{_n(tracker[0]) + ' > ' + _n(tracker[1]):>16}{_n(tracker[1] / tracker[0], 2):>7}"
        f"{_n(worst, 2):>7}{_n(bones[0]) + ' / ' + _n(bones[1]):>12}"
        f"{_n(mean(lambda r: 100 * r.coverage), 0):>10}{len(rows):>8}"
    )


def _mean_of(rows: Sequence[NewcomerRow]) -> Callable[[Callable[[NewcomerRow], float]], float]:
    def mean(figure: Callable[[NewcomerRow], float]) -> float:
        values = [value for row in rows if math.isfinite(value := figure(row))]
        return float(np.mean(values)) if values else float("nan")

    return mean


def _largest(values: Iterable[float]) -> float:
    """The largest finite value; NaN where there is none."""
    return max((value for value in values if math.isfinite(value)), default=float("nan"))


def _n(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def _whole(lowest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {lowest} up, found '{text}'"
            )
        return int(text)

    return read


def _steps_per_second(text: str) -> float:
    try:
        steps = float(text)
    except ValueError:
        steps = math.nan
    if not 0.0 < steps <= MOST_STEPS_PER_SECOND:
        raise argparse.ArgumentTypeError(
            f"expected learning steps a second above 0 and up to {MOST_STEPS_PER_SECOND}, "
            f"found '{text}'"
        )
    return steps
