"""Compiled inverse kinematics: 21 joints with confidences in, a pose within limits out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.hand.skinning import HandPose
from engine.inference.fitting.kernels.compiling import plain
from engine.inference.fitting.kernels.descent import descend
from engine.inference.fitting.kernels.gauss_newton import State
from engine.inference.fitting.kernels.kinematics import rest_shape
from engine.inference.fitting.kernels.surface import Surface
from engine.inference.fitting.settings import DEFAULT_SETTINGS, FitSettings

Float64 = npt.NDArray[np.float64]

RIGID_KEYPOINTS = (0, 1, 5, 9, 13, 17)
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
    palm = list(RIGID_KEYPOINTS)
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
    shape = plain(shape)
    rest, rest_joints = rest_shape(surface, shape)
    if start is None:
        rest_keypoints = np.where(
            surface.keypoint_point[:, None] >= 0,
            rest[surface.keypoint_point],
            rest_joints[surface.keypoint_joint],
        )
        rotation, position = wrist_from_palm(rest_keypoints, target, precision)
        first = State(plain(rotation), position, surface.mean.copy(), shape)
    else:
        first = State(
            plain(start.wrist_rotation), plain(start.wrist_position), plain(start.angles), shape
        )
    found = descend(surface, rest, rest_joints, target, precision, first, settings, iterations)
    return HandPose(found.rotation, found.position, found.angles, shape)
