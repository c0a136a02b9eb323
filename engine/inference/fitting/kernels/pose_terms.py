"""Compiled terms of the fit that need no image: network joints, collision, priors, limits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import kernel
from engine.inference.fitting.kernels.depth_terms import geman_mcclure
from engine.inference.fitting.kernels.linear_system import (
    FIRST_ANGLE,
    FIRST_SHAPE,
    Posed,
    Scratch,
    System,
    accumulate,
    add_joint,
    add_rigid_point,
    add_surface_point,
    begin_row,
    finish_row,
)
from engine.inference.fitting.kernels.surface import Surface
from engine.inference.fitting.settings import FitSettings

Float64 = npt.NDArray[np.float64]


@kernel
def joint_term(
    surface: Surface,
    posed: Posed,
    target: Float64,
    precision: Float64,
    robust_m: float,
    with_rows: bool,
    with_shape: bool,
    scratch: Scratch,
    system: System,
) -> float:
    """Pull keypoints to target [21, 3] with precision [21] in 1 / square metres."""
    energy = 0.0
    direction = np.zeros(3)
    for k in range(21):
        if precision[k] <= 0.0:
            continue
        squared = 0.0
        for a in range(3):
            squared += (target[k, a] - posed.keypoints[k, a]) ** 2
        rho, weight = geman_mcclure(squared, robust_m)
        energy += precision[k] * rho
        if not with_rows:
            continue
        for a in range(3):
            direction[:] = 0.0
            direction[a] = 1.0
            begin_row(scratch)
            if surface.keypoint_point[k] >= 0:
                add_surface_point(
                    surface, posed, surface.keypoint_point[k], 1.0, direction, with_shape, scratch
                )
            else:
                add_joint(posed, surface.keypoint_joint[k], direction, with_shape, scratch)
            finish_row(surface, posed, direction, scratch)
            residual = target[k, a] - posed.keypoints[k, a]
            accumulate(scratch, residual, precision[k] * weight, system)
    return energy


@kernel
def collision_term(
    surface: Surface,
    posed: Posed,
    radii: Float64,
    settings: FitSettings,
    with_rows: bool,
    scratch: Scratch,
    system: System,
) -> float:
    """Push overlapping spheres of different fingers apart."""
    spheres = surface.spheres
    unit = settings.collision_weight / settings.noise_m**2
    centre = np.empty((radii.shape[0], 3))
    for s in range(radii.shape[0]):
        k = spheres.keypoint[s]
        for a in range(3):
            start, end = posed.keypoints[k, a], posed.keypoints[k + 1, a]
            centre[s, a] = start + spheres.share[s] * (end - start)
    energy = 0.0
    direction = np.empty(3)
    for pair in range(spheres.pairs.shape[0]):
        first, second = spheres.pairs[pair]
        reach = radii[first] + radii[second]
        squared = 0.0
        for a in range(3):
            direction[a] = centre[first, a] - centre[second, a]
            squared += direction[a] ** 2
        if squared >= reach * reach or squared < 1e-12:
            continue
        distance = np.sqrt(squared)
        energy += unit * (reach - distance) ** 2
        if with_rows:
            direction /= distance
            begin_row(scratch)
            add_rigid_point(spheres.joint[first], centre[first], 1.0, direction, scratch)
            add_rigid_point(spheres.joint[second], centre[second], -1.0, direction, scratch)
            finish_row(surface, posed, direction, scratch)
            accumulate(scratch, reach - distance, unit, system)
    return energy


@kernel
def _pull(system: System, k: int, residual: float, weight: float) -> float:
    """A row with a single one in column k."""
    system.H[k, k] += weight
    system.g[k] += weight * residual
    return weight * residual * residual


@kernel
def prior_term(
    surface: Surface,
    angles: Float64,
    previous: Float64,
    previous_weight: float,
    settings: FitSettings,
    system: System,
) -> float:
    """Weak rest pose, limits, PIP-DIP coupling, and the previous frame's angles [22]."""
    energy = 0.0
    for k in range(angles.shape[0]):
        column = FIRST_ANGLE + k
        weight = settings.prior_weight / surface.sigma[k] ** 2
        energy += _pull(system, column, surface.mean[k] - angles[k], weight)
        stiff = 1.0 / settings.limit_sigma**2
        if angles[k] < surface.lower[k]:
            energy += _pull(system, column, surface.lower[k] - angles[k], stiff)
        elif angles[k] > surface.upper[k]:
            energy += _pull(system, column, surface.upper[k] - angles[k], stiff)
        if previous_weight > 0.0:
            weight = previous_weight / settings.previous_sigma**2
            energy += _pull(system, column, previous[k] - angles[k], weight)
    return energy + _coupling(surface, angles, settings, system)


@kernel
def _coupling(surface: Surface, angles: Float64, settings: FitSettings, system: System) -> float:
    energy = 0.0
    weight = settings.coupling_weight / settings.coupling_sigma**2
    ratio = settings.coupling_ratio
    for pair in range(surface.coupled.shape[0]):
        pip, dip = surface.coupled[pair]
        residual = ratio * angles[pip] - angles[dip]
        i, j = FIRST_ANGLE + pip, FIRST_ANGLE + dip
        system.H[i, i] += weight * ratio * ratio
        system.H[j, j] += weight
        system.H[min(i, j), max(i, j)] -= weight * ratio
        system.g[i] -= weight * ratio * residual
        system.g[j] += weight * residual
        energy += weight * residual * residual
    return energy


@kernel
def shape_term(shape: Float64, anchor: Float64, weight: float, system: System) -> float:
    """Pull the shape coefficients to where they were."""
    energy = 0.0
    for s in range(shape.shape[0]):
        energy += _pull(system, FIRST_SHAPE + s, anchor[s] - shape[s], weight)
    return energy
