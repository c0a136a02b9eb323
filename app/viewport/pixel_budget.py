"""How many pixels the 3D view may draw: few with software graphics, many with a GPU."""

from __future__ import annotations

import numpy as np

FIRST_PIXELS = 720 * 540
MOST_PIXELS = 1600 * 1000
FAST_NS = 6.0
"""Processor time for each pixel below which the larger budget holds: 10 ms a picture at most.
Software GL takes 10 to 12 ns; with a GPU mostly the transfer is left."""
SAMPLE = 40


class PixelBudget:
    """Watches how long pictures take and says how large they may be."""

    def __init__(self) -> None:
        self._pixels = FIRST_PIXELS
        self._costs_ns: list[float] = []
        self.changed = False
        """Whether `fit` would answer otherwise than when last asked."""

    def record(self, size_px: tuple[int, int], render_ms: float) -> None:
        """A picture of this size took so much processor time."""
        if self._pixels == MOST_PIXELS:
            return
        self._costs_ns.append(render_ms * 1e6 / max(size_px[0] * size_px[1], 1))
        if len(self._costs_ns) < SAMPLE:
            return
        if float(np.median(self._costs_ns)) < FAST_NS:
            self._pixels, self.changed = MOST_PIXELS, True
        self._costs_ns.clear()

    def fit(self, wanted_px: tuple[int, int]) -> tuple[int, int]:
        """The size to draw for a view of `wanted_px` (width, height), of the same shape."""
        self.changed = False
        width, height = (max(side, 16) for side in wanted_px)
        scale = min(1.0, float(np.sqrt(self._pixels / (width * height))))
        return max(16, int(width * scale)), max(16, int(height * scale))
