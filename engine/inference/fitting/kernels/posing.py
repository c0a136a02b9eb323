"""Compiled posing of a surface, with all that its derivatives need."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import kernel
from engine.inference.fitting.kernels.kinematics import (
    bone_offsets,
    joint_transforms,
    rest_shape,
    skin_points,
    vertex_normals,
)
from engine.inference.fitting.kernels.linear_system import Posed, joints_by_shape
from engine.inference.fitting.kernels.surface import Surface

Float64 = npt.NDArray[np.float64]


@kernel
def pose_surface(
    surface: Surface,
    wrist_rotation: Float64,
    wrist_position: Float64,
    angles: Float64,
    shape: Float64,
) -> Posed:
    """Surface, joints and keypoints in the camera frame."""
    rest, rest_joints = rest_shape(surface, shape)
    R, joints, axes = joint_transforms(surface, rest_joints, wrist_rotation, wrist_position, angles)
    offset = bone_offsets(rest_joints, R, joints)
    points = np.zeros(rest.shape)
    skin_points(surface, rest, R, offset, 0, points)
    return Posed(
        rest=rest,
        R=R,
        joints=joints,
        axes=axes,
        offset=offset,
        points=points,
        normals=vertex_normals(surface.faces, points),
        joint_by_shape=joints_by_shape(surface, R),
        keypoints=_keypoints(surface, joints, points),
        rest_keypoints=_keypoints(surface, rest_joints, rest),
    )


@kernel
def pose_keypoints(
    surface: Surface,
    rest: Float64,
    rest_joints: Float64,
    wrist_rotation: Float64,
    wrist_position: Float64,
    angles: Float64,
) -> Posed:
    """As `pose_surface` for a fixed rest shape, without skin: of `points` only the tips are set."""
    R, joints, axes = joint_transforms(surface, rest_joints, wrist_rotation, wrist_position, angles)
    offset = bone_offsets(rest_joints, R, joints)
    points = np.zeros(rest.shape)
    skin_points(surface, rest, R, offset, rest.shape[0] - 5, points)
    return Posed(
        rest=rest,
        R=R,
        joints=joints,
        axes=axes,
        offset=offset,
        points=points,
        normals=np.zeros((0, 3)),
        joint_by_shape=np.zeros((16, 3, 10)),
        keypoints=_keypoints(surface, joints, points),
        rest_keypoints=np.zeros((0, 3)),
    )


@kernel
def _keypoints(surface: Surface, joints: Float64, points: Float64) -> Float64:
    keypoints = np.empty((21, 3))
    for k in range(21):
        if surface.keypoint_point[k] >= 0:
            keypoints[k] = points[surface.keypoint_point[k]]
        else:
            keypoints[k] = joints[surface.keypoint_joint[k]]
    return keypoints


@kernel
def sphere_radii(surface: Surface, rest: Float64, rest_keypoints: Float64) -> Float64:
    """Radii [S] metres of the collision spheres for a shape, from its skin's thickness."""
    spheres = surface.spheres
    radii = np.empty(spheres.share.shape[0])
    for s in range(radii.shape[0]):
        k = spheres.keypoint[s]
        thickness = 0.0
        for v in spheres.skin[s]:
            squared = 0.0
            for a in range(3):
                step = rest_keypoints[k + 1, a] - rest_keypoints[k, a]
                d = rest[v, a] - rest_keypoints[k, a] - spheres.share[s] * step
                squared += d * d
            thickness += np.sqrt(squared)
        radii[s] = spheres.softness[s] * thickness / spheres.skin.shape[1]
    return radii
