"""Noise in space, for textures that stick to surfaces; compiled.

Value noise: random values at the corners of a lattice, smoothly between them (Perlin's fade). What
is finer than about two pixels is left out, as a lens and a sensor would: it would flicker.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
def _corner(i: int, j: int, k: int, seed: int) -> float:
    """A value in -1..1 that looks random."""
    h = np.uint32(i * 73856093) ^ np.uint32(j * 19349663) ^ np.uint32(k * 83492791)
    h ^= np.uint32(seed * 2654435761)
    h = np.uint32((h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D))
    h = np.uint32((h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39))
    h ^= h >> np.uint32(15)
    return float(h) * (2.0 / 4294967295.0) - 1.0


@njit(cache=True, nogil=True)
def noise(x: float, y: float, z: float, seed: int) -> float:
    """Smooth noise in -1..1 with grains of size 1."""
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    a, b, c = x - i, y - j, z - k
    a, b, c = a * a * (3 - 2 * a), b * b * (3 - 2 * b), c * c * (3 - 2 * c)
    value = 0.0
    for di in range(2):
        wi = a if di else 1 - a
        for dj in range(2):
            wj = wi * (b if dj else 1 - b)
            for dk in range(2):
                wk = wj * (c if dk else 1 - c)
                value += wk * _corner(i + di, j + dj, k + dk, seed)
    return value


@njit(cache=True, nogil=True)
def grain(
    x: float, y: float, z: float, finest_m: float, octaves: int, pixel_m: float, seed: int
) -> float:
    """Grains of `finest_m` and of each double size, about -1..1; `pixel_m` is what a pixel covers
    on the surface."""
    value = 0.0
    size = finest_m
    for octave in range(octaves):
        seen = min(max(size / pixel_m - 1.0, 0.0), 1.0)
        if seen > 0.0:
            value += seen * noise(x / size, y / size, z / size, seed + octave)
        size *= 2.2
    return value / math.sqrt(octaves)
