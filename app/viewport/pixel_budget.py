"""How many pixels the 3D view may draw: few with software graphics, all of them with a GPU."""

from __future__ import annotations

import numpy as np

from app.viewport.render_process import MAX_HEIGHT_PX, MAX_WIDTH_PX

FIRST_PIXELS = 720 * 540
MOST_PIXELS = MAX_WIDTH_PX * MAX_HEIGHT_PX
LEAST_PIXELS = 480 * 360
NS_PER_PIXEL_FAST = 4.0
NS_PER_PIXEL_SLOW = 45.0
"""Per-pixel cost below which the view may be drawn in full, above which it is drawn smaller.
Software GL on one free core takes 9 ns; the same core shared with other work up to 35."""
SAMPLE = 30


class PixelBudget:
    """Watches how long pictures take and says how large they may be."""

    def __init__(self) -> None:
        self._pixels = FIRST_PIXELS
        self._costs: list[float] = []
        self._settled = False
        self.changed = False

    def record(self, size_px: tuple[int, int], render_ms: float) -> None:
        """A picture of this size took so long. Decides once, after the first pictures."""
        if self._settled:
            return
        self._costs.append(render_ms * 1e6 / max(size_px[0] * size_px[1], 1))
        if len(self._costs) < SAMPLE:
            return
        self._settled = True
        cost = float(np.median(self._costs))
        if cost < NS_PER_PIXEL_FAST:
            self._pixels, self.changed = MOST_PIXELS, True
        elif cost > NS_PER_PIXEL_SLOW:
            self._pixels, self.changed = LEAST_PIXELS, True

    def fit(self, wanted_px: tuple[int, int]) -> tuple[int, int]:
        """The size to draw for a view of `wanted_px` (width, height), of the same shape."""
        self.changed = False
        width, height = (max(side, 16) for side in wanted_px)
        scale = min(1.0, float(np.sqrt(self._pixels / (width * height))))
        return max(16, int(width * scale)), max(16, int(height * scale))
