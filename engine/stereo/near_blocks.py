"""Which parts of a picture deserve a fine match, and with which disparities.

The nearest things come first, in layers of depth; a block is the box around a connected piece of a
layer. Its disparities reach from what lies behind it to its nearest point, so that the background
within the box is matched as well and is not mistaken for the border of the hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from engine.messages import Float32
from engine.stereo.block import Block

LAYER_M = 0.30
FARTHEST_M = 1.2
"""Hands beyond are not looked for."""
LAYERS = 3
SMALLEST_SHARE = 0.003
"""Of the picture: pieces below are no hand."""
MARGIN_CELLS = 3
"""Around a block, in coarse pixels: its outline is known no better."""
MARGIN_PX = 5
"""Added to the range of disparities at both ends."""
FULL_CELLS = 5_000_000
"""What may be matched at the full resolution in one pair, in pixels times disparities; a block that
is beyond that is matched at half the resolution, at an eighth of the work."""
ALL_CELLS = 6_500_000
"""Of one pair in all: about 20 ms on one core of 2020."""
FOLLOWED_CELLS = 3_000_000
"""Both, where it is known where the hands are: less is enough there, and a hand that moves is
better seen soon than finely."""

Mask = npt.NDArray[np.bool_]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom; the last column and row are no more in it."""


@dataclass(frozen=True, slots=True)
class NearBlock:
    """A block in pixels of the picture, and how it is matched."""

    block: Block
    level: int
    """1 at the full resolution, 2 at half."""

    @property
    def cells(self) -> int:
        """What the matching costs."""
        return self.block.cells // self.level**3


def near_blocks(
    coarse: Float32, factor: int, scale: float, first: Sequence[Box] = ()
) -> list[NearBlock]:
    """What to match finely, what matters most last.

    Args:
        coarse: disparities [h, w] in pixels of the picture, seen at 1 / factor of its resolution;
            below 0 = none.
        scale: depth times disparity.
        first: boxes in pixels of the picture that come before all others, where hands are expected.
    """
    left = coarse >= max(scale / FARTHEST_M, 1.0)
    blocks: list[NearBlock] = []
    cells = 0
    limits = (FOLLOWED_CELLS, FOLLOWED_CELLS) if first else (FULL_CELLS, ALL_CELLS)
    for wanted in first:
        box = _within(coarse, wanted, factor)
        block = None if box is None else _affordable(coarse, box, factor, cells, limits)
        if block is not None:
            cells += block.cells
            blocks.append(block)
    for _ in range(LAYERS):
        if np.count_nonzero(left) < SMALLEST_SHARE * left.size:
            break
        nearest_m = scale / float(np.percentile(coarse[left], 99))
        layer = left & (coarse >= scale / (nearest_m + LAYER_M))
        left &= ~layer
        for box in _boxes(layer):
            block = _affordable(coarse, box, factor, cells, limits)
            if block is not None:
                cells += block.cells
                blocks.append(block)
    return blocks[::-1]


def _within(coarse: Float32, wanted: Box, factor: int) -> Box | None:
    """A box of the picture in coarse pixels; None where nothing was seen in it."""
    height, width = coarse.shape
    left, top = max(wanted[0] // factor, 0), max(wanted[1] // factor, 0)
    right, bottom = min(-(-wanted[2] // factor), width), min(-(-wanted[3] // factor), height)
    seen = left < right and top < bottom and bool((coarse[top:bottom, left:right] >= 0).any())
    return (left, top, right, bottom) if seen else None


def _affordable(
    coarse: Float32, box: Box, factor: int, spent: int, limits: tuple[int, int]
) -> NearBlock | None:
    """The block of a box at the finest level that what was `spent` leaves room for."""
    for level, limit in zip((1, 2), limits, strict=True):
        block = NearBlock(_block(coarse, box, factor, level), level)
        if spent + block.cells <= limit:
            return block
    return None


def _boxes(layer: Mask) -> list[Box]:
    """Left, top, right, bottom around each piece, in coarse pixels, the largest first."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(layer.astype(np.uint8), connectivity=8)
    pieces = sorted(stats[1:count].tolist(), key=lambda s: -s[cv2.CC_STAT_AREA])
    height, width = layer.shape
    m = MARGIN_CELLS
    return [
        (max(x - m, 0), max(y - m, 0), min(x + w + m, width), min(y + h + m, height))
        for x, y, w, h, area in pieces[:4]
        if area >= SMALLEST_SHARE * layer.size
    ]


def _block(coarse: Float32, box: Box, factor: int, level: int) -> Block:
    left, top, right, bottom = box
    seen = coarse[top:bottom, left:right]
    lowest, highest = np.percentile(seen[seen >= 0], (1, 99.8))
    first = int(max(lowest - MARGIN_PX, 0)) // level * level
    step = 16 * level
    count = int(np.ceil((highest + MARGIN_PX - first) / step)) * step
    return Block(left * factor, top * factor, right * factor, bottom * factor, first, count)
