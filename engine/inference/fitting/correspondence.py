"""Compiled search: which place on the surface does each observed point belong to?

First the nearest visible vertex in six dimensions (position and scaled normal), then the closest
place on the triangles around it, so that the coarse mesh does not blur the answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.inference.fitting.settings import FitSettings
from engine.inference.fitting.surface import Surface

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


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


@njit(cache=True)
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


@njit(cache=True, fastmath=True)
def _nearest(query: Float32, table: Float32, squared: Float32) -> int:
    """Column of table [6, K] nearest to query [6]; `squared` [K] is scratch."""
    best = np.float32(np.inf)
    for k in range(table.shape[1]):
        d0, d1, d2 = table[0, k] - query[0], table[1, k] - query[1], table[2, k] - query[2]
        d3, d4, d5 = table[3, k] - query[3], table[4, k] - query[4], table[5, k] - query[5]
        d = d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3 + d4 * d4 + d5 * d5
        squared[k] = d
        best = min(best, d)
    for k in range(table.shape[1]):
        if squared[k] <= best:
            return k
    return 0


@njit(cache=True)
def _six_dimensional(visible: Int64, vertices: Float64, normals: Float64, scale: float) -> Float32:
    table = np.empty((6, visible.shape[0]), np.float32)
    for k in range(visible.shape[0]):
        for a in range(3):
            table[a, k] = vertices[visible[k], a]
            table[3 + a, k] = scale * normals[visible[k], a]
    return table


@njit(cache=True)
def closest_share(p: Float64, a: Float64, b: Float64, c: Float64, share: Float64) -> None:
    """Barycentric coordinates of the place on triangle abc closest to p (Ericson 2005, 5.1.5)."""
    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = _dot(ab, ap), _dot(ac, ap)
    if d1 <= 0.0 and d2 <= 0.0:
        share[0], share[1], share[2] = 1.0, 0.0, 0.0
        return
    bp = p - b
    d3, d4 = _dot(ab, bp), _dot(ac, bp)
    if d3 >= 0.0 and d4 <= d3:
        share[0], share[1], share[2] = 0.0, 1.0, 0.0
        return
    cp = p - c
    d5, d6 = _dot(ab, cp), _dot(ac, cp)
    if d6 >= 0.0 and d5 <= d6:
        share[0], share[1], share[2] = 0.0, 0.0, 1.0
        return
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        v = d1 / (d1 - d3 + 1e-30)
        share[0], share[1], share[2] = 1.0 - v, v, 0.0
        return
    vb = d5 * d2 - d1 * d6
    if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        w = d2 / (d2 - d6 + 1e-30)
        share[0], share[1], share[2] = 1.0 - w, 0.0, w
        return
    va = d3 * d6 - d5 * d4
    if va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        w = (d4 - d3) / (d4 - d3 + d5 - d6 + 1e-30)
        share[0], share[1], share[2] = 0.0, 1.0 - w, w
        return
    scale = 1.0 / (va + vb + vc + 1e-30)
    share[1], share[2] = vb * scale, vc * scale
    share[0] = 1.0 - share[1] - share[2]


@njit(cache=True, inline="always")
def _dot(a: Float64, b: Float64) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True)
def _closest_place(
    surface: Surface, vertices: Float64, vertex: int, p: Float64, corner: Int64, share: Float64
) -> float:
    """Fill corner [3] and share [3] with the closest place around `vertex`; its distance."""
    best = np.inf
    trial = np.empty(3)
    for r in range(surface.ring_start[vertex], surface.ring_start[vertex + 1]):
        face = surface.faces[surface.ring_face[r]]
        a, b, c = vertices[face[0]], vertices[face[1]], vertices[face[2]]
        closest_share(p, a, b, c, trial)
        squared = 0.0
        for i in range(3):
            d = trial[0] * a[i] + trial[1] * b[i] + trial[2] * c[i] - p[i]
            squared += d * d
        if squared < best:
            best = squared
            for i in range(3):
                corner[i] = face[i]
                share[i] = trial[i]
    return np.sqrt(best)


@njit(cache=True)
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
    count = chosen.shape[0]
    corner = np.empty((count, 3), np.int64)
    share, place = np.empty((count, 3)), np.empty((count, 3))
    normal, distance = np.empty((count, 3)), np.empty(count)
    accepted = np.empty(count, np.bool_)
    table = _six_dimensional(visible, vertices, normals, settings.normal_weight_m)
    query, squared = np.empty(6, np.float32), np.empty(visible.shape[0], np.float32)
    for m in range(count):
        i = chosen[m]
        for a in range(3):
            query[a] = points[i, a]
            query[3 + a] = settings.normal_weight_m * point_normals[i, a]
        nearest = visible[_nearest(query, table, squared)]
        distance[m] = _closest_place(surface, vertices, nearest, points[i], corner[m], share[m])
        for a in range(3):
            place[m, a] = 0.0
            normal[m, a] = 0.0
            for q in range(3):
                place[m, a] += share[m, q] * vertices[corner[m, q], a]
                normal[m, a] += share[m, q] * normals[corner[m, q], a]
        normal[m] /= np.sqrt(_dot(normal[m], normal[m])) + 1e-12
        facing = not normal_known[i] or _dot(normal[m], point_normals[i]) > settings.normal_cosine
        accepted[m] = facing and distance[m] < settings.reach_m
    return Matches(chosen, corner, share, place, normal, distance, accepted)
