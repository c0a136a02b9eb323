"""Where a followed hand should be in the next frame: it goes on as it went."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.hand.skinning import HandPose
from engine.inference.turns import rotation_of, turn_of

Float64 = npt.NDArray[np.float64]

ANGLE_SHARE = 0.5
"""Fingers turn back sooner than hands do."""
LONGEST_S = 0.15
"""Over a longer pause nobody knows."""
LARGEST_RATIO = 1.5
"""At most so much longer than the last step."""
FASTEST_M_S = 1.2
"""A faster step was a jump of the fit."""
LARGEST_TURN_RAD = 0.3
"""Of one finger angle."""
REST_M = 0.002
"""A step as small as this is as likely noise as motion: half of it is believed."""
TURN_ARM_M, ANGLE_ARM_M = 0.08, 0.03
"""What a radian of the wrist, or of a finger, moves."""


class PosePrediction:
    """Remembers the last two poses of a hand."""

    def __init__(self) -> None:
        self._last: tuple[HandPose, float] | None = None
        self._before: tuple[HandPose, float] | None = None

    def add(self, pose: HandPose, time_s: float, sure: bool = True) -> None:
        """The pose of a frame; one that is not `sure` says nothing of motion."""
        self._before = self._last if sure else None
        self._last = (pose, time_s)

    def at(self, time_s: float) -> HandPose | None:
        """The pose expected at a time; the last one where its motion is not known; None before
        the first."""
        if self._last is None:
            return None
        last, last_s = self._last
        if self._before is None:
            return last
        before, before_s = self._before
        passed, ahead = last_s - before_s, time_s - last_s
        shift = last.wrist_position - before.wrist_position
        if not (0.0 < passed <= LONGEST_S and 0.0 < ahead <= LONGEST_S):
            return last
        if float(np.linalg.norm(shift)) > FASTEST_M_S * passed:
            return last
        turn = turn_of(last.wrist_rotation @ before.wrist_rotation.T)
        bent = last.angles - before.angles
        ratio = min(ahead / passed, LARGEST_RATIO) * _believed(shift, turn, bent)
        bend = ANGLE_SHARE * ratio * bent
        return replace(
            last,
            wrist_rotation=rotation_of(ratio * turn) @ last.wrist_rotation,
            wrist_position=last.wrist_position + ratio * shift,
            angles=last.angles + np.clip(bend, -LARGEST_TURN_RAD, LARGEST_TURN_RAD),
        )


def _believed(shift: Float64, turn: Float64, bent: Float64) -> float:
    """Share 0..1 of a step that is taken for motion."""
    squared = float(shift @ shift + TURN_ARM_M**2 * (turn @ turn) + ANGLE_ARM_M**2 * (bent @ bent))
    return squared / (squared + REST_M**2)
