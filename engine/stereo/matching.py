"""Depth of a rectified pair, fast enough to follow a hand: coarse everywhere, fine where it counts.

The whole picture is matched at a quarter of its resolution, over all distances. What is near (a
hand, and what is around it) is matched again in blocks, each with the range of disparities that the
coarse match saw there: at full resolution where that is affordable, else at half. So the work is
bounded whatever is in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from engine.messages import Float32
from engine.stereo.block import Block, MatchSettings, match_block
from engine.stereo.near_blocks import near_blocks
from engine.stereo.refine import refined

Grey = npt.NDArray[np.uint8]

COARSE = 4
NEAREST_M = 0.2


@dataclass(frozen=True, slots=True)
class StereoDepth:
    """What matching says of a pair."""

    depth_m: Float32
    """[H, W] of the rectified left picture; 0 where there is no data."""
    confidence: Float32
    """[H, W] in 0..1; 0 where there is no data."""
    blocks: tuple[Block, ...]
    """What was matched finely, in pixels of the picture."""


class StereoMatcher:
    """Matches pairs of one rig; keeps nothing from pair to pair."""

    def __init__(self, focal_px: float, baseline_m: float, settings: MatchSettings | None = None):
        self._scale = focal_px * baseline_m
        """Depth times disparity."""
        self._settings = settings or MatchSettings()
        self._largest = self._scale / NEAREST_M

    def match(self, left: Grey, right: Grey) -> StereoDepth:
        """Depth of a rectified pair of grey pictures [H, W]."""
        coarse = self._coarse(left, right)
        disparity = cv2.resize(coarse, left.shape[::-1], interpolation=cv2.INTER_NEAREST)
        sure = np.where(disparity > 0, np.float32(0.3), 0).astype(np.float32)
        found = near_blocks(coarse, COARSE, self._scale)
        for block, level in found:
            self._match_finely(left, right, block, level, disparity, sure)
        depth = np.where(disparity > 0, self._scale / np.maximum(disparity, 1e-3), 0)
        return StereoDepth(depth.astype(np.float32), sure, tuple(block for block, _ in found))

    def _coarse(self, left: Grey, right: Grey) -> Float32:
        """Disparities [H / 4, W / 4] in pixels of the whole picture; below 0 where none is."""
        small_left, small_right = _smaller(left, COARSE), _smaller(right, COARSE)
        height, width = small_left.shape
        count = _up_to_16(self._largest / COARSE)
        whole = Block(0, 0, width, height, 0, min(count, _up_to_16(width)))
        disparity = match_block(small_left, small_right, whole, self._settings)
        return np.asarray(_without_speckles(disparity, 12, 1.0) * COARSE, np.float32)

    def _match_finely(
        self, left: Grey, right: Grey, block: Block, level: int, disparity: Float32, sure: Float32
    ) -> None:
        """Match one block and put it into the whole."""
        if level > 1:
            small = Block(
                block.left // level, block.top // level, block.right // level,
                block.bottom // level, block.lowest // level, block.count // level,
            )  # fmt: skip
            small_left, small_right = _smaller(left, level), _smaller(right, level)
        else:
            small, small_left, small_right = block, left, right
        found = match_block(small_left, small_right, small, self._settings)
        found = _without_speckles(found, 100 // level, 1.0)
        better = refined(small_left, small_right, found, small.left, small.top)
        good = found >= 0
        good &= better.deviation_px < 0.5
        d = np.where(good, better.disparity * level, 0).astype(np.float32)
        if level > 1:
            size = (block.right - block.left, block.bottom - block.top)
            d = cv2.resize(d, size, interpolation=cv2.INTER_NEAREST)
        place = np.s_[block.top : block.bottom, block.left : block.right]
        disparity[place] = d
        sure[place] = np.where(d > 0, 1.0, 0.0)


def _smaller(picture: Grey, factor: int) -> Grey:
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _up_to_16(value: float) -> int:
    return int(np.ceil(value / 16)) * 16


def _without_speckles(disparity: Float32, size_px: int, step_px: float) -> Float32:
    """Small islands of disparity are mismatches."""
    whole = np.round(disparity * 16).astype(np.int16)
    cv2.filterSpeckles(whole, -16, size_px, round(step_px * 16))
    return np.where(whole < 0, np.float32(-1), disparity).astype(np.float32)
