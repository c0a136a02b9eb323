"""One-euro filtering of a hand: position, rotation, angles and shape, each in its own unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.hand.skinning import HandPose
from engine.inference.one_euro import OneEuroFilter, OneEuroSettings
from engine.inference.turns import rotation_of, turn_of

Float64 = npt.NDArray[np.float64]

# A compromise between the lag of a fast hand at 15 frames a second and the jitter of a resting one
# (docs/benchmarks.md).
POSITION = OneEuroSettings(rest_cutoff_hz=2.5, speed_gain=400.0)  # metres
ROTATION = OneEuroSettings(rest_cutoff_hz=2.5, speed_gain=32.0)  # radians
ANGLES = OneEuroSettings(rest_cutoff_hz=2.5, speed_gain=16.0)  # radians, 22 together
SHAPE = OneEuroSettings(rest_cutoff_hz=3.0, speed_gain=1.0)  # standard deviations


class PoseFilter:
    """The filter of one followed hand."""

    def __init__(self) -> None:
        self._position = OneEuroFilter(POSITION)
        self._turn = OneEuroFilter(ROTATION)
        self._angles = OneEuroFilter(ANGLES)
        self._shape = OneEuroFilter(SHAPE)
        self._last: Float64 | None = None
        self._turned: Float64 = np.zeros(3)

    def __call__(self, pose: HandPose, time_s: float) -> HandPose:
        """The filtered pose."""
        return replace(
            pose,
            wrist_position=self._position(pose.wrist_position, time_s),
            wrist_rotation=self._filter_rotation(pose.wrist_rotation, time_s),
            angles=self._angles(pose.angles, time_s),
            shape=self._shape(pose.shape, time_s),
        )

    def _filter_rotation(self, rotation: Float64, time_s: float) -> Float64:
        """Filters the sum of the small turns between frames instead of a wrapped rotation.

        The sum is no rotation's axis and angle (turns do not commute): only the difference of its
        filtered and its present value is used, which is small and adds up like a vector.
        """
        if self._last is not None:
            self._turned = self._turned + turn_of(rotation @ self._last.T)
        self._last = rotation
        behind = self._turn(self._turned, time_s) - self._turned
        return rotation_of(behind) @ rotation
