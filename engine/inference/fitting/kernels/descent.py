"""Compiled inverse kinematics: damped Gauss-Newton from keypoints alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import kernel
from engine.inference.fitting.kernels.gauss_newton import (
    State,
    base_damping,
    limit_step,
    moved,
    within_limits,
)
from engine.inference.fitting.kernels.linear_system import (
    PIVOT_JOINT,
    POSE_SIZE,
    SYSTEM_SIZE,
    Posed,
    Scratch,
    System,
    new_scratch,
    solve_damped,
)
from engine.inference.fitting.kernels.pose_terms import joint_term, prior_term
from engine.inference.fitting.kernels.posing import pose_keypoints
from engine.inference.fitting.kernels.surface import Surface
from engine.inference.fitting.settings import FitSettings

Float64 = npt.NDArray[np.float64]


@kernel
def descend(
    surface: Surface,
    rest: Float64,
    rest_joints: Float64,
    target: Float64,
    precision: Float64,
    state: State,
    settings: FitSettings,
    iterations: int,
) -> State:
    damping = base_damping(settings)
    scratch = new_scratch()
    step = np.zeros(SYSTEM_SIZE)
    best, best_energy, factor = state, np.inf, 1.0
    best_system = System(np.zeros((SYSTEM_SIZE, SYSTEM_SIZE)), np.zeros(SYSTEM_SIZE))
    trial = state
    pivot = np.zeros(3)
    for iteration in range(iterations + 1):
        posed = pose_keypoints(
            surface, rest, rest_joints, trial.rotation, trial.position, trial.angles
        )
        system = System(np.zeros((SYSTEM_SIZE, SYSTEM_SIZE)), np.zeros(SYSTEM_SIZE))
        energy = _energy(surface, posed, target, precision, trial, settings, scratch, system)
        if energy <= best_energy:
            best, best_energy, best_system = trial, energy, system
            pivot = posed.joints[PIVOT_JOINT]
            factor = max(1.0, 0.2 * factor)
        else:
            factor *= 20.0
        if iteration == iterations:
            break
        if not solve_damped(best_system, POSE_SIZE, damping * factor, step):
            break
        limit_step(step, settings)
        trial = within_limits(surface, moved(best, pivot, step), settings.limit_slack)
    return best


@kernel
def _energy(
    surface: Surface,
    posed: Posed,
    target: Float64,
    precision: Float64,
    state: State,
    settings: FitSettings,
    scratch: Scratch,
    system: System,
) -> float:
    robust = settings.joint_robust_m
    energy = joint_term(surface, posed, target, precision, robust, True, False, scratch, system)
    return energy + prior_term(surface, state.angles, state.angles, 0.0, settings, system)
