"""The nearest point of a mesh to each of many points, compiled.

The nearest vertices are searched first, then the faces around them; the nearest face is among those
for all but a few slivers. No gradient passes through the search: the squared distance to the point
found has the exact gradient as long as that point is the nearest (envelope theorem).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[np.floating[Any]]
Int64 = npt.NDArray[np.int64]

ANY_PART = -1
_CANDIDATES = 2
"""Vertices whose faces are looked at."""


class SearchMesh(NamedTuple):
    """The fixed part of a mesh, laid out for the search."""

    faces: Int64
    """[F, 3]."""
    ring_start: Int64
    ring_face: Int64
    """Faces around each vertex, as in engine.inference.fitting.kernels.surface."""
    order: Int64
    """[V] vertices, those of a part one after the other."""
    part_start: Int64
    """[parts + 1]: part k are order[part_start[k] : part_start[k + 1]]."""


def search_mesh(
    faces: Int64, ring_start: Int64, ring_face: Int64, vertex_part: Int64, parts: int
) -> SearchMesh:
    """Of faces with their rings and each vertex' part: 0..parts - 1, or ANY_PART for none."""
    order = np.argsort(vertex_part, kind="stable").astype(np.int64)
    start = np.searchsorted(vertex_part[order], np.arange(parts + 1)).astype(np.int64)
    return SearchMesh(faces, ring_start, ring_face, order, start)


@njit(cache=True, nogil=True)
def nearest_surface(
    points: Array, part: Int64, vertices: Array, mesh: SearchMesh, corners: Int64, shares: Array
) -> None:
    """Fill corners [N, M, 3] (vertices of the nearest face) and their shares [N, M, 3].

    Args:
        points: [N, M, 3] in the frame of vertices [N, V, 3].
        part: [N, M]: only vertices of that part are searched; all for ANY_PART.
    """
    count = mesh.order.shape[0]
    at = np.empty((3, count), np.float32)
    square = np.empty(count, np.float32)
    for n in range(points.shape[0]):
        for v in range(count):
            for k in range(3):
                at[k, v] = vertices[n, mesh.order[v], k]
        for m in range(points.shape[1]):
            first, last = 0, count
            if part[n, m] != ANY_PART:
                first, last = mesh.part_start[part[n, m]], mesh.part_start[part[n, m] + 1]
            p = points[n, m]
            _squares(at, p, first, last, square)
            best = np.inf
            for _ in range(_CANDIDATES):
                place = _least(square, first, last)
                square[place] = np.inf
                best = _nearest_around(
                    p, mesh.order[place], vertices[n], mesh, best, corners[n, m], shares[n, m]
                )


@njit(cache=True, nogil=True)
def _squares(at: Array, p: Array, first: int, last: int, square: Array) -> None:
    x, y, z = np.float32(p[0]), np.float32(p[1]), np.float32(p[2])
    xs, ys, zs = at[0], at[1], at[2]
    for v in range(first, last):
        square[v] = (xs[v] - x) ** 2 + (ys[v] - y) ** 2 + (zs[v] - z) ** 2


@njit(cache=True, nogil=True)
def _least(square: Array, first: int, last: int) -> int:
    place, least = first, square[first]
    for v in range(first, last):
        if square[v] < least:
            place, least = v, square[v]
    return place


@njit(cache=True, nogil=True)
def _nearest_around(
    p: Array, vertex: int, vertices: Array, mesh: SearchMesh, best: float,
    corners: Int64, shares: Array,
) -> float:  # fmt: skip
    """Where a face around the vertex is nearer than `best`, note it and return its square."""
    for ring in range(mesh.ring_start[vertex], mesh.ring_start[vertex + 1]):
        face = mesh.ring_face[ring]
        i, j, k = mesh.faces[face, 0], mesh.faces[face, 1], mesh.faces[face, 2]
        s, t = _nearest_shares(p, vertices, i, j, k)
        r = 1.0 - s - t
        square = 0.0
        for axis in range(3):
            met = r * vertices[i, axis] + s * vertices[j, axis] + t * vertices[k, axis]
            square += (p[axis] - met) ** 2
        if square < best:
            best = square
            corners[0], corners[1], corners[2] = i, j, k
            shares[0], shares[1], shares[2] = r, s, t
    return best


@njit(cache=True, nogil=True)
def _nearest_shares(p: Array, vertices: Array, i: int, j: int, k: int) -> tuple[float, float]:
    """Shares of corners j and k in the triangle's point nearest to p (Ericson 2005, 5.1.5)."""
    d1 = d2 = d3 = d4 = d5 = d6 = 0.0
    for axis in range(3):
        a, b, c = vertices[i, axis], vertices[j, axis], vertices[k, axis]
        d1 += (b - a) * (p[axis] - a)
        d2 += (c - a) * (p[axis] - a)
        d3 += (b - a) * (p[axis] - b)
        d4 += (c - a) * (p[axis] - b)
        d5 += (b - a) * (p[axis] - c)
        d6 += (c - a) * (p[axis] - c)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    if d1 <= 0 and d2 <= 0:
        return 0.0, 0.0
    if d3 >= 0 and d4 <= d3:
        return 1.0, 0.0
    if vc <= 0 and d1 >= 0 and d3 <= 0:
        return d1 / (d1 - d3), 0.0
    if d6 >= 0 and d5 <= d6:
        return 0.0, 1.0
    if vb <= 0 and d2 >= 0 and d6 <= 0:
        return 0.0, d2 / (d2 - d6)
    if va <= 0 and d4 >= d3 and d5 >= d6:
        t = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        return 1.0 - t, t
    return vb / (va + vb + vc), vc / (va + vb + vc)
