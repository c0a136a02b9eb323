"""`eval DATASET PATH --adapt`: the same frames without and with adaptation, in one command.

One pass in order; every frame is scored with the weights of its moment. Labels are only ever
compared with, never learnt from.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.json_file import write_json
from app.commands.known_person import estimator_for, weights_of
from app.commands.npz_file import HandRows
from app.commands.tracking_run import TrackingRun
from engine.adaptation.decision import Decision
from engine.adaptation.profile import Profile
from engine.adaptation.progress import AdaptationProgress
from engine.capture.sources import open_camera
from engine.evaluation.adaptation_table import Half, half_lines, halves, halves_json
from engine.evaluation.report import EvalReport, without_nan
from engine.evaluation.table import report_lines
from engine.evaluation.takes import ForgetBetweenTakes
from engine.inference.estimator import Estimator

if TYPE_CHECKING:
    from engine.adaptation.adapting_estimator import AdaptingEstimator

DEFAULT_STEPS = 1.0


def steps_per_frame(text: str) -> float:
    """Learning steps a frame on the command line: above 0, at most 100."""
    try:
        steps = float(text)
    except ValueError:
        steps = 0.0
    if not 0.0 < steps <= 100.0:
        raise argparse.ArgumentTypeError(
            f"expected learning steps a frame above 0 and up to 100, found '{text}'"
        )
    return steps


def add_adapt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--adapt",
        action="store_true",
        help="learn from the frames as they come, without labels; also runs without, to compare",
    )
    parser.add_argument(
        "--steps",
        type=steps_per_frame,
        metavar="N",
        default=DEFAULT_STEPS,
        help=f"with --adapt: learning steps after every frame (default {DEFAULT_STEPS:g})",
    )


def run_adapted(args: argparse.Namespace, uri: str, person: Profile | None) -> int:
    """Both runs, of a stranger or as `person`, their tables and the gate's decisions."""
    before = _run(uri, estimator_for(person), args.frames, "without adaptation", None)
    rows = HandRows() if args.out is not None else None
    with tempfile.TemporaryDirectory(prefix="handtune-") as folder:
        adapting = _adapting(Path(folder), args.steps, person)
        after = _run(uri, adapting, args.frames, "with adaptation", rows)
        progress = adapting.adapter.progress
    report, parts = after.report(), halves(before.log, after.log)
    print("\n".join(_lines(report, parts, progress, args.steps)))
    if rows is not None:
        rows.write(args.out)
    if args.json is not None:
        write_json(args.json, report.to_json() | {"adaptation": _json(parts, progress, args.steps)})
    return 0


def _run(
    uri: str, estimator: Estimator, frames: int | None, label: str, rows: HandRows | None
) -> TrackingRun:
    with open_camera(uri) as camera:
        tracking = TrackingRun(camera, ForgetBetweenTakes(estimator), frames, label, use_truth=True)
        for _, scene in tracking:
            if rows is not None:
                rows.add(scene)
    return tracking


def _adapting(folder: Path, steps: float, person: Profile | None) -> AdaptingEstimator:
    """The same tracker with an adapter; imports torch, so only now."""
    from engine.adaptation.adapting_estimator import create_adapting_estimator

    estimator = create_adapting_estimator(folder, steps, weights_of(person))
    if person is not None:
        estimator.know_person(person.shapes_for_tracking())
    return estimator


def _lines(
    report: EvalReport, parts: Sequence[Half], progress: AdaptationProgress, steps: float
) -> list[str]:
    lines = report_lines(report)
    lines += ["", f"without > with adaptation, {steps:g} learning steps a frame"]
    lines += half_lines(parts)
    lines += ["", *_work_lines(progress), *map(_decision_line, progress.decisions)]
    return lines


def _work_lines(progress: AdaptationProgress) -> list[str]:
    refused = Counter(progress.refused)
    reasons = ", ".join(f"{reason} {count}" for reason, count in refused.most_common())
    back = sum(decision.rolled_back for decision in progress.decisions)
    return [
        f"samples {progress.samples} to learn from, {progress.held_out} held out, "
        f"{refused.total()} not believed" + (f" ({reasons})" if reasons else ""),
        f"steps {progress.steps}, {progress.steps_per_s:.1f} a second of learning",
        f"gate: {progress.accepted} accepted, "
        f"{len(progress.decisions) - progress.accepted - back} refused, "
        f"{back} rolled back",
    ]


def _decision_line(decision: Decision) -> str:
    verdict = "back" if decision.rolled_back else "yes" if decision.accepted else "no"
    return (
        f"  step {decision.step:5} {verdict:4} held-out {decision.held_out_before:6.2f} > "
        f"{decision.held_out_after:6.2f}  source {decision.source_before:6.2f} > "
        f"{decision.source_after:6.2f} mm  {decision.reason}"
    )


def _json(parts: Sequence[Half], progress: AdaptationProgress, steps: float) -> dict[str, Any]:
    return {
        "steps_per_frame": steps,
        "steps": progress.steps,
        "samples": progress.samples,
        "held_out": progress.held_out,
        "refused": dict(progress.refused),
        "revision": progress.revision,
        "decisions": [without_nan(asdict(decision)) for decision in progress.decisions],
        "stretches": halves_json(parts),
    }
