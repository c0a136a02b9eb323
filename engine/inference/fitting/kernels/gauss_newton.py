"""Compiled damped Gauss-Newton: the whole refinement of one pose in one call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import kernel
from engine.inference.fitting.kernels.correspondence import Matches, hand_points, match_points
from engine.inference.fitting.kernels.depth_terms import (
    Observed,
    free_space_term,
    pixels_of,
    silhouette_term,
    surface_term,
)
from engine.inference.fitting.kernels.kinematics import multiply, rotation_about, visible_vertices
from engine.inference.fitting.kernels.linear_system import (
    FIRST_ANGLE,
    FIRST_SHAPE,
    PIVOT_JOINT,
    POSE_SIZE,
    SYSTEM_SIZE,
    Posed,
    System,
    new_scratch,
    solve_damped,
)
from engine.inference.fitting.kernels.pose_terms import (
    collision_term,
    joint_term,
    prior_term,
    shape_term,
)
from engine.inference.fitting.kernels.posing import pose_surface, sphere_radii
from engine.inference.fitting.kernels.surface import Surface
from engine.inference.fitting.settings import FitSettings

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


class State(NamedTuple):
    """What is fitted."""

    rotation: Float64
    """[3, 3] R_camera_from_hand."""
    position: Float64
    """[3] metres."""
    angles: Float64
    """[22] radians."""
    shape: Float64
    """[10] standard deviations."""


class Guide(NamedTuple):
    """What else pulls on the pose, beside the depth."""

    joints: Float64
    """[21, 3] metres."""
    precision: Float64
    """[21] 1 / square metres; 0 where there is no opinion."""
    previous: Float64
    """[22] radians."""
    previous_weight: float
    shape_anchor: Float64
    """[10]."""
    shape_weight: float


class Look(NamedTuple):
    """One look at the data from one state."""

    posed: Posed
    pixels: Int32
    """[V, 2] row and column of each vertex in the crop, -1 outside."""
    visible: Int64
    matches: Matches
    system: System
    energy: float


@kernel
def look(
    surface: Surface,
    observed: Observed,
    guide: Guide,
    state: State,
    settings: FitSettings,
    with_rows: bool,
    with_shape: bool,
) -> Look:
    """Energy of a state and, with rows, the normal equations there."""
    posed = pose_surface(surface, state.rotation, state.position, state.angles, state.shape)
    vertex_count = surface.ring_start.shape[0] - 1
    pixels = pixels_of(posed.points, vertex_count, observed)
    visible = visible_vertices(posed.points, posed.normals, vertex_count)
    chosen = hand_points(
        observed.points, posed.joints[0], posed.joints[PIVOT_JOINT], settings.wrist_cut_m
    )
    if visible.shape[0] == 0:
        chosen = chosen[:0]
    matches = match_points(
        surface,
        posed.points,
        posed.normals,
        visible,
        observed.points,
        observed.normals,
        observed.normal_known,
        chosen,
        settings,
    )
    system = System(np.zeros((SYSTEM_SIZE, SYSTEM_SIZE)), np.zeros(SYSTEM_SIZE))
    scratch = new_scratch()
    energy = surface_term(
        surface, posed, observed, matches, settings, with_rows, with_shape, scratch, system
    )
    energy += silhouette_term(
        surface, posed, pixels, observed, settings, with_rows, with_shape, scratch, system
    )
    energy += free_space_term(
        surface, posed, pixels, observed, visible, settings, with_rows, with_shape, scratch, system
    )
    energy += joint_term(
        surface,
        posed,
        guide.joints,
        guide.precision,
        settings.joint_robust_m,
        with_rows,
        with_shape,
        scratch,
        system,
    )
    radii = sphere_radii(surface, posed.rest, posed.rest_keypoints)
    energy += collision_term(surface, posed, radii, settings, with_rows, scratch, system)
    energy += prior_term(
        surface, state.angles, guide.previous, guide.previous_weight, settings, system
    )
    if with_shape:
        energy += shape_term(state.shape, guide.shape_anchor, guide.shape_weight, system)
    return Look(posed, pixels, visible, matches, system, energy)


@kernel
def moved(state: State, pivot: Float64, step: Float64) -> State:
    """The state after a step [38]: turn about the pivot, then shift."""
    rotation = np.eye(3)
    turn = step[3:6]
    angle = np.sqrt((turn * turn).sum())
    if angle > 1e-12:
        rotation_about(turn / angle, angle, rotation)
    turned = np.empty((3, 3))
    multiply(rotation, state.rotation, turned)
    position = pivot + step[:3]
    for a in range(3):
        for b in range(3):
            position[a] += rotation[a, b] * (state.position[b] - pivot[b])
    angles = state.angles + step[FIRST_ANGLE:FIRST_SHAPE]
    return State(turned, position, angles, state.shape + step[FIRST_SHAPE:])


@kernel
def within_limits(surface: Surface, state: State, slack: float) -> State:
    """The state with its angles held to their limits and a little slack."""
    angles = np.minimum(np.maximum(state.angles, surface.lower - slack), surface.upper + slack)
    return State(state.rotation, state.position, angles, state.shape)


@kernel
def limit_step(step: Float64, settings: FitSettings) -> None:
    """Hold a step within what the linearisation can promise."""
    length = np.sqrt(step[0] ** 2 + step[1] ** 2 + step[2] ** 2)
    if length > settings.max_step_m:
        step[:3] *= settings.max_step_m / length
    for k in range(3, FIRST_SHAPE):
        step[k] = min(max(step[k], -settings.max_step_rad), settings.max_step_rad)
    for k in range(FIRST_SHAPE, SYSTEM_SIZE):
        step[k] = min(max(step[k], -1.0), 1.0)


@kernel
def base_damping(settings: FitSettings) -> Float64:
    damping = np.full(SYSTEM_SIZE, settings.damping_angle)
    damping[:3] = settings.damping_translation
    damping[FIRST_SHAPE:] = 1.0
    return damping


# A step may lose this share of the energy: matches change under it, so it is noisy.
_TOLERANCE = 1.01


@kernel
def refine(
    surface: Surface,
    observed: Observed,
    guide: Guide,
    state: State,
    settings: FitSettings,
    iterations: int,
    with_shape: bool,
    first: Look,
) -> tuple[State, Look, int]:
    """At most `iterations` steps; each is kept only where the energy does not rise.

    `first` is the look from the start, with rows. Returns the best state, its look (without rows
    after the last step) and the steps kept.
    """
    size = SYSTEM_SIZE if with_shape else POSE_SIZE
    base = base_damping(settings)
    factor = 1.0
    best = state
    here = first
    kept = 0
    step = np.zeros(SYSTEM_SIZE)
    for iteration in range(iterations):
        if not solve_damped(here.system, size, base * factor, step):
            factor *= 10.0
            continue
        limit_step(step, settings)
        trial = moved(best, here.posed.joints[PIVOT_JOINT], step)
        trial = within_limits(surface, trial, settings.limit_slack)
        last = iteration == iterations - 1
        there = look(surface, observed, guide, trial, settings, not last, with_shape)
        if there.energy < here.energy * _TOLERANCE:
            best, here = trial, there
            kept += 1
            factor = max(1.0, factor * 0.3)
        else:
            factor = factor * 30.0
    return best, here, kept
