"""Mixing pixels where an outline crosses between them, and the way back to the vertices.

Inside the mesh a pixel has the depth of its triangle's plane. Where the mesh's outline runs between
the centres of two neighbouring pixels, the two are mixed by where it crosses (after Laine et al.
2020, "Modular primitives", section 3.4): that makes depth and coverage move with the outline. An
outline that runs askew crosses both horizontal and vertical pairs; each counts by the square of the
normal's component along it, so that together they count once.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engine.render.window_raster import NOTHING, Array, Int32, Int64, crossing_at


@njit(cache=True, nogil=True)
def _nearer_first(depth: Array, triangle: Int32, y: int, x: int, v: int, u: int) -> bool:
    if triangle[v, u] == NOTHING:
        return True
    return triangle[y, x] != NOTHING and depth[y, x] < depth[v, u]


@njit(cache=True, nogil=True)
def mix(
    vertices: Array, edges: Int64, depth: Array, triangle: Int32, outline: Int32,
    mixed: Array, coverage: Array,
) -> None:  # fmt: skip
    """Fill `mixed` depth and `coverage` [N, S, S] from what `draw` found."""
    size = depth.shape[1]
    for n in range(depth.shape[0]):
        mixed[n] = depth[n]
        for y in range(size):
            for x in range(size):
                coverage[n, y, x] = 0.0 if triangle[n, y, x] == NOTHING else 1.0
        for axis in range(2):
            for y in range(size):
                for x in range(size):
                    edge = outline[n, axis, y, x]
                    if edge == NOTHING:
                        continue
                    v, u = (y, x + 1) if axis == 0 else (y + 1, x)
                    share, _, square = _share(vertices[n], edges, edge, depth[n], triangle[n],
                                              axis, y, x, v, u)  # fmt: skip
                    # share > 0: the far pixel takes so much of the near one; < 0: the other way
                    if not _nearer_first(depth[n], triangle[n], y, x, v, u):
                        y1, x1, v1, u1 = v, u, y, x
                    else:
                        y1, x1, v1, u1 = y, x, v, u
                    apart = depth[n, y1, x1] - depth[n, v1, u1]
                    bare = 1.0 if triangle[n, v1, u1] == NOTHING else 0.0
                    if share > 0:
                        mixed[n, v1, u1] += share * square * apart
                        coverage[n, v1, u1] += share * square * bare
                    else:
                        mixed[n, y1, x1] += share * square * apart
                        coverage[n, y1, x1] += share * square * bare


@njit(cache=True, nogil=True)
def _share(
    vertices: Array, edges: Int64, edge: int, depth: Array, triangle: Int32,
    axis: int, y: int, x: int, v: int, u: int,
) -> tuple[float, float, float]:  # fmt: skip
    """How far the outline lies past the middle of two pixels, seen from the nearer one.

    Also the sign of the axis seen from there, and the square of the normal's component along it.
    """
    line, before = (y, x) if axis == 0 else (x, y)
    a, b = vertices[edges[edge, 0]], vertices[edges[edge, 1]]
    past = crossing_at(vertices, edges, edge, axis, line) - before - 0.5
    sign = 1.0 if _nearer_first(depth, triangle, y, x, v, u) else -1.0
    across, along = b[axis] - a[axis], b[1 - axis] - a[1 - axis]
    return sign * past, sign, along * along / (across * across + along * along)


@njit(cache=True, nogil=True)
def back(
    vertices: Array, faces: Int64, edges: Int64, depth: Array, triangle: Int32, outline: Int32,
    mixed_slope: Array, coverage_slope: Array, slope: Array,
) -> None:  # fmt: skip
    """Fill `slope` [N, V, 3] of a loss from its slopes by mixed depth and coverage [N, S, S]."""
    size = depth.shape[1]
    plain = np.empty((size, size))
    for n in range(depth.shape[0]):
        slope[n] = 0.0
        plain[:] = mixed_slope[n]
        for axis in range(2):
            for y in range(size):
                for x in range(size):
                    if outline[n, axis, y, x] != NOTHING:
                        v, u = (y, x + 1) if axis == 0 else (y + 1, x)
                        _back_through_mix(
                            vertices[n], edges, outline[n, axis, y, x], depth[n], triangle[n],
                            mixed_slope[n], coverage_slope[n], plain, slope[n], axis, y, x, v, u,
                        )  # fmt: skip
        for y in range(size):
            for x in range(size):
                if triangle[n, y, x] != NOTHING and plain[y, x] != 0.0:
                    _back_through_plane(
                        vertices[n], faces[triangle[n, y, x]], plain[y, x], slope[n], y, x
                    )


@njit(cache=True, nogil=True)
def _back_through_mix(
    vertices: Array, edges: Int64, edge: int, depth: Array, triangle: Int32,
    mixed_slope: Array, coverage_slope: Array, plain: Array, slope: Array,
    axis: int, y: int, x: int, v: int, u: int,
) -> None:  # fmt: skip
    share, sign, square = _share(vertices, edges, edge, depth, triangle, axis, y, x, v, u)
    if sign < 0:
        y, x, v, u = v, u, y, x
    apart = depth[y, x] - depth[v, u]
    bare = 1.0 if triangle[v, u] == NOTHING else 0.0
    at_y, at_x = (v, u) if share > 0 else (y, x)
    by_share = mixed_slope[at_y, at_x] * apart + coverage_slope[at_y, at_x] * bare
    plain[y, x] += mixed_slope[at_y, at_x] * share * square
    plain[v, u] -= mixed_slope[at_y, at_x] * share * square
    by_crossing = by_share * square * sign
    i, j, other = edges[edge, 0], edges[edge, 1], 1 - axis
    a, b = vertices[i], vertices[j]
    line = y if axis == 0 else x
    lean = (b[axis] - a[axis]) / (b[other] - a[other])
    t = (line - a[other]) / (b[other] - a[other])
    slope[i, axis] += by_crossing * (1.0 - t)
    slope[j, axis] += by_crossing * t
    slope[i, other] -= by_crossing * (1.0 - t) * lean
    slope[j, other] -= by_crossing * t * lean


@njit(cache=True, nogil=True)
def _back_through_plane(
    vertices: Array, corners: Int64, by_depth: float, slope: Array, y: int, x: int
) -> None:
    """A corner that moves by m in the window lowers its plane by its weight times slope . m."""
    a, b, c = vertices[corners[0]], vertices[corners[1]], vertices[corners[2]]
    dx1, dy1, dx2, dy2 = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    area = dx1 * dy2 - dx2 * dy1
    w1 = ((x - a[0]) * dy2 - (y - a[1]) * dx2) / area
    w2 = ((y - a[1]) * dx1 - (x - a[0]) * dy1) / area
    dd1, dd2 = b[2] - a[2], c[2] - a[2]
    by_x = (dd1 * dy2 - dd2 * dy1) / area
    by_y = (dd2 * dx1 - dd1 * dx2) / area
    weights = (1.0 - w1 - w2, w1, w2)
    for k in range(3):
        step = by_depth * weights[k]
        slope[corners[k], 0] -= step * by_x
        slope[corners[k], 1] -= step * by_y
        slope[corners[k], 2] += step
