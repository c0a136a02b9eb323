"""Turns between two frames as vectors, for a single hand: OpenCV's conversion takes a few
microseconds where the vectorised one of calibration.transforms takes a quarter of a millisecond."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]


def turn_of(rotation: Float64) -> Float64:
    """Axis times angle [3], radians, of a rotation [3, 3]; exactly 0 below 1e-5."""
    return np.asarray(cv2.Rodrigues(rotation)[0], np.float64).reshape(3)


def rotation_of(turn: Float64) -> Float64:
    """The rotation [3, 3] of a turn [3], radians."""
    return np.asarray(cv2.Rodrigues(turn)[0], np.float64)
