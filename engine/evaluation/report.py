"""The figures of a run, as values, as JSON and as a table for the terminal.

Lengths in millimetres, because people read them. Errors are means over the joints that the data
set has, in the frames in which the hand was found; `within20` and its siblings count a frame
without a hand as a miss. The JSON has null where nothing could be measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from engine.evaluation import metrics
from engine.evaluation.definition import definition_aligned_errors
from engine.evaluation.judgement import Judgement, judge
from engine.evaluation.log import LabelledHand, RunLog
from engine.hand.keypoints import DISTAL_KEYPOINTS
from engine.messages import Float64, Side

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Error against truth; NaN without truth."""

    mpjpe_mm: float = NAN
    """Mean per-joint position error over all joints, absolute."""
    distal_mm: float = NAN
    """The same over PIP, DIP, TIP and the thumb's MCP, IP, TIP."""
    aligned_mm: float = NAN
    """After cross-validated constant offsets of each joint in its bone's frame."""
    root_relative_mm: float = NAN
    pa_mpjpe_mm: float = NAN
    """After each frame's own similarity alignment."""
    px: float = NAN
    within20: float = NAN
    """Share of labelled hands whose worst joint is within 20 mm."""
    within30: float = NAN
    within50: float = NAN


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Frame in memory to scene published, and the stages of that, in milliseconds."""

    total: Percentiles
    stages: Mapping[str, Percentiles] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Accuracy over the labelled hands that carry one label."""

    frames: int
    found: int
    accuracy: Accuracy


@dataclass(frozen=True, slots=True)
class EvalReport:
    """Everything `eval` prints and writes. `track` writes the part that needs no truth."""

    frames: int
    found: int
    """Frames in which every labelled hand was found; without truth, frames with a hand."""
    accuracy: Accuracy
    network: Accuracy
    """The network alone, before fitting."""
    residual_mm: float
    """Mean distance of the observed hand points to the mesh."""
    jitter_mm: float
    """Noise of the joints of a resting hand: see `engine.evaluation.metrics.jitter`."""
    fps: float
    """Frames a second that the tracker keeps up with, however fast its source is."""
    latency: Latency
    judgement: Judgement
    groups: Mapping[str, Mapping[str, Group]] = field(default_factory=dict)
    """By label, then by its value: `groups["view"]["palm"]`."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, NaN as None; the keys are a contract with every script that reads them."""
        report: dict[str, Any] = {"frames": self.frames, "found": self.found}
        if self.has_truth:
            report |= asdict(self.accuracy)
        report |= {
            "residual_mm": self.residual_mm,
            "jitter_mm": self.jitter_mm,
            "fps": self.fps,
            "latency_ms": latency_to_json(self.latency),
        }
        if self.has_truth:
            report["network"] = asdict(self.network)
        if self.has_truth or self.judgement.empty_frames:
            report |= asdict(self.judgement)
        if self.groups:
            report["groups"] = {
                label: {value: _group_to_json(group) for value, group in by_value.items()}
                for label, by_value in self.groups.items()
            }
        return dict(without_nan(report))

    @property
    def has_truth(self) -> bool:
        return not math.isnan(self.accuracy.within50)


def build_report(log: RunLog) -> EvalReport:
    """The report of a run."""
    busy_s = sum(log.latencies_ms) / 1e3
    labelled_frames = {hand.frame for hand in log.labelled}
    missed_frames = {hand.frame for hand in log.labelled if not hand.found}
    with_truth = bool(log.labelled)
    return EvalReport(
        frames=len(labelled_frames) if with_truth else log.frames,
        found=len(labelled_frames - missed_frames) if with_truth else log.frames_with_hand,
        accuracy=accuracy_of(log.labelled, [hand.estimate for hand in log.labelled]),
        network=accuracy_of(log.labelled, [hand.network for hand in log.labelled]),
        residual_mm=1e3 * _finite_mean(log.residuals_m),
        jitter_mm=1e3 * metrics.jitter(log.tracks()),
        fps=len(log.latencies_ms) / busy_s if busy_s > 0 else NAN,
        latency=Latency(
            percentiles(log.latencies_ms),
            {stage: percentiles(times) for stage, times in log.stages_ms.items()},
        ),
        judgement=judge(log),
        groups=_groups(log.labelled),
    )


def accuracy_of(hands: Sequence[LabelledHand], predicted: Sequence[Float64]) -> Accuracy:
    """Every error of the predictions [21, 3] against the truth of as many labelled hands."""
    if not hands:
        return Accuracy()
    p, t = np.stack(predicted).astype(np.float64), np.stack([hand.truth for hand in hands])
    errors = metrics.joint_errors(p, t)
    left = np.array([hand.side is Side.LEFT for hand in hands])
    return Accuracy(
        mpjpe_mm=1e3 * metrics.mean_error(errors),
        distal_mm=1e3 * metrics.mean_error(errors, DISTAL_KEYPOINTS),
        aligned_mm=1e3 * metrics.mean_error(definition_aligned_errors(p, t, left)),
        root_relative_mm=1e3 * metrics.mean_error(metrics.root_relative_errors(p, t)),
        pa_mpjpe_mm=1e3 * metrics.mean_error(metrics.similarity_aligned_errors(p, t)),
        px=metrics.mean_error(metrics.pixel_errors(p, t, [hand.camera for hand in hands])),
        within20=metrics.share_within(errors, 0.02),
        within30=metrics.share_within(errors, 0.03),
        within50=metrics.share_within(errors, 0.05),
    )


def percentiles(times_ms: Sequence[float]) -> Percentiles:
    """Median and 95th percentile; NaN of an empty sequence."""
    if not len(times_ms):
        return Percentiles(NAN, NAN)
    median, p95 = np.percentile(times_ms, (50, 95))
    return Percentiles(float(median), float(p95))


def latency_to_json(latency: Latency) -> dict[str, Any]:
    """`{"median", "p95", "stages": {name: {"median", "p95"}}}` in milliseconds."""
    stages = {name: asdict(stage) for name, stage in latency.stages.items()}
    return asdict(latency.total) | {"stages": stages}


def without_nan(value: Any) -> Any:
    """The same tree with None for every number that is not finite: JSON has no NaN."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _groups(hands: Sequence[LabelledHand]) -> dict[str, dict[str, Group]]:
    """Accuracy by every label but `take`, which numbers sequences and classifies nothing."""
    members: dict[str, dict[str, list[LabelledHand]]] = {}
    for hand in hands:
        for label, value in hand.labels.items():
            if label != "take":
                members.setdefault(label, {}).setdefault(value, []).append(hand)
    return {
        label: {value: _group(by_value[value]) for value in sorted(by_value)}
        for label, by_value in members.items()
    }


def _group(hands: Sequence[LabelledHand]) -> Group:
    found = sum(hand.found for hand in hands)
    return Group(len(hands), found, accuracy_of(hands, [hand.estimate for hand in hands]))


def _group_to_json(group: Group) -> dict[str, Any]:
    return {"frames": group.frames, "found": group.found} | asdict(group.accuracy)


def _finite_mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return float(np.mean(finite)) if finite else NAN
