"""`enrol SOURCE --profile NAME`: the guided minute without a window.

Prints each pose as it is asked for and captured, then the bones in millimetres with their 95 %
interval, and writes the profile.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.commands.arguments import add_json, add_source, source_uri
from app.commands.json_file import write_json
from app.commands.stereo_text import stereo_of, warn_of_drift
from app.commands.tracking_run import say_what_loading_takes
from engine.adaptation.bone_lengths import Measure
from engine.adaptation.enrolment import Enrolment, EnrolmentProgress
from engine.adaptation.enrolment_result import (
    EnrolmentError,
    EnrolmentResult,
    enrolment_result,
)
from engine.adaptation.person_shape import LEAST_FRAMES
from engine.adaptation.profile import Gain, checked_name
from engine.adaptation.profile_changes import enrolled, measured
from engine.adaptation.profile_store import ProfileStore
from engine.atomic_file import check_writable
from engine.capture.camera import Camera
from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.hand.model import load_hand_model
from engine.inference.depth_estimator import DepthEstimator, create_estimator
from engine.messages import Side
from engine.offline import run_offline

DEFAULT_SECONDS = 90.0
BAR_WIDTH = 24
SIDES = ("any", "right", "left", "both")


def enrolment_seconds(text: str) -> float:
    """A duration on the command line: 5 to 600 seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 5.0 <= seconds <= 600.0:
        raise argparse.ArgumentTypeError(f"expected seconds from 5 to 600, found '{text}'")
    return seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source(parser, "such as realsense: or sim:motion=guided")
    parser.add_argument("--profile", required=True, metavar="NAME", help="whose hand it is")
    parser.add_argument(
        "--seconds", type=enrolment_seconds, default=DEFAULT_SECONDS, metavar="N",
        help="stop at the latest after N seconds a hand (90)",
    )  # fmt: skip
    parser.add_argument(
        "--side", choices=SIDES, default="any", help="which hand (any: the first one seen)"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    uri = source_uri(args.source, args.rig)
    store = ProfileStore()
    name = checked_name(args.profile)
    for target in filter(None, (store.path(name), args.json)):
        check_writable(target)
    with open_camera(uri) as camera:
        say_what_loading_takes()
        results, failures = _measured(camera, create_estimator(), _sides(args.side), args.seconds)
        info = camera.info
        warn_of_drift(stereo_of(camera))
    known = enrolled(store, measured(name, results, _gains(results), info))
    for sentence in known.sentences:
        print(f"handtune: {sentence}", file=sys.stderr)
    store.save(known.profile)
    print(f"\nThe profile '{name}' is in '{store.path(name)}'.")
    if args.json is not None:
        write_json(
            args.json, {"profile": str(store.path(name)), "hands": list(map(_json, results))}
        )
    if failures:
        raise EnrolmentError(" ".join(failures))
    return 0


def _measured(
    camera: Camera, estimator: DepthEstimator, sides: Sequence[Side | None], seconds: float
) -> tuple[list[EnrolmentResult], list[str]]:
    """What came of one hand after the other, and why one was not measured.

    Raises:
        EnrolmentError, SourceError: none was.
    """
    results: list[EnrolmentResult] = []
    failures: list[str] = []
    for side in sides:
        try:
            results.append(_enrol(camera, estimator, side, seconds))
            print("\n".join(result_lines(results[-1])))
        except EnrolmentError as error:
            failures.append(str(error))
        except (SourceError, KeyboardInterrupt) as error:
            if not results:
                raise
            failures.append(f"The {side} hand was not measured. {error}".rstrip())
            break
    if not results:
        raise EnrolmentError(" ".join(failures))
    return results, failures


def _sides(choice: str) -> Sequence[Side | None]:
    if choice == "both":
        return (Side.RIGHT, Side.LEFT)
    return (None,) if choice == "any" else (Side(choice),)


def _enrol(
    camera: Camera, estimator: DepthEstimator, side: Side | None, seconds: float
) -> EnrolmentResult:
    enrolment, printer = Enrolment(side, seconds=seconds), _Printer()
    try:
        for frame, _ in run_offline(camera, estimator):
            progress = enrolment.add(estimator.sightings, frame.time_ns / 1e9)
            printer.show(progress)
            if progress.done:
                break
    except KeyboardInterrupt:
        print("\nStopped; using what was seen so far.", file=sys.stderr)
    except SourceError as error:
        if enrolment.progress.frames < LEAST_FRAMES:
            raise
        print(f"\nhandtune: {error} Using what was seen so far.", file=sys.stderr)
    printer.end()
    return enrolment_result(load_hand_model(), enrolment)


class _Printer:
    """A bar on a terminal; elsewhere a line for each captured pose."""

    def __init__(self) -> None:
        self._captured: tuple[bool, ...] = ()
        self._live = sys.stderr.isatty()

    def show(self, progress: EnrolmentProgress) -> None:
        """Tell what is new."""
        fresh = progress.captured != self._captured
        self._captured = progress.captured
        done, total = sum(progress.captured), len(progress.captured)
        if self._live:
            full = round(BAR_WIDTH * (done + progress.held * (done < total)) / total)
            bar = "#" * min(full, BAR_WIDTH)
            line = f"[{bar:{BAR_WIDTH}}] {done:2}/{total} {progress.sentence}"
            print(f"\r{line[:110]:110}", end="", file=sys.stderr, flush=True)
        elif fresh:
            print(
                f"{progress.elapsed_s:5.1f} s  {done:2} of {total} poses, {progress.frames} frames"
                f"  {progress.sentence}",
                file=sys.stderr,
                flush=True,
            )

    def end(self) -> None:
        if self._live:
            print(file=sys.stderr)


def result_lines(result: EnrolmentResult) -> list[str]:
    """The bone table, what was not seen, and what it brought."""
    lines = [
        f"{result.side.value} hand, {len(result.frames)} frames of {result.seconds:.0f} s",
        "",
        *measure_lines(result.measures),
    ]
    if result.missed:
        lines += ["", f"Poses that were not seen: {'; '.join(result.missed)}."]
    before, after = 1000 * result.residual_before_m, 1000 * result.residual_after_m
    gain = f"{before:.1f} mm with an average hand, {after:.1f} mm with this one"
    return [*lines, "", f"mesh to depth on these frames: {gain}"]


def measure_lines(measures: Sequence[Measure]) -> list[str]:
    """A row a bone and width."""
    lines = [f"{'':24}{'mm':>8}{'95 % interval':>18}"]
    for measure in measures:
        interval = f"{measure.low_mm:.1f} to {measure.high_mm:.1f}"
        note = "" if measure.seen else "  hardly seen"
        lines.append(f"{measure.name:24}{measure.mm:>8.1f}{interval:>18}{note}")
    return lines


def _gains(results: Sequence[EnrolmentResult]) -> list[Gain]:
    return [
        Gain(
            f"mesh to depth, {result.side.value} hand",
            round(1000 * result.residual_before_m, 2),
            round(1000 * result.residual_after_m, 2),
            "mm",
        )
        for result in results
    ]


def _json(result: EnrolmentResult) -> dict[str, Any]:
    return {
        "side": result.side.value,
        "frames": len(result.frames),
        "seconds": result.seconds,
        "missed": list(result.missed),
        "hardly_seen": list(result.not_seen),
        "residual_mm": [1000 * result.residual_before_m, 1000 * result.residual_after_m],
        "measures": [asdict(measure) for measure in result.measures],
    }
