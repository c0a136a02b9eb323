"""Maps between a flat board and its picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def homography(source: npt.NDArray[Any], target: npt.NDArray[Any]) -> Matrix | None:
    """H [3, 3] from points [N, 2] to points [N, 2], least squares; None where they fix none."""
    if len(source) < 4:
        return None
    # OpenCV's types do not say that it gives None for points on a line.
    H: Any = cv2.findHomography(np.asarray(source, np.float64), np.asarray(target, np.float64))[0]
    return None if H is None else np.asarray(H, np.float64)


def mapped(H: Matrix, points: npt.NDArray[Any]) -> Matrix:
    """Where points [..., 2] go."""
    p = np.asarray(points, np.float64)
    q = np.concatenate([p, np.ones_like(p[..., :1])], -1) @ H.T
    return q[..., :2] / q[..., 2:]
