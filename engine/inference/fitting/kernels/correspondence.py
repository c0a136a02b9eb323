"""Compiled search: which place on the surface does each observed point belong to?

First the nearest visible vertex in six dimensions (position and scaled normal), then the closest
place on the triangles around it, so that the coarse mesh does not blur the answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import inline_kernel, kernel, reordering_kernel
from engine.inference.fitting.kernels.surface import MOST_VERTICES, Surface
from engine.inference.fitting.settings import FitSettings

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Triple = tuple[float, float, float]


class Matches(NamedTuple):
    """Places on the surface for M observed points."""

    point: Int64
    """[M] index of the observed point."""
    corner: Int64
    """[M, 3] vertices of the triangle."""
    share: Float64
    """[M, 3] barycentric coordinates of the closest place."""
    place: Float64
    """[M, 3] metres, camera frame."""
    normal: Float64
    """[M, 3] unit, interpolated from the vertices."""
    distance: Float64
    """[M] metres from the observed point to the place."""
    accepted: Bool
    """[M] near enough and facing the same way."""


@kernel
def hand_points(points: Float64, wrist: Float64, middle_mcp: Float64, cut: float) -> Int64:
    """Indices of the points that are not behind the wrist plane (the forearm is)."""
    axis = middle_mcp - wrist
    axis /= np.sqrt((axis * axis).sum()) + 1e-12
    kept = np.empty(points.shape[0], np.int64)
    count = 0
    for i in range(points.shape[0]):
        along = 0.0
        for a in range(3):
            along += (points[i, a] - wrist[a]) * axis[a]
        if along > cut:
            kept[count] = i
            count += 1
    return kept[:count]


@reordering_kernel
def _nearest(query: Float32, table: Float32, squared: Float32, bits: Int32) -> int:
    """Column of table [6, K] nearest to query [6].

    `squared` [K] is scratch and `bits` the same memory as integers: floats that are not negative
    sort like their bits, so the column rides in the low bits and one minimum finds both.
    """
    q0, q1, q2, q3, q4, q5 = query[0], query[1], query[2], query[3], query[4], query[5]
    t0, t1, t2, t3, t4, t5 = table[0], table[1], table[2], table[3], table[4], table[5]
    for k in range(t0.shape[0]):
        d0, d1, d2, d3, d4, d5 = (
            t0[k] - q0,
            t1[k] - q1,
            t2[k] - q2,
            t3[k] - q3,
            t4[k] - q4,
            t5[k] - q5,
        )
        squared[k] = d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3 + d4 * d4 + d5 * d5
    best = np.int32(2147483647)
    for k in range(bits.shape[0]):
        best = min(best, (bits[k] & np.int32(-MOST_VERTICES)) | np.int32(k))
    return int(best & np.int32(MOST_VERTICES - 1))


@kernel
def _six_dimensional(visible: Int64, vertices: Float64, normals: Float64, scale: float) -> Float32:
    table = np.empty((6, visible.shape[0]), np.float32)
    for k in range(visible.shape[0]):
        for a in range(3):
            table[a, k] = vertices[visible[k], a]
            table[3 + a, k] = scale * normals[visible[k], a]
    return table


@kernel
def closest_share(p: Triple, a: Triple, b: Triple, c: Triple) -> Triple:
    """Barycentric coordinates of the place on triangle abc closest to p (Ericson 2005, 5.1.5)."""
    ab, ac, ap = _difference(b, a), _difference(c, a), _difference(p, a)
    d1, d2 = _dot(ab, ap), _dot(ac, ap)
    if d1 <= 0.0 and d2 <= 0.0:
        return 1.0, 0.0, 0.0
    bp = _difference(p, b)
    d3, d4 = _dot(ab, bp), _dot(ac, bp)
    if d3 >= 0.0 and d4 <= d3:
        return 0.0, 1.0, 0.0
    cp = _difference(p, c)
    d5, d6 = _dot(ab, cp), _dot(ac, cp)
    if d6 >= 0.0 and d5 <= d6:
        return 0.0, 0.0, 1.0
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        v = d1 / (d1 - d3 + _TINY)
        return 1.0 - v, v, 0.0
    vb = d5 * d2 - d1 * d6
    if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        w = d2 / (d2 - d6 + _TINY)
        return 1.0 - w, 0.0, w
    va = d3 * d6 - d5 * d4
    if va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        w = (d4 - d3) / (d4 - d3 + d5 - d6 + _TINY)
        return 0.0, 1.0 - w, w
    scale = 1.0 / (va + vb + vc + _TINY)
    return 1.0 - (vb + vc) * scale, vb * scale, vc * scale


_TINY = 1e-30


@inline_kernel
def _difference(a: Triple, b: Triple) -> Triple:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inline_kernel
def _dot(a: Triple, b: Triple) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inline_kernel
def _vertex(vertices: Float64, v: int) -> Triple:
    return vertices[v, 0], vertices[v, 1], vertices[v, 2]


@kernel
def _closest_place(
    surface: Surface, vertices: Float64, vertex: int, p: Triple, m: int, matches: Matches
) -> None:
    """Fill row m of the matches with the place closest to p on the triangles around `vertex`."""
    best, best_face = np.inf, -1
    b0, b1, b2 = 1.0, 0.0, 0.0
    for r in range(surface.ring_start[vertex], surface.ring_start[vertex + 1]):
        f = surface.ring_face[r]
        a = _vertex(vertices, surface.faces[f, 0])
        b = _vertex(vertices, surface.faces[f, 1])
        c = _vertex(vertices, surface.faces[f, 2])
        s0, s1, s2 = closest_share(p, a, b, c)
        dx = s0 * a[0] + s1 * b[0] + s2 * c[0] - p[0]
        dy = s0 * a[1] + s1 * b[1] + s2 * c[1] - p[1]
        dz = s0 * a[2] + s1 * b[2] + s2 * c[2] - p[2]
        squared = dx * dx + dy * dy + dz * dz
        if squared < best:
            best, best_face = squared, f
            b0, b1, b2 = s0, s1, s2
    matches.distance[m] = np.sqrt(best)
    matches.share[m, 0], matches.share[m, 1], matches.share[m, 2] = b0, b1, b2
    for q in range(3):
        matches.corner[m, q] = surface.faces[best_face, q]


@kernel
def _interpolate(vertices: Float64, normals: Float64, m: int, matches: Matches) -> None:
    """Fill place and unit normal of row m from its corners."""
    i, j, k = matches.corner[m, 0], matches.corner[m, 1], matches.corner[m, 2]
    s0, s1, s2 = matches.share[m, 0], matches.share[m, 1], matches.share[m, 2]
    squared = 0.0
    for a in range(3):
        matches.place[m, a] = s0 * vertices[i, a] + s1 * vertices[j, a] + s2 * vertices[k, a]
        n = s0 * normals[i, a] + s1 * normals[j, a] + s2 * normals[k, a]
        matches.normal[m, a] = n
        squared += n * n
    length = np.sqrt(squared) + 1e-12
    for a in range(3):
        matches.normal[m, a] /= length


@kernel
def match_points(
    surface: Surface,
    vertices: Float64,
    normals: Float64,
    visible: Int64,
    points: Float64,
    point_normals: Float64,
    normal_known: Bool,
    chosen: Int64,
    settings: FitSettings,
) -> Matches:
    """The closest visible place for each chosen point; needs at least one visible vertex."""
    matches = _empty_matches(chosen)
    table = _six_dimensional(visible, vertices, normals, settings.normal_weight_m)
    query, squared = np.empty(6, np.float32), np.empty(visible.shape[0], np.float32)
    bits = squared.view(np.int32)
    for m in range(chosen.shape[0]):
        i = chosen[m]
        for a in range(3):
            query[a] = points[i, a]
            query[3 + a] = settings.normal_weight_m * point_normals[i, a]
        nearest = visible[_nearest(query, table, squared, bits)]
        p = (points[i, 0], points[i, 1], points[i, 2])
        _closest_place(surface, vertices, nearest, p, m, matches)
        _interpolate(vertices, normals, m, matches)
        cosine = 0.0
        for a in range(3):
            cosine += matches.normal[m, a] * point_normals[i, a]
        facing = not normal_known[i] or cosine > settings.normal_cosine
        matches.accepted[m] = facing and matches.distance[m] < settings.reach_m
    return matches


@kernel
def _empty_matches(chosen: Int64) -> Matches:
    count = chosen.shape[0]
    return Matches(
        point=chosen,
        corner=np.empty((count, 3), np.int64),
        share=np.empty((count, 3)),
        place=np.empty((count, 3)),
        normal=np.empty((count, 3)),
        distance=np.empty(count),
        accepted=np.empty(count, np.bool_),
    )
