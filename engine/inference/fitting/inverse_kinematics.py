"""Compiled inverse kinematics: 21 joints with confidences in, a pose within limits out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.hand.skinning import HandPose
from engine.inference.fitting.gauss_newton import State, base_damping, limit_step, moved
from engine.inference.fitting.kinematics import rest_shape
from engine.inference.fitting.linear_system import (
    PIVOT_JOINT,
    POSE_SIZE,
    SYSTEM_SIZE,
    Posed,
    Scratch,
    System,
    new_scratch,
    solve_damped,
)
from engine.inference.fitting.pose_terms import joint_term, prior_term
from engine.inference.fitting.posing import pose_keypoints
from engine.inference.fitting.settings import DEFAULT_SETTINGS, FitSettings
from engine.inference.fitting.surface import Surface

Float64 = npt.NDArray[np.float64]

PALM_KEYPOINTS = (0, 1, 5, 9, 13, 17)
"""Wrist, thumb CMC and the four knuckles move as one piece."""

IK_SETTINGS = DEFAULT_SETTINGS._replace(
    joint_robust_m=0.040, prior_weight=0.3, coupling_weight=0.1, max_step_rad=0.8, max_step_m=0.1
)
"""Joints are all there is here, so the priors weigh less than beside a depth image."""


def wrist_from_palm(
    rest_keypoints: Float64, joints: Float64, confidence: Float64
) -> tuple[Float64, Float64]:
    """Wrist rotation [3, 3] and position [3] that lay the rest palm onto the observed joints.

    `rest_keypoints` and `joints` are [21, 3], confidence [21]; weighted Kabsch, closed form.
    """
    palm = list(PALM_KEYPOINTS)
    weight = np.maximum(confidence[palm], 1e-3)
    weight = weight / weight.sum()
    source, target = rest_keypoints[palm], joints[palm]
    source_mean, target_mean = weight @ source, weight @ target
    covariance = (target - target_mean).T @ (weight[:, None] * (source - source_mean))
    U, _, Vt = np.linalg.svd(covariance)
    U[:, 2] *= np.sign(np.linalg.det(U @ Vt))
    rotation = U @ Vt
    return rotation, target_mean - rotation @ source_mean


def solve_pose(
    surface: Surface,
    joints: Float64,
    confidence: Float64,
    shape: Float64,
    *,
    start: HandPose | None = None,
    iterations: int = 10,
    settings: FitSettings = IK_SETTINGS,
) -> HandPose | None:
    """Pose of a RIGHT hand of known shape [10] whose keypoints lie closest to joints [21, 3].

    Robust to single wrong joints; NaN joints count as unknown. Without a start the palm gives the
    wrist and the fingers begin half bent. None where fewer than six joints are known.
    """
    known = np.isfinite(joints).all(1) & (confidence > 0.0)
    if known.sum() < 6:
        return None
    target = np.where(known[:, None], joints, 0.0)
    precision = np.where(known, confidence, 0.0) / settings.joint_noise_m**2
    shape = np.ascontiguousarray(shape, np.float64)
    rest, rest_joints = rest_shape(surface, shape)
    if start is None:
        rest_keypoints = np.where(
            surface.keypoint_point[:, None] >= 0,
            rest[surface.keypoint_point],
            rest_joints[surface.keypoint_joint],
        )
        rotation, position = wrist_from_palm(rest_keypoints, target, precision)
        first = State(rotation, position, surface.mean.copy(), shape)
    else:
        first = State(start.wrist_rotation, start.wrist_position, start.angles, shape)
    found = _descend(surface, rest, rest_joints, target, precision, first, settings, iterations)
    return HandPose(found.rotation, found.position, found.angles, shape)


@njit(cache=True)
def _descend(
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
        trial = moved(best, pivot, step)
    return best


@njit(cache=True)
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
