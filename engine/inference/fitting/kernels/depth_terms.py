"""Compiled terms of the fit that look at the depth image: surface, silhouette, free space.

Each adds its rows to the system (where asked to) and returns its robust energy, in units of
(noise of a depth point) squared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import inline_kernel, kernel
from engine.inference.fitting.kernels.correspondence import Matches
from engine.inference.fitting.kernels.linear_system import (
    Posed,
    Scratch,
    System,
    accumulate,
    add_surface_point,
    begin_row,
    finish_row,
)
from engine.inference.fitting.kernels.surface import Surface
from engine.inference.fitting.settings import FitSettings

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


class Observed(NamedTuple):
    """The kernels' view of a HandObservation."""

    points: Float64
    """[N, 3] metres."""
    normals: Float64
    """[N, 3] unit, towards the camera."""
    normal_known: Bool
    """[N]."""
    depth: Float32
    """[h, w] metres of the crop, 0 = no data."""
    outside_px: Float32
    """[h, w] distance to the hand mask in pixels of the crop; 0 on the mask."""
    border_label: Int32
    """[h, w] row of `border` that holds the nearest pixel of the mask."""
    border: Float32
    """[B, 2] u, v."""
    intrinsics: Float64
    """[4] fx, fy, cx, cy of the crop in pixels."""


@inline_kernel
def geman_mcclure(squared: float, scale: float) -> tuple[float, float]:
    """Robust energy and weight of a squared residual."""
    q = 1.0 / (1.0 + squared / (scale * scale))
    return squared * q, q * q


@kernel
def surface_term(
    surface: Surface,
    posed: Posed,
    observed: Observed,
    matches: Matches,
    settings: FitSettings,
    with_rows: bool,
    with_shape: bool,
    scratch: Scratch,
    system: System,
) -> float:
    """Point to plane, and sideways beyond a slack, so that fingertips are pulled lengthwise."""
    unit = 1.0 / settings.noise_m**2
    worst, _ = geman_mcclure(settings.reach_m**2, settings.robust_m)
    energy = 0.0
    direction, sideways = np.empty(3), np.empty(3)
    for m in range(matches.point.shape[0]):
        if not matches.accepted[m]:
            energy += unit * worst
            continue
        rho, weight = geman_mcclure(matches.distance[m] ** 2, settings.robust_m)
        energy += unit * rho
        if not with_rows:
            continue
        along = 0.0
        for a in range(3):
            sideways[a] = observed.points[matches.point[m], a] - matches.place[m, a]
            direction[a] = matches.normal[m, a]
            along += sideways[a] * direction[a]
        _match_row(surface, posed, matches, m, direction, with_shape, scratch)
        accumulate(scratch, along, unit * weight, system)
        slid = 0.0
        for a in range(3):
            sideways[a] -= along * direction[a]
            slid += sideways[a] ** 2
        slid = np.sqrt(slid)
        if slid > settings.tangent_slack_m:
            sideways /= slid
            _match_row(surface, posed, matches, m, sideways, with_shape, scratch)
            tangent = unit * weight * settings.tangent_weight
            accumulate(scratch, slid - settings.tangent_slack_m, tangent, system)
    return energy


@kernel
def _match_row(
    surface: Surface,
    posed: Posed,
    matches: Matches,
    m: int,
    direction: Float64,
    with_shape: bool,
    scratch: Scratch,
) -> None:
    begin_row(scratch)
    for q in range(3):
        share = matches.share[m, q]
        if share > 1e-4:
            add_surface_point(
                surface, posed, matches.corner[m, q], share, direction, with_shape, scratch
            )
    finish_row(surface, posed, direction, scratch)


@kernel
def _vertex_row(
    surface: Surface,
    posed: Posed,
    vertex: int,
    direction: Float64,
    with_shape: bool,
    scratch: Scratch,
) -> None:
    begin_row(scratch)
    add_surface_point(surface, posed, vertex, 1.0, direction, with_shape, scratch)
    finish_row(surface, posed, direction, scratch)


