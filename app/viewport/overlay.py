"""Joints, bones and outlines drawn into a picture with OpenCV.

OpenCV draws such a line in a few microseconds and without the interpreter lock; Qt's raster engine
took 140 microseconds for each. Colours are given in the picture's own channel order.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import BONES

Image = npt.NDArray[np.uint8]
Color = tuple[int, int, int]

SUBPIXEL_BITS = 4
FAINTEST = 0.25
"""Brightness of a joint that is not certain at all."""
SHADES = 4
"""Steps of brightness, so that a skeleton is a few calls and not forty."""


def draw_segments(
    image: Image, segments: npt.NDArray[np.floating], color: Color, width_px: int = 1
) -> None:
    """Line segments [S, 2, 2] in pixels, antialiased, in place."""
    if len(segments):
        lines = list(_fixed_point(segments))
        cv2.polylines(image, lines, False, color, width_px, cv2.LINE_AA, SUBPIXEL_BITS)


def draw_skeleton(
    image: Image,
    pixels: npt.NDArray[np.floating],
    confidence: npt.NDArray[np.floating],
    color: Color,
    radius_px: float,
) -> None:
    """Keypoints [21, 2] and their bones, in place; the less certain, the darker."""
    if not np.isfinite(pixels).all() or np.abs(pixels).max() > 1e5:
        return
    sure = np.round(np.clip(confidence, 0.0, 1.0) * SHADES) / SHADES
    width_px = max(1, round(radius_px * 0.5))
    bones = pixels[np.array(BONES)]
    for level in np.unique(sure):
        share = FAINTEST + (1.0 - FAINTEST) * float(level)
        draw_segments(image, bones[sure[1:] == level], _shaded(color, 0.8 * share), width_px)
    for level in np.unique(sure):
        dots = np.repeat(pixels[sure == level][:, None], 2, axis=1)
        share = FAINTEST + (1.0 - FAINTEST) * float(level)
        # A line without length, as wide as the joint, is a disc.
        draw_segments(image, dots, _shaded(color, share), max(1, round(2 * radius_px)))


def _fixed_point(pixels: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
    """OpenCV's sub-pixel integers."""
    return np.round(pixels * 2**SUBPIXEL_BITS).astype(np.int32)


def _shaded(color: Color, share: float) -> Color:
    return int(color[0] * share), int(color[1] * share), int(color[2] * share)
