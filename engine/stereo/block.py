"""Semi-global matching of one block of a rectified pair, within a known range of disparities.

OpenCV's matcher with its left-right check. The left block is given with room at its left border
for the largest disparity, so that no column of it is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

STEP = 16
"""OpenCV counts disparities in sixteenths, and searches them by sixteen."""
INVALID = np.float32(-1.0)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the left picture, and the disparities to look for there."""

    left: int
    top: int
    right: int
    """First column that is no more in it."""
    bottom: int
    lowest: int
    """Disparity, px, left u minus right u."""
    count: int
    """A multiple of 16."""

    @property
    def cells(self) -> int:
        """What the matching costs."""
        return (self.right - self.left) * (self.bottom - self.top) * self.count


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """Of the semi-global matcher."""

    window: int = 3
    smooth_small: int = 2
    smooth_large: int = 6
    """Penalties a window pixel for disparities that change by one, and by more."""
    uniqueness: int = 15
    left_right_px: int = 1
    contrast_cap: int = 31
    three_ways: bool = False


def match_block(left: Grey, right: Grey, block: Block, settings: MatchSettings) -> Float32:
    """Disparity of each pixel of the block [h, w], px; below 0 where none was found."""
    b = block
    rows = slice(b.top, b.bottom)
    reference = _columns(left[rows], b.left - b.count, b.right)
    other = _columns(right[rows], b.left - b.count - b.lowest, b.right - b.lowest)
    area = settings.window**2
    matcher = cv2.StereoSGBM.create(
        minDisparity=0,
        numDisparities=b.count,
        blockSize=settings.window,
        P1=settings.smooth_small * area,
        P2=settings.smooth_large * area,
        disp12MaxDiff=settings.left_right_px,
        preFilterCap=settings.contrast_cap,
        uniquenessRatio=settings.uniqueness,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY if settings.three_ways else cv2.STEREO_SGBM_MODE_SGBM,
    )
    found = matcher.compute(reference, other)[:, b.count :]
    disparity = found.astype(np.float32) / STEP
    outside = np.arange(b.left, b.right) - (disparity + b.lowest) < 0
    return np.where((found < 0) | outside, INVALID, disparity + b.lowest).astype(np.float32)


def _columns(picture: Grey, begin: int, end: int) -> Grey:
    """Columns begin..end-1; those outside the picture repeat its border."""
    inside = picture[:, max(begin, 0) : max(end, 0)]
    before, behind = max(-begin, 0), max(end - picture.shape[1], 0)
    if not before and not behind:
        return np.ascontiguousarray(inside)
    return np.asarray(
        cv2.copyMakeBorder(inside, 0, 0, before, behind, cv2.BORDER_REPLICATE), np.uint8
    )
