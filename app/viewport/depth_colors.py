"""Depth as a calm picture: near is light, far is dark, and the range does not flicker."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from engine.messages import Float32

NO_DATA_RGB = (20, 22, 27)
LOOK_EVERY = 5
"""Frames from one look at the range to the next."""
_STOPS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
_STOP_RGB = np.array(
    [[26, 31, 46], [32, 54, 78], [44, 92, 108], [84, 138, 140], [176, 200, 186]], np.float64
)
_SLOW = 0.2
"""Share of the way that the range moves towards the newest frame's, per look."""
_TOLERANCE = 0.04
"""Relative change below which the colours stay exactly as they are."""


class DepthColors:
    """Colour map with a range that follows the scene slowly. One instance per stream."""

    def __init__(self) -> None:
        self._range_m: tuple[float, float] | None = None
        self._table_range_m = (0.0, 0.0)
        self._table = np.zeros(1, np.uint32)
        self._count = 0

    def reset(self) -> None:
        """Forget the range, for a new source."""
        self._range_m = None
        self._count = 0

    @property
    def range_m(self) -> tuple[float, float]:
        """(near, far) of the colours in metres."""
        return self._table_range_m

    def paint(self, depth_m: Float32, size_px: tuple[int, int]) -> npt.NDArray[np.uint8]:
        """[h, w, 4] blue, green, red, unused, of depth [H, W] in metres; `size_px` = (w, h)."""
        resized = cv2.resize(depth_m, size_px, interpolation=cv2.INTER_NEAREST)
        small = np.asarray(resized, np.float32)
        if self._count % LOOK_EVERY == 0:
            self._follow(small[::4, ::4])
        self._count += 1
        millimetres = np.minimum(small * np.float32(1000.0), len(self._table) - 1)
        packed = np.take(self._table, millimetres.astype(np.uint16))
        return packed.view(np.uint8).reshape(*small.shape, 4)

    def _follow(self, sample: npt.NDArray[np.floating]) -> None:
        seen = sample[sample > 0]
        if len(seen) > 20:
            near, far = (float(q) for q in np.percentile(seen, [1, 92]))
            far = max(far, near + 0.15)
            if self._range_m is None:
                self._range_m = (near, far)
            old_near, old_far = self._range_m
            self._range_m = (
                old_near + _SLOW * (near - old_near),
                old_far + _SLOW * (far - old_far),
            )
        wanted = self._range_m or (0.2, 1.5)
        change = np.abs(np.array(wanted) / np.maximum(self._table_range_m, 1e-6) - 1.0).max()
        if change > _TOLERANCE:
            self._table, self._table_range_m = _color_table(*wanted), wanted


def _color_table(near_m: float, far_m: float) -> npt.NDArray[np.uint32]:
    """[N] packed colours by millimetre; even steps in 1/depth, as the sensor resolves them."""
    z = np.maximum(np.arange(int(far_m * 1000) + 2) / 1000.0, 1e-3)
    share = (1.0 / z - 1.0 / far_m) / (1.0 / near_m - 1.0 / far_m)
    channels = [np.interp(np.clip(share, 0, 1), _STOPS, _STOP_RGB[:, c]) for c in range(3)]
    table = np.zeros((len(z), 4), np.uint8)
    table[:, 2::-1] = np.stack(channels, -1)
    table[0, 2::-1] = NO_DATA_RGB
    return table.view(np.uint32)[:, 0]
