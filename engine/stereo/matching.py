"""Depth of a rectified pair, fast enough to follow a hand: coarse everywhere, fine where it counts.

The whole picture is matched at a quarter of its resolution, over all distances. What is near (a
hand, and what is around it) is matched again in blocks, each with the range of disparities that the
coarse match saw there: at the full resolution while that is affordable, else at half. So the work
is bounded whatever is in the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from engine.messages import Float32
from engine.stereo.block import INVALID, Block, MatchSettings, match_block
from engine.stereo.near_blocks import Box, NearBlock, near_blocks
from engine.stereo.pair import Pixels
from engine.stereo.rectified import grey
from engine.stereo.refine import refined

Grey = npt.NDArray[np.uint8]

COARSE = 4
NEAREST_M, FARTHEST_M = 0.2, 8.0
"""Beyond, a disparity says little."""
COARSE_CONFIDENCE = np.float32(0.2)
"""Of what was matched at a quarter of the resolution only."""
UNSURE_PX = 0.25
"""A standard deviation of a disparity at which confidence has fallen to a half."""
SPECKLE_PX = (12, 50, 100)
"""Islands up to this are mismatches: at a quarter, half, full resolution."""
SPECKLE_STEP_PX = 1.0


@dataclass(frozen=True, slots=True)
class StereoDepth:
    """What matching says of a pair."""

    depth_m: Float32
    """[H, W] of the rectified left picture; 0 where there is no data."""
    confidence: Float32
    """[H, W] in 0..1; 0 where there is no data."""
    blocks: tuple[NearBlock, ...]
    """What was matched finely."""


class StereoMatcher:
    """Matches pairs of one rig; keeps nothing from pair to pair."""

    def __init__(
        self, focal_px: float, baseline_m: float, settings: MatchSettings | None = None
    ) -> None:
        self._scale = focal_px * baseline_m
        """Depth times disparity."""
        self._settings = settings or MatchSettings()
        self._largest = self._scale / NEAREST_M

    def match(self, left: Pixels, right: Pixels, first: Sequence[Box] = ()) -> StereoDepth:
        """Depth of a rectified pair of pictures [H, W] or [H, W, 3] RGB.

        `first` are the boxes of the left picture that deserve the finest match before all others.
        """
        left, right = grey(left), grey(right)
        coarse = self._coarse(left, right)
        disparity = _larger(coarse, left.shape[::-1])
        confidence = np.where(disparity > 0, COARSE_CONFIDENCE, np.float32(0))
        blocks = near_blocks(coarse, COARSE, self._scale, first)
        halves = (_smaller(left, 2), _smaller(right, 2)) if _any_half(blocks) else (left, right)
        for near in blocks:
            pictures = (left, right) if near.level == 1 else halves
            self._match_finely(*pictures, near, disparity, confidence)
        found = disparity > self._scale / FARTHEST_M
        confidence[~found] = 0
        depth = np.where(found, self._scale / np.where(found, disparity, 1), 0)
        return StereoDepth(depth.astype(np.float32), confidence, tuple(blocks))

    def _coarse(self, left: Grey, right: Grey) -> Float32:
        """Disparities [H / 4, W / 4] in pixels of the picture; below 0 where none is."""
        left, right = _smaller(left, COARSE), _smaller(right, COARSE)
        height, width = left.shape
        count = min(_up_to_16(self._largest / COARSE), _up_to_16(width))
        disparity = match_block(left, right, Block(0, 0, width, height, 0, count), self._settings)
        found = _without_speckles(disparity, SPECKLE_PX[0])
        return np.where(found >= 0, found * COARSE, INVALID).astype(np.float32)

    def _match_finely(
        self, left: Grey, right: Grey, near: NearBlock, disparity: Float32, confidence: Float32
    ) -> None:
        """Match one block in pictures of its level, and write it into the whole."""
        b, level = near.block, near.level
        block = Block(*(n // level for n in (b.left, b.top, b.right, b.bottom, b.lowest, b.count)))
        found = match_block(left, right, block, self._settings)
        found = _without_speckles(found, SPECKLE_PX[2 // level])
        better = refined(left, right, found, block.left, block.top)
        sure = 1 / (1 + (better.deviation_px * level / UNSURE_PX) ** 2)
        size = (b.right - b.left, b.bottom - b.top)
        place = np.s_[b.top : b.bottom, b.left : b.right]
        disparity[place] = _larger(np.where(found >= 0, better.disparity * level, INVALID), size)
        confidence[place] = _larger(np.where(found >= 0, sure, 0), size)


def _any_half(blocks: list[NearBlock]) -> bool:
    return any(near.level == 2 for near in blocks)


def _smaller(picture: Grey, factor: int) -> Grey:
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _larger(values: npt.NDArray[np.floating], size_px: tuple[int, int]) -> Float32:
    if values.shape[::-1] == size_px:
        return values.astype(np.float32)
    larger = cv2.resize(values.astype(np.float32), size_px, interpolation=cv2.INTER_NEAREST)
    return np.asarray(larger, np.float32)


def _up_to_16(value: float) -> int:
    return int(np.ceil(value / 16)) * 16


def _without_speckles(disparity: Float32, size_px: int) -> Float32:
    """Small islands of disparity are mismatches."""
    whole = np.round(disparity * 16).astype(np.int16)
    cv2.filterSpeckles(whole, -16, size_px, round(SPECKLE_STEP_PX * 16))
    return np.where(whole < 0, INVALID, disparity).astype(np.float32)
