"""Sub-pixel refinement: every disparity moved to where the two pictures agree best around it.

One Gauss-Newton step of a small window along the row (Lucas and Kanade, 1981), on the right picture
warped by the disparities found so far: slanted surfaces and the steps of a matcher's parabola
(pixel locking) do no harm then. Brightness that differs by an offset is no matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

WINDOW = 7
LARGEST_STEP_PX = 0.75
LEAST_TEXTURE = 1.0
"""Variance of the slope, in (grey values a pixel)^2: with less, a disparity hardly moves."""
NOISE_GREY = 2.0
"""Standard deviation of a picture's noise, in grey values."""


@dataclass(frozen=True, slots=True)
class Refined:
    """Disparities and how sure they are."""

    disparity: Float32
    """[h, w] px; below 0 where there is none."""
    deviation_px: Float32
    """[h, w] one standard deviation as the texture there allows; large where there is none."""
    mismatch_grey: Float32
    """[h, w] how much the two pictures still differ around the pixel, root mean square."""


def refined(
    left: Grey, right: Grey, disparity: Float32, column: int = 0, row: int = 0, steps: int = 1
) -> Refined:
    """The disparities [h, w] of the block of the left picture that begins at (column, row)."""
    height, width = disparity.shape
    a = left[row : row + height, column : column + width].astype(np.float32)
    right_f = right[row : row + height].astype(np.float32)
    u = np.arange(column, column + width, dtype=np.float32)[None]
    v = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], disparity.shape)
    found = disparity >= 0
    d = np.where(found, disparity, 0).astype(np.float32)
    for _ in range(steps):
        b = cv2.remap(right_f, u - d, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        gradient = cv2.Sobel(b, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
        difference = a - b
        spread = _mean(gradient * gradient) - (g := _mean(gradient)) * g
        both = _mean(gradient * difference) - g * (offset := _mean(difference))
        step = -both / (spread + LEAST_TEXTURE)
        d += np.clip(step, -LARGEST_STEP_PX, LARGEST_STEP_PX)
    mismatch = np.sqrt(np.maximum(_mean(difference * difference) - offset * offset, 0))
    deviation = NOISE_GREY / (WINDOW * np.sqrt(np.maximum(spread, 1e-4)))
    return Refined(
        np.where(found, d, -1).astype(np.float32),
        deviation.astype(np.float32),
        mismatch.astype(np.float32),
    )


def _mean(values: npt.NDArray[Any]) -> Float32:
    return np.asarray(cv2.blur(values, (WINDOW, WINDOW)), np.float32)
