"""Compiled rasterisation of small depth windows that notes where a mesh's outline crosses.

Vertices come as (x, y, d): x and y in pixels with pixel centres at integers, d any depth that is
linear across a triangle in the window. Meshes are closed; faces turned away are not drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[np.floating[Any]]
Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]

NOTHING = -1
"""In place of a triangle or an edge."""

_AT_EDGE = 0.15
"""A pixel whose depth is this close to the outline's belongs to the surface that ends there:
a finger is about as thick; in half cubes."""
_BEHIND = 0.02
"""What is seen past an outline lies at least this far behind it; in half cubes."""


@njit(cache=True, nogil=True)
def draw(
    vertices: Array, faces: Int64, edges: Int64, background: float,
    depth: Array, triangle: Int32, outline: Int32,
) -> None:  # fmt: skip
    """Draw N meshes [N, V, 3]; fills depth [N, S, S] without mixing, triangle and outline.

    Args:
        edges: [E, 4]: two vertices and the two faces that share them.
        outline: [N, 2, S, S]: the edge that crosses between a pixel and the one right of it (0)
            or below it (1).
    """
    front = np.empty(faces.shape[0], np.bool_)
    for n in range(vertices.shape[0]):
        depth[n] = background
        triangle[n] = NOTHING
        outline[n] = NOTHING
        for face in range(faces.shape[0]):
            front[face] = _fill(depth[n], triangle[n], vertices[n], faces, face)
        for edge in range(edges.shape[0]):
            if front[edges[edge, 2]] != front[edges[edge, 3]]:
                face = edges[edge, 2] if front[edges[edge, 2]] else edges[edge, 3]
                _trace(depth[n], triangle[n], outline[n], vertices[n], faces[face], edges, edge, 0)
                _trace(depth[n], triangle[n], outline[n], vertices[n], faces[face], edges, edge, 1)


@njit(cache=True, nogil=True)
def _fill(depth: Array, triangle: Int32, vertices: Array, faces: Int64, face: int) -> bool:
    """Draw one triangle where it is the nearest; False where it is turned away or no triangle."""
    size = depth.shape[0]
    a, b, c = vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
    x0, y0, d0 = a[0], a[1], a[2]
    dx1, dy1, dx2, dy2 = b[0] - x0, b[1] - y0, c[0] - x0, c[1] - y0
    area = dx1 * dy2 - dx2 * dy1
    if not area < -1e-12:  # y points down, so anticlockwise is negative; also false for NaN
        return False
    left = max(0, int(np.ceil(max(-1.0, min(a[0], b[0], c[0])))))
    right = min(size - 1, int(np.floor(min(float(size), max(a[0], b[0], c[0])))))
    top = max(0, int(np.ceil(max(-1.0, min(a[1], b[1], c[1])))))
    bottom = min(size - 1, int(np.floor(min(float(size), max(a[1], b[1], c[1])))))
    dd1, dd2 = b[2] - d0, c[2] - d0
    for y in range(top, bottom + 1):
        for x in range(left, right + 1):
            w1 = ((x - x0) * dy2 - (y - y0) * dx2) / area
            w2 = ((y - y0) * dx1 - (x - x0) * dy1) / area
            if w1 >= 0.0 and w2 >= 0.0 and w1 + w2 <= 1.0:
                d = d0 + w1 * dd1 + w2 * dd2
                if triangle[y, x] == NOTHING or d < depth[y, x]:
                    depth[y, x] = d
                    triangle[y, x] = face
    return True


@njit(cache=True, nogil=True)
def _trace(
    depth: Array, triangle: Int32, outline: Int32, vertices: Array, corners: Int64,
    edges: Int64, edge: int, axis: int,
) -> None:  # fmt: skip
    """Note where an outline's edge crosses between pixels that are neighbours along `axis`."""
    size, other = depth.shape[0], 1 - axis
    i, j = edges[edge, 0], edges[edge, 1]
    a, b = vertices[i], vertices[j]
    along = b[other] - a[other]
    if along == 0.0:
        return
    third = vertices[corners[0] + corners[1] + corners[2] - i - j]
    inner = a[axis] + (third[other] - a[other]) / along * (b[axis] - a[axis])
    inside_after = third[axis] > inner
    low, high = min(a[other], b[other]), max(a[other], b[other])
    first = max(0, int(np.ceil(max(-1.0, low))))
    last = min(size - 1, int(np.floor(min(float(size), high))))
    for line in range(first, last + 1):
        t = (line - a[other]) / along
        crossing = a[axis] + t * (b[axis] - a[axis])
        if not 0.0 <= crossing < size - 1:
            continue
        before = int(np.floor(crossing))
        near, far = (before + 1, before) if inside_after else (before, before + 1)
        d = a[2] + t * (b[2] - a[2])
        if not _is_outline(depth, triangle, axis, line, near, far, d):
            continue
        y, x = (line, before) if axis == 0 else (before, line)
        known = outline[axis, y, x]
        # Of several, the outermost counts.
        if known == NOTHING or abs(crossing - near) > abs(
            crossing_at(vertices, edges, known, axis, line) - near
        ):
            outline[axis, y, x] = edge


@njit(cache=True, nogil=True)
def _is_outline(
    depth: Array, triangle: Int32, axis: int, line: int, near: int, far: int, d: float
) -> bool:
    """Whether the surface seen at `near` ends at depth d, with something behind it at `far`."""
    near_y, near_x = (line, near) if axis == 0 else (near, line)
    far_y, far_x = (line, far) if axis == 0 else (far, line)
    if triangle[near_y, near_x] == NOTHING or abs(depth[near_y, near_x] - d) > _AT_EDGE:
        return False
    if triangle[far_y, far_x] == NOTHING:
        return True
    return depth[far_y, far_x] - max(d, depth[near_y, near_x]) > _BEHIND


@njit(cache=True, nogil=True)
def crossing_at(vertices: Array, edges: Int64, edge: int, axis: int, line: int) -> float:
    """Where an edge crosses a row (axis 0) or column (axis 1) of pixel centres, along `axis`."""
    a, b = vertices[edges[edge, 0]], vertices[edges[edge, 1]]
    t = (line - a[1 - axis]) / (b[1 - axis] - a[1 - axis])
    return a[axis] + t * (b[axis] - a[axis])
