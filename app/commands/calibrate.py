"""`calibrate LEFT_DIR RIGHT_DIR --board ... --out rig.toml`: a stereo calibration without a window.

Finds the board in pairs of pictures, solves, prints the report with its verdict, and writes the
rig unless it would measure nonsense or replace a better one.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.commands.arguments import add_json
from app.commands.calibration_text import report_json, report_lines
from app.commands.json_file import write_json
from app.rig_file import check_replaceable, save_rig
from calibration.board import AnyBoard
from calibration.board_spec import parse_board, parse_length
from calibration.errors import CalibrationError, fatal
from calibration.intrinsics import LensChoice
from calibration.lens import LensModel
from calibration.picture_pairs import detect_pairs, picture_pairs
from calibration.report import StereoReport
from calibration.solve import StereoCalibration, calibrate_stereo
from calibration.stored_rig import StoredRig, quality_of
from calibration.views import View
from engine.atomic_file import check_writable

AUTOMATIC = "auto"
LENSES = (AUTOMATIC, *(lens.value for lens in LensModel))


def board(text: str) -> AnyBoard:
    """A board on the command line."""
    try:
        return parse_board(text)
    except CalibrationError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def length_m(text: str) -> float:
    """A length with its unit on the command line, above 0."""
    try:
        length = parse_length(text)
    except CalibrationError as error:
        raise argparse.ArgumentTypeError(
            f"expected a length with its unit, such as 63mm, found '{text}'"
        ) from error
    if length <= 0:
        raise argparse.ArgumentTypeError(f"expected a length above 0, found '{text}'")
    return length


def serials(text: str) -> tuple[str, str]:
    """Two serials on the command line."""
    left, comma, right = (part.strip() for part in text.partition(","))
    if not (left and comma and right) or "," in right:
        raise argparse.ArgumentTypeError(f"expected two serials such as A1,B2, found '{text}'")
    return left, right


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "left", type=Path, metavar="LEFT_DIR",
        help="pictures of the left camera; or a pattern in quotes, such as 'DIR/left*'",
    )  # fmt: skip
    parser.add_argument(
        "right", type=Path, metavar="RIGHT_DIR", help="of the right one, in the same order"
    )
    parser.add_argument(
        "--board", type=board, required=True, metavar="BOARD",
        help="chessboard:9x6:25mm (inner corners), charuco:8x6:30mm:22mm (squares, square, "
        "marker) or aprilgrid:6x6:35mm:10mm (tags, tag, gap)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="RIG.toml", help="write the rig")
    add_json(parser)
    parser.add_argument(
        "--lens", choices=LENSES, default=AUTOMATIC,
        help="kind of lens (auto: the simplest that explains unused pictures)",
    )  # fmt: skip
    parser.add_argument(
        "--baseline", type=length_m, metavar="LENGTH",
        help="distance of the two lenses as measured or stated, to check the square by",
    )  # fmt: skip
    parser.add_argument(
        "--serials", type=serials, default=("", ""), metavar="LEFT,RIGHT",
        help="of the cameras, so that the rig is used with no others",
    )  # fmt: skip
    parser.add_argument(
        "--force", action="store_true",
        help="write also a rig with a fault, or over a better one",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    for target in filter(None, (args.out, args.json)):
        check_writable(target)
    pairs = picture_pairs(args.left, args.right)
    printer = _Printer()
    views = detect_pairs(pairs, args.board, printer.found)
    result = calibrate_stereo(
        views,
        args.board,
        lens=_lens(args.lens),
        known_baseline_m=args.baseline,
        progress=printer.show,
    )
    printer.end()
    print("\n".join(report_lines(result.report)))
    if args.json is not None:
        write_json(args.json, report_json(result.report))
    _write(args.out, result, args.serials, args.force)
    print(f"\nThe rig is in '{args.out}'. Track with it: --source uvc:0,1 --rig {args.out}")
    return 0


def _write(path: Path, result: StereoCalibration, names: tuple[str, str], force: bool) -> None:
    report: StereoReport = result.report
    stored = StoredRig(
        rig=result.rig,
        left_serial=names[0],
        right_serial=names[1],
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        board=report.board,
        quality=quality_of(report),
    )
    if not force:
        if report.fatal:
            raise fatal(report.fatal[0])
        check_replaceable(path, stored)
    save_rig(path, stored)


def _lens(name: str) -> LensChoice | None:
    if name == AUTOMATIC:
        return None
    lens = LensModel(name)
    return LensChoice(lens, lens.coefficient_count)


class _Printer:
    """One line that changes on a terminal; elsewhere a line a stage."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def found(self, view: View, done: int, total: int) -> None:
        """After each pair of pictures."""
        counts = [0 if seen is None else len(seen.ids) for seen in view.detections]
        words = f"pair {done} of {total} ({view.name}): {counts[0]} and {counts[1]} points"
        self._say(words)

    def show(self, stage: str, share: float) -> None:
        """At the beginning of each stage."""
        self._say(f"{100 * share:3.0f} % {stage}")

    def end(self) -> None:
        if self._live:
            print("\r" + 100 * " " + "\r", end="", file=sys.stderr, flush=True)

    def _say(self, words: str) -> None:
        if self._live:
            print(f"\r{words[:99]:100}", end="", file=sys.stderr, flush=True)
        else:
            print(words, file=sys.stderr, flush=True)
