"""The nearest point of a mesh to each of many points, compiled.

The nearest vertex is searched first, then the faces around it. That is the nearest face for all but
slivers, and no gradient passes through the search: the squared distance to the point found has the
exact gradient as long as that point is the nearest (envelope theorem).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[np.floating[Any]]
Int64 = npt.NDArray[np.int64]

ANY_PART = -1


@njit(cache=True, nogil=True)
def nearest_surface(
    points: Array, part: Int64, vertices: Array, vertex_part: Int64,
    faces: Int64, ring_start: Int64, ring_face: Int64, corners: Int64, shares: Array,
) -> None:  # fmt: skip
    """Fill corners [N, M, 3] (vertices of the nearest face) and their shares [N, M, 3].

    Args:
        points: [N, M, 3] in the frame of vertices [N, V, 3].
        part: [N, M]: only vertices of that part are searched; all for ANY_PART.
        ring_start, ring_face: faces around each vertex, as in engine.inference.fitting.
    """
    trial = np.empty(3)
    for n in range(points.shape[0]):
        for m in range(points.shape[1]):
            p = points[n, m]
            nearest = _nearest_vertex(p, part[n, m], vertices[n], vertex_part)
            best = np.inf
            for ring in range(ring_start[nearest], ring_start[nearest + 1]):
                face = faces[ring_face[ring]]
                a, b, c = vertices[n, face[0]], vertices[n, face[1]], vertices[n, face[2]]
                _nearest_shares(p, a, b, c, trial)
                square = 0.0
                for k in range(3):
                    q = trial[0] * a[k] + trial[1] * b[k] + trial[2] * c[k]
                    square += (p[k] - q) ** 2
                if square < best:
                    best = square
                    for k in range(3):
                        corners[n, m, k] = face[k]
                        shares[n, m, k] = trial[k]


@njit(cache=True, nogil=True)
def _nearest_vertex(p: Array, part: int, vertices: Array, vertex_part: Int64) -> int:
    nearest, best = 0, np.inf
    for v in range(vertices.shape[0]):
        if part == ANY_PART or vertex_part[v] == part:
            x, y, z = vertices[v, 0] - p[0], vertices[v, 1] - p[1], vertices[v, 2] - p[2]
            square = x * x + y * y + z * z
            if square < best:
                nearest, best = v, square
    return nearest


@njit(cache=True, nogil=True)
def _dot(a: Array, b: Array) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True, nogil=True)
def _nearest_shares(p: Array, a: Array, b: Array, c: Array, shares: Array) -> None:
    """Barycentric shares of the triangle's point nearest to p (Ericson 2005, section 5.1.5)."""
    ab, ac, ap, bp, cp = b - a, c - a, p - a, p - b, p - c
    d1, d2, d3, d4, d5, d6 = (
        _dot(ab, ap), _dot(ac, ap), _dot(ab, bp), _dot(ac, bp), _dot(ab, cp), _dot(ac, cp),
    )  # fmt: skip
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    if d1 <= 0 and d2 <= 0:
        s, t = 0.0, 0.0
    elif d3 >= 0 and d4 <= d3:
        s, t = 1.0, 0.0
    elif vc <= 0 and d1 >= 0 and d3 <= 0:
        s, t = d1 / (d1 - d3), 0.0
    elif d6 >= 0 and d5 <= d6:
        s, t = 0.0, 1.0
    elif vb <= 0 and d2 >= 0 and d6 <= 0:
        s, t = 0.0, d2 / (d2 - d6)
    elif va <= 0 and d4 >= d3 and d5 >= d6:
        t = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        s = 1.0 - t
    else:
        s, t = vb / (va + vb + vc), vc / (va + vb + vc)
    shares[0], shares[1], shares[2] = 1.0 - s - t, s, t
