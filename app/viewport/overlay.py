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
    points = _fixed_point(pixels)
    shades = FAINTEST + (1.0 - FAINTEST) * np.clip(confidence, 0.0, 1.0)
    width_px = max(1, round(radius_px * 0.5))
    for parent, child in BONES:
        ends = tuple(points[parent].tolist()), tuple(points[child].tolist())
        shade = _shaded(color, 0.8 * shades[child])
        cv2.line(image, *ends, shade, width_px, cv2.LINE_AA, SUBPIXEL_BITS)
    radius = round(radius_px * 2**SUBPIXEL_BITS)
    for point, shade in zip(points.tolist(), shades, strict=True):
        color_here = _shaded(color, shade)
        cv2.circle(image, tuple(point), radius, color_here, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _fixed_point(pixels: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
    """OpenCV's sub-pixel integers."""
    return np.round(pixels * 2**SUBPIXEL_BITS).astype(np.int32)


def _shaded(color: Color, share: float) -> Color:
    return int(color[0] * share), int(color[1] * share), int(color[2] * share)
