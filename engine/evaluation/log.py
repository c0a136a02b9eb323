"""What happened in a run, frame by frame: the raw material of a report.

Keeps joints and times, not images or meshes, so a run of any length fits in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.evaluation.metrics import palm_distance
from engine.messages import KEYPOINT_COUNT, Float64, Frame, HandState, HandTruth, Scene, Side

FOUND_WITHIN_M = 0.1
"""An estimate belongs to a labelled hand when their palm centres are nearer than this."""


WARM_UP_FRAMES = 1
"""The first frame pays for loading and compiling, so its times are left out."""


@dataclass(frozen=True, slots=True)
class LabelledHand:
    """One hand with truth in one frame, and what the estimator said; NaN where it said nothing."""

    frame: int
    side: Side
    camera: PinholeCamera
    truth: Float64
    """[21, 3] metres."""
    estimate: Float64
    """[21, 3] metres."""
    network: Float64
    """[21, 3] metres: the network alone."""
    labels: Mapping[str, str]
    hand_id: int = -1
    """Which hand the estimator takes it for; -1 where it was not found."""
    estimated_side: Side | None = None

    @property
    def found(self) -> bool:
        return bool(np.isfinite(self.estimate).all())


@dataclass(slots=True)
class RunLog:
    """Grows by one frame a call. Belongs to one thread."""

    use_truth: bool = True
    """False: report only what needs no truth, even of a source that has it."""
    frames: int = 0
    frames_with_hand: int = 0
    empty_frames: int = 0
    """Frames of which the truth says that they show no hand."""
    claims_in_empty_frames: int = 0
    extra_hands: int = 0
    """Estimated hands, over all frames, that are none of the labelled ones."""
    labelled: list[LabelledHand] = field(default_factory=list)
    residuals_m: list[float] = field(default_factory=list)
    residuals_by_frame: list[tuple[int, float]] = field(default_factory=list)
    """The same with the number of their frame."""
    latencies_ms: list[float] = field(default_factory=list)
    stages_ms: dict[str, list[float]] = field(default_factory=dict)
    _tracks: dict[int, list[tuple[int, Float64]]] = field(default_factory=dict)

    def add(self, frame: Frame, scene: Scene) -> None:
        """Note one frame and the scene that the estimator made of it."""
        if self.use_truth:
            self._add_truth(frame, scene)
        self.frames_with_hand += bool(scene.hands)
        if self.frames >= WARM_UP_FRAMES:
            self._add_times(scene)
        for hand in scene.hands:
            self.residuals_m.append(hand.residual_m)
            self.residuals_by_frame.append((self.frames, hand.residual_m))
            self._tracks.setdefault(hand.hand_id, []).append((self.frames, hand.joints))
        self.frames += 1

    def _add_times(self, scene: Scene) -> None:
        self.latencies_ms.append(scene.latency_ms)
        for stage, ms in scene.stage_ms.items():
            self.stages_ms.setdefault(stage, []).append(ms)

    def _add_truth(self, frame: Frame, scene: Scene) -> None:
        if not frame.truth:
            self.empty_frames += 1
            self.claims_in_empty_frames += bool(scene.hands)
        labels = parse_labels(frame.name)
        missing = np.full((KEYPOINT_COUNT, 3), np.nan)
        pairs = match_hands(frame.truth, scene.hands)
        self.extra_hands += len(scene.hands) - sum(state is not None for _, state in pairs)
        for truth, state in pairs:
            self.labelled.append(
                LabelledHand(
                    frame=self.frames,
                    side=truth.side,
                    camera=frame.camera,
                    truth=truth.joints,
                    estimate=state.joints if state is not None else missing,
                    network=state.network_joints if state is not None else missing,
                    labels=labels,
                    hand_id=state.hand_id if state is not None else -1,
                    estimated_side=state.side if state is not None else None,
                )
            )

    def tracks(self) -> list[Float64]:
        """Joints [T, 21, 3] of every unbroken stretch in which one hand was followed."""
        stretches = []
        for track in self._tracks.values():
            indices = np.array([index for index, _ in track])
            joints = np.stack([points for _, points in track]).astype(np.float64)
            stretches += np.split(joints, np.flatnonzero(np.diff(indices) != 1) + 1)
        return stretches


def match_hands(
    truths: tuple[HandTruth, ...], hands: tuple[HandState, ...]
) -> list[tuple[HandTruth, HandState | None]]:
    """Each labelled hand with the estimate nearest to it, or None.

    An estimate of the same side goes first, else any other serves (a hand taken for the other side
    is an error to be measured, not a hand to be forgiven). Each estimate serves once; beyond 100 mm
    between the palm centres it is no match. Further hands, which a data set with a single labelled
    hand may well show, cost nothing here.
    """
    free = list(hands)
    pairs: list[tuple[HandTruth, HandState | None]] = []
    for truth in truths:
        near = [h for h in free if palm_distance(h.joints, truth.joints) < FOUND_WITHIN_M]
        same_side = [h for h in near if h.side is truth.side]
        candidates = same_side or near
        best = min(candidates, key=lambda h: palm_distance(h.joints, truth.joints), default=None)
        if best is not None:
            free = [h for h in free if h is not best]
        pairs.append((truth, best))
    return pairs


def parse_labels(name: str) -> dict[str, str]:
    """Labels of a frame name such as `view=palm;pose=fist;sensor=tof`; empty for other names."""
    parts = (part.split("=", 1) for part in name.split(";"))
    return {part[0].strip(): part[1].strip() for part in parts if len(part) == 2}
