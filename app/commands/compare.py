"""`compare SESSION --with WEIGHTS | --profile NAME | --hand-model MANO.pkl`: a recorded session
through two trackers, side by side.

The first is the tracker of the recording: its profile where it had one, or as shipped. With
`--as-recorded` it is the recording itself, hand for hand; without another choice beside it, that
shows how exactly a replay gives what was seen live.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from app.commands.arguments import add_frames, add_json, add_profile
from app.commands.json_file import write_json
from app.commands.known_person import estimator_for, open_profile, weights_of
from app.commands.session_progress import watching
from app.commands.tracking_run import say_what_loading_takes
from engine.adaptation.profile import Profile, ProfileError
from engine.atomic_file import check_writable
from engine.errors import UserError
from engine.evaluation.report import EvalReport
from engine.hand.mano import load_mano
from engine.hand.model import load_hand_model
from engine.inference.backend import AUTO
from engine.inference.depth_estimator import DepthEstimator, create_networks
from engine.inference.localiser import create_localiser
from engine.inference.single_view import single_view_network
from engine.recording.compare import Comparison, compare, compare_as_recorded
from engine.recording.layout import SessionHeader
from engine.recording.reader import SessionReader
from engine.recording.tracked_with import shipped_weights
from engine.weights_manifest import sha256_of

SCHEME = "replay:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="F.mcap", help="a recorded session")
    parser.add_argument(
        "--with", dest="weights", type=Path, metavar="WEIGHTS", help="a network's weights"
    )
    add_profile(parser)
    parser.add_argument(
        "--hand-model", type=Path, metavar="MANO.pkl", help="MANO_RIGHT.pkl as the hand model"
    )
    parser.add_argument(
        "--as-recorded",
        action="store_true",
        help="compare with the hands that were recorded, on just the frames tracked then",
    )
    add_frames(parser)
    add_json(parser)


@dataclass(frozen=True, slots=True)
class Named:
    """A tracker and what it is called in the table."""

    name: str
    estimator: DepthEstimator


def run(args: argparse.Namespace) -> int:
    if not (args.as_recorded or args.weights or args.profile or args.hand_model):
        raise UserError(
            "Nothing to compare the session with: add --with WEIGHTS, --profile NAME, --hand-model "
            "MANO_RIGHT.pkl, or --as-recorded for what was seen live."
        )
    if args.json is not None:
        check_writable(args.json)
    with SessionReader(Path(args.session.removeprefix(SCHEME)).expanduser()) as session:
        if not session.frame_count:
            raise UserError(f"{args.session}: the session has no frame to compare.")
        names, comparison = _compare(args, session)
    print("\n".join(comparison_lines(names, comparison)))
    if args.json is not None:
        write_json(args.json, {"names": list(names)} | comparison.to_json())
    return 0


def _compare(
    args: argparse.Namespace, session: SessionReader
) -> tuple[tuple[str, str], Comparison]:
    say_what_loading_takes()
    person = _recorded_person(session.header)
    other = _other(args, person)
    with watching("comparing") as watch:
        if args.as_recorded:
            names = "as recorded", other.name
            return names, compare_as_recorded(session, other.estimator, args.frames, watch)
        first = _recorded_choice(person)
        names = first.name, other.name
        return names, compare(session, first.estimator, other.estimator, args.frames, watch)


def _recorded_person(header: SessionHeader) -> Profile | None:
    """The profile of the recording, where it is still here; what must be said goes to stderr."""
    try:
        person = open_profile(header.profile or None)
    except ProfileError as error:
        print(f"handtune: {error} Tracking as shipped instead.", file=sys.stderr)
        person = None
    used = weights_of(person) or shipped_weights()
    if header.weights_sha256 and sha256_of(used) != header.weights_sha256:
        print(
            f"handtune: the session was recorded with other weights ({header.weights_sha256[:8]}) "
            f"than there are now ({sha256_of(used)[:8]}).",
            file=sys.stderr,
        )
    return person


def _recorded_choice(person: Profile | None) -> Named:
    name = "as shipped" if person is None else f"profile {person.name}"
    return Named(name, estimator_for(person))


def _other(args: argparse.Namespace, person: Profile | None) -> Named:
    """What the options ask for; what they leave open is as in the recording."""
    chosen = person if args.profile is None else open_profile(args.profile)
    if args.weights is None and args.hand_model is None:
        return _recorded_choice(chosen)
    if args.weights is not None:
        _check_weights(args.weights)
    network = single_view_network(args.weights or weights_of(chosen))
    model = load_hand_model() if args.hand_model is None else load_mano(args.hand_model)
    estimator = DepthEstimator(model, create_networks(AUTO, network), create_localiser())
    if chosen is not None and args.hand_model is None:  # Shapes are those of one hand model.
        estimator.know_person(chosen.shapes_for_tracking())
    parts = [path.name for path in (args.weights, args.hand_model) if path is not None]
    return Named(" + ".join(parts), estimator)


def _check_weights(path: Path) -> None:
    """Raises WeightsError for a file that is no network's: before a minute of compiling."""
    from engine.nets.weights_file import load_network  # torch loads for seconds

    load_network(path)


def comparison_lines(names: tuple[str, str], comparison: Comparison) -> list[str]:
    """Both side by side, and how far apart their hands are."""
    first, second = comparison.first, comparison.second
    width = max(12, *(len(name) for name in names))
    lines = [f"{'':24}{names[0]:>{width}}  {names[1]:>{width}}  {'difference':>12}"]
    for label, before, after in _rows(first, second):
        digits = 0 if isinstance(before, int) else 2
        figures = f"{_figure(before, digits):>{width}}  {_figure(after, digits):>{width}}"
        lines.append(f"{label:24}{figures}  {_figure(after - before, digits, '+'):>12}")
    apart = comparison.distances
    lines.append(
        f"joints apart: {apart.mean_mm:.4f} mm on average, 95 % within {apart.p95_mm:.4f} mm, at "
        f"most {apart.max_mm:.4f} mm, over {apart.hands} hands that both saw"
    )
    lines.append(
        f"hands seen by one alone: {comparison.only_first} by '{names[0]}', "
        f"{comparison.only_second} by '{names[1]}'"
    )
    if comparison.adapted_scenes:
        lines.append(
            f"{comparison.adapted_scenes} scenes were tracked with weights adapted while "
            "recording; the session does not hold those, so they cannot be repeated exactly"
        )
    if comparison.missing_frames:
        lines.append(
            f"{comparison.missing_frames} frames were tracked while recording and dropped by the "
            "recorder; behind each the tracker may remember otherwise"
        )
    return lines


def _figure(value: float, digits: int, sign: str = "") -> str:
    return "-" if math.isnan(value) else f"{value:{sign}.{digits}f}"


def _rows(first: EvalReport, second: EvalReport) -> list[tuple[str, float, float]]:
    """Counts are whole numbers."""
    rows: list[tuple[str, float, float]] = [
        ("frames", first.frames, second.frames),
        ("found", first.found, second.found),
        ("residual mm", first.residual_mm, second.residual_mm),
        ("jitter mm", first.jitter_mm, second.jitter_mm),
        ("latency ms, median", first.latency.total.median, second.latency.total.median),
        ("latency ms, p95", first.latency.total.p95, second.latency.total.p95),
    ]
    if first.has_truth:
        rows.append(("error mm, mean joint", first.accuracy.mpjpe_mm, second.accuracy.mpjpe_mm))
    return rows
