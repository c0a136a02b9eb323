"""Which parts of a picture deserve a fine match, and with which disparities.

The nearest things come first, in layers of depth; a block is the box around a connected piece of a
layer. Its disparities reach from what lies behind it to its nearest point, so that the background
within the box is matched as well and is not mistaken for the border of the hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from engine.messages import Float32
from engine.stereo.block import Block

LAYER_M = 0.30
FARTHEST_M = 1.2
"""Hands beyond are not looked for."""
LAYERS = 3
SMALLEST_SHARE = 0.001
"""Of the picture: pieces below are no hand."""
MARGIN_CELLS = 3
"""Around a block, in coarse pixels: its outline is known no better."""
MARGIN_PX = 4
"""Added to the range of disparities at both ends."""
FULL_CELLS = 3_200_000
"""A block of more cells is matched at half the resolution, an eighth of the work."""
ALL_CELLS = 5_000_000
"""Of one pair: about 15 ms on one core of 2020."""

Mask = npt.NDArray[np.bool_]


def near_blocks(coarse: Float32, factor: int, scale: float) -> list[tuple[Block, int]]:
    """Blocks in pixels of the picture, each with its level: 1 full, 2 half the resolution.

    Args:
        coarse: disparities [h, w] in pixels of the picture, seen at 1 / factor; below 0 = none.
        scale: depth times disparity.
    """
    left = coarse >= max(scale / FARTHEST_M, 1.0)
    blocks: list[tuple[Block, int]] = []
    cells = 0
    for _ in range(LAYERS):
        if np.count_nonzero(left) < SMALLEST_SHARE * left.size:
            break
        nearest_m = scale / float(np.percentile(coarse[left], 99))
        layer = left & (coarse >= scale / (nearest_m + LAYER_M))
        left &= ~layer
        for box in _boxes(layer):
            block, level = _block(coarse, box, factor)
            if cells + block.cells // level**3 > ALL_CELLS:
                continue
            cells += block.cells // level**3
            blocks.append((block, level))
    return blocks[::-1]  # The nearest is written last, over its neighbours.


def _boxes(layer: Mask) -> list[tuple[int, int, int, int]]:
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


def _block(coarse: Float32, box: tuple[int, int, int, int], factor: int) -> tuple[Block, int]:
    left, top, right, bottom = box
    seen = coarse[top:bottom, left:right]
    seen = seen[seen >= 0]
    lowest, highest = np.percentile(seen, (1, 99.8))
    for level in (1, 2):
        step = 16 * level
        first = int(max(lowest - MARGIN_PX, 0)) // level * level
        count = int(np.ceil((highest + MARGIN_PX - first) / step)) * step
        block = Block(left * factor, top * factor, right * factor, bottom * factor, first, count)
        if block.cells // level**3 <= FULL_CELLS:
            break
    return block, level
