"""Whether a picture of a board is good enough to measure in: sharp, and not overexposed."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.float64]

WHITE = 254
SHARPEST = 0.95
"""Of the gradients on the board, the share below the one that stands for an edge."""


def blur_px(gray: Gray, pixels: Pixels) -> float:
    """Width of the board's edges in pixels: about 1.5 in a sharp picture, 4 and more when moved.

    The contrast of the board divided by its steepest gradients. Motion in one direction leaves the
    edges along it sharp, so the gradients across and along the picture are judged apart and the
    wider edge counts.
    """
    left, top, right, bottom = _bounds(gray, pixels)
    patch = gray[top:bottom, left:right].astype(np.float32)
    if min(patch.shape) < 8:
        return 0.0
    dark, bright = np.percentile(patch, (5, 95))
    widths = []
    for axis in (0, 1):
        slopes = np.abs(np.diff(patch, axis=axis)).ravel()
        steep = slopes[slopes > np.quantile(slopes, SHARPEST)]
        widths.append((bright - dark) / max(float(np.median(steep)) if len(steep) else 0.0, 1e-3))
    return float(max(widths))


def saturated_share(gray: Gray, pixels: Pixels) -> float:
    """Share of the pixels within the seen points that are fully white."""
    hull = cv2.convexHull(pixels.astype(np.float32)).astype(np.int32)
    mask = np.zeros(gray.shape, np.uint8)
    cv2.fillConvexPoly(mask, hull, 1)
    inside = gray[mask > 0]
    return float((inside >= WHITE).mean()) if len(inside) else 0.0


def _bounds(gray: Gray, pixels: Pixels) -> tuple[int, int, int, int]:
    height, width = gray.shape
    left, top = np.maximum(np.floor(pixels.min(0)).astype(int), 0)
    right, bottom = np.ceil(pixels.max(0)).astype(int) + 1
    return int(left), int(top), int(min(right, width)), int(min(bottom, height))
