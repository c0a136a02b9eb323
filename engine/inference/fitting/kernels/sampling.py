"""Compiled sampling of surface points with normals from the hand's part of a depth crop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import kernel

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]


@kernel
def spread_pixels(mask: UInt8, count: int, wanted: int) -> Int32:
    """About `wanted` mask pixels [n, 2] (row, column), one in each cell of an even grid."""
    h, w = mask.shape
    size = max(1.0, np.sqrt(count / wanted))
    rows, columns = int(h / size) + 1, int(w / size) + 1
    best = np.full((rows, columns), np.inf)
    pixel = np.zeros((rows, columns, 2), np.int32)
    for v in range(h):
        r = int(v / size)
        for u in range(w):
            if mask[v, u] == 0:
                continue
            c = int(u / size)
            off = (v - (r + 0.5) * size) ** 2 + (u - (c + 0.5) * size) ** 2
            if off < best[r, c]:
                best[r, c] = off
                pixel[r, c, 0], pixel[r, c, 1] = v, u
    chosen = np.empty((rows * columns, 2), np.int32)
    n = 0
    for r in range(rows):
        for c in range(columns):
            if best[r, c] < np.inf:
                chosen[n] = pixel[r, c]
                n += 1
    return chosen[:n]


_REACH_PX = 2
_LEAST_NEIGHBOURS = 8


@kernel
def surface_samples(
    depth: Float32, mask: UInt8, pixels: Int32, intrinsics: Float64, step: float
) -> tuple[Float64, Float64, Bool]:
    """Points [n, 3], normals [n, 3] towards the camera, and whether the normal is known [n].

    The normal is that of the plane z = z0 + p dx + q dy through the neighbours of the same surface.
    """
    fx, fy, cx, cy = intrinsics
    n = pixels.shape[0]
    points, normals = np.empty((n, 3)), np.zeros((n, 3))
    known = np.zeros(n, np.bool_)
    for i in range(n):
        v, u = pixels[i]
        z = float(depth[v, u])
        x, y = (u - cx) / fx * z, (v - cy) / fy * z
        points[i, 0], points[i, 1], points[i, 2] = x, y, z
        s = np.zeros(9)
        for a in range(max(0, v - _REACH_PX), min(mask.shape[0], v + _REACH_PX + 1)):
            for b in range(max(0, u - _REACH_PX), min(mask.shape[1], u + _REACH_PX + 1)):
                d = float(depth[a, b])
                if mask[a, b] == 0 or abs(d - z) > _REACH_PX * step:
                    continue
                dx, dy, dz = (b - cx) / fx * d - x, (a - cy) / fy * d - y, d - z
                s[0] += 1.0
                s[1] += dx
                s[2] += dy
                s[3] += dz
                s[4] += dx * dx
                s[5] += dx * dy
                s[6] += dy * dy
                s[7] += dx * dz
                s[8] += dy * dz
        known[i] = _plane_normal(s, points[i], normals[i])
    return points, normals, known


@kernel
def _plane_normal(s: Float64, point: Float64, normal: Float64) -> bool:
    """Unit normal towards the camera from the sums of `surface_samples`; straight back if none."""
    length = np.sqrt((point * point).sum())
    for a in range(3):
        normal[a] = -point[a] / length
    if s[0] < _LEAST_NEIGHBOURS:
        return False
    xx, xy, yy = s[4] - s[1] * s[1] / s[0], s[5] - s[1] * s[2] / s[0], s[6] - s[2] * s[2] / s[0]
    xz, yz = s[7] - s[1] * s[3] / s[0], s[8] - s[2] * s[3] / s[0]
    determinant = xx * yy - xy * xy
    if not determinant > 1e-3 * (xx + yy) ** 2:
        return False
    p, q = (yy * xz - xy * yz) / determinant, (xx * yz - xy * xz) / determinant
    scale = 1.0 / np.sqrt(p * p + q * q + 1.0)
    if p * point[0] + q * point[1] - point[2] > 0.0:
        scale = -scale
    normal[0], normal[1], normal[2] = p * scale, q * scale, -scale
    return True
