"""An estimator that reads the answer from the frame, to test what comes after estimators."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from engine.messages import Frame, FrameSet, HandState, HandTruth, Scene
from engine.runtime.clock import monotonic_ns

OFFSET_M = 0.004
"""How far, along z, every joint is from the truth."""


class TruthEstimator:
    """Every labelled hand, all joints off by OFFSET_M; no hand in every `miss_every`-th frame."""

    def __init__(self, miss_every: int = 0) -> None:
        self._miss_every = miss_every
        self.frames = 0
        self.resets = 0

    def estimate(self, frame_set: FrameSet) -> Scene:
        (frame,) = frame_set.frames
        self.frames += 1
        missed = self._miss_every and self.frames % self._miss_every == 0
        hands = () if missed else tuple(_state(frame, truth) for truth in frame.truth)
        return Scene(
            frame_set.sequence,
            frame_set.captured_ns,
            hands,
            published_ns=monotonic_ns(),
            stage_ms=MappingProxyType({"look": 0.1}),
        )

    def settle(self) -> None:
        """Nothing is left to do."""

    def reset(self) -> None:
        self.resets += 1


def _state(frame: Frame, truth: HandTruth) -> HandState:
    assert truth.vertices is not None, "made for the simulated camera"
    offset = np.array([0.0, 0.0, OFFSET_M])
    joints = truth.joints + offset
    return HandState(
        hand_id=0 if truth.side == "right" else 1,
        side=truth.side,
        captured_ns=frame.captured_ns,
        wrist_rotation=np.eye(3),
        wrist_position=joints[0],
        angles=np.zeros(22),
        shape=np.zeros(10),
        joints=joints,
        vertices=(truth.vertices + offset).astype(np.float32),
        confidence=np.full(21, 0.9),
        network_joints=joints,
        residual_m=0.0015,
    )