@kernel
def pixels_of(points: Float64, count: int, observed: Observed) -> Int32:
    """Nearest pixel (row, column) of the crop to each of the first `count` points, [count, 2];
    -1 for those outside."""
    camera = observed.intrinsics
    fx, fy, cx, cy = camera[0], camera[1], camera[2] + 0.5, camera[3] + 0.5
    h, w = observed.depth.shape
    pixels = np.empty((count, 2), np.int32)
    for v in range(count):
        pixels[v, 0] = pixels[v, 1] = -1
        z = points[v, 2]
        if z <= _NEAREST_M:
            continue
        per_z = 1.0 / z
        column = fx * points[v, 0] * per_z + cx
        row = fy * points[v, 1] * per_z + cy
        if 0.0 <= column < w and 0.0 <= row < h:
            pixels[v, 0], pixels[v, 1] = int(row), int(column)
    return pixels


# The pull begins here, so that the vertices on the border are left alone.
_BORDER_PX = 0.9
_NEAREST_M = 0.02
HIDDEN_M = 0.010
"""A vertex this far behind the observed depth is hidden by something."""


@kernel
def silhouette_term(
    surface: Surface,
    posed: Posed,
    pixels: Int32,
    observed: Observed,
    settings: FitSettings,
    with_rows: bool,
    with_shape: bool,
    scratch: Scratch,
    system: System,
) -> float:
    """Pull vertices that project outside the hand mask to its nearest pixel, unless hidden."""
    camera = observed.intrinsics
    fx, fy, cx, cy = camera[0], camera[1], camera[2], camera[3]
    unit = settings.silhouette_weight / settings.noise_m**2
    energy = 0.0
    direction = np.empty(3)
    for v in range(pixels.shape[0]):
        row, column = pixels[v, 0], pixels[v, 1]
        if row < 0 or observed.outside_px[row, column] < _BORDER_PX:
            continue
        x, y, z = posed.points[v, 0], posed.points[v, 1], posed.points[v, 2]
        seen = observed.depth[row, column]
        if 0.0 < seen < z - HIDDEN_M:
            continue  # behind something else
        label = observed.border_label[row, column]
        ray_x = (observed.border[label, 0] - cx) / fx
        ray_y = (observed.border[label, 1] - cy) / fy
        dx, dy = ray_x * z - x, ray_y * z - y
        squared = dx * dx + dy * dy
        rho, weight = geman_mcclure(squared, settings.silhouette_robust_m)
        share = unit if seen > 0.0 else unit * settings.no_data_share
        energy += share * rho
        if with_rows and squared > 0.0:
            r = np.sqrt(squared)
            direction[0], direction[1] = dx / r, dy / r
            direction[2] = -(direction[0] * ray_x + direction[1] * ray_y)
            _vertex_row(surface, posed, v, direction, with_shape, scratch)
            accumulate(scratch, r, share * weight, system)
    return energy


@kernel
def free_space_term(
    surface: Surface,
    posed: Posed,
    pixels: Int32,
    observed: Observed,
    visible: Int64,
    settings: FitSettings,
    with_rows: bool,
    with_shape: bool,
    scratch: Scratch,
    system: System,
) -> float:
    """Push visible vertices back that stand in front of the observed hand."""
    unit = settings.free_space_weight / settings.noise_m**2
    energy = 0.0
    direction = np.zeros(3)
    direction[2] = 1.0
    for v in visible:
        row, column = pixels[v, 0], pixels[v, 1]
        if row < 0 or observed.outside_px[row, column] > 0.0:
            continue
        gap = observed.depth[row, column] - posed.points[v, 2] - settings.free_space_slack_m
        if gap <= 0.0:
            continue
        rho, weight = geman_mcclure(gap * gap, settings.free_space_robust_m)
        energy += unit * rho
        if with_rows:
            _vertex_row(surface, posed, v, direction, with_shape, scratch)
            accumulate(scratch, gap, unit * weight, system)
    return energy
