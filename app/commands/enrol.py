"""`enrol SOURCE --profile NAME`: the guided minute without a window.

Prints each pose as it is asked for and captured, then the bones in millimetres with their 95 %
interval, and writes the profile.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

from app.commands.arguments import add_json, add_source, source_uri
from app.commands.json_file import write_json
from app.commands.stereo_text import stereo_of, warn_of_drift
from app.commands.tracking_run import say_what_loading_takes
from engine.adaptation.bone_lengths import Measure
from engine.adaptation.enrolment import Enrolment, EnrolmentProgress
from engine.adaptation.enrolment_result import EnrolmentResult, enrolment_result
from engine.adaptation.opened_profile import fitted_to_program
from engine.adaptation.profile import Gain, Profile, Provenance, checked_name, new_profile
from engine.adaptation.profile_store import ProfileStore
from engine.atomic_file import check_writable
from engine.capture.camera import Camera, CameraInfo
from engine.capture.sources import open_camera
from engine.errors import UserError
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
    former = _former(store, name)
    results = []
    with open_camera(uri) as camera:
        say_what_loading_takes()
        estimator = create_estimator()
        for side in _sides(args.side):
            results.append(_enrol(camera, estimator, side, args.seconds))
            print("\n".join(result_lines(results[-1])))
        info = camera.info
        warn_of_drift(stereo_of(camera))
    saved = store.save(_profile(name, former, results, info))
    print(f"\nThe profile '{saved.name}' is in '{store.path(name)}'.")
    if args.json is not None:
        write_json(
            args.json, {"profile": str(store.path(name)), "hands": list(map(_json, results))}
        )
    return 0


def _former(store: ProfileStore, name: str) -> Profile | None:
    """What is known of this person already, as far as it is of use."""
    if not store.path(name).exists():
        return None
    try:
        return fitted_to_program(store.load(name)).profile
    except UserError as error:
        print(f"handtune: {error} It is replaced.", file=sys.stderr)
        return None


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
    return [*lines, "", f"mesh to depth on these frames: {before:.1f} -> {after:.1f} mm"]


def measure_lines(measures: Sequence[Measure]) -> list[str]:
    """A row a bone and width."""
    lines = [f"{'':24}{'mm':>8}{'95 % interval':>18}"]
    for measure in measures:
        interval = f"{measure.low_mm:.1f} to {measure.high_mm:.1f}"
        note = "" if measure.seen else "  hardly seen"
        lines.append(f"{measure.name:24}{measure.mm:>8.1f}{interval:>18}{note}")
    return lines


def _profile(
    name: str, former: Profile | None, results: Sequence[EnrolmentResult], info: CameraInfo
) -> Profile:
    """The person's profile with these hands; another hand and adapted weights are kept."""
    fresh = {result.side: result.known for result in results}
    frames = sum(len(result.frames) for result in results)
    gains = tuple(
        Gain(
            f"mesh to depth, {result.side.value} hand",
            round(1000 * result.residual_before_m, 2),
            round(1000 * result.residual_after_m, 2),
            "mm",
        )
        for result in results
    )
    provenance = Provenance(source=info.uri, sensor=info.name, frames=frames, gains=gains)
    profile = new_profile(name, fresh, provenance)
    if former is None:
        return profile
    return replace(
        profile,
        shapes=MappingProxyType({**former.shapes, **fresh}),
        weights=former.weights,
        created=former.created,
        provenance=replace(provenance, decisions=former.provenance.decisions),
    )


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
