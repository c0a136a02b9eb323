"""Depth as whole numbers of a unit, where that loses nothing: one look at each pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.messages import Float32


def whole_units(depth_m: Float32, unit_m: np.float32) -> npt.NDArray[np.uint16] | None:
    """[H, W] with raw * unit_m equal to `depth_m` in every bit; None where there is no such image.
    The unit is positive."""
    depth = np.ascontiguousarray(depth_m)
    raw = np.empty(depth.shape, np.uint16)
    return raw if _quantise(depth, depth.view(np.int32), unit_m, raw) else None


@njit(cache=True, nogil=True)
def _quantise(
    depth: Float32, bits: npt.NDArray[np.int32], unit: np.float32, raw: npt.NDArray[np.uint16]
) -> bool:
    factor = np.float32(1.0) / unit
    height, width = depth.shape
    for v in range(height):
        for u in range(width):
            number = depth[v, u] * factor + np.float32(0.5)
            if not (number >= np.float32(0.0) and number < np.float32(65536.0)):
                return False
            whole = np.uint16(number)
            if np.float32(whole) * unit != depth[v, u]:
                return False
            if whole == 0 and bits[v, u] != 0:  # Zero with a sign is equal, and another value.
                return False
            raw[v, u] = whole
    return True
