"""Posing the hand with numpy: kinematics and linear blend skinning for one hand.

The torch twin for training is `torch_skinning.py`; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.hand.articulation import joint_rotations
from engine.hand.keypoints import JOINT_PARENTS, keypoints_from_joints_and_tips
from engine.hand.model import HandModel
from engine.messages import Float64

_PARENTS = np.array(JOINT_PARENTS[1:])
# The first, second and third joint of every finger with their parents: what is moved together.
_LEVELS = tuple(
    (joints, np.array(JOINT_PARENTS)[joints]) for joints in (np.arange(k, 16, 3) for k in (1, 2, 3))
)


@dataclass(frozen=True, slots=True)
class HandPose:
    """All that places a hand model in the camera frame."""

    wrist_rotation: Float64
    """[3, 3]: R_camera_from_hand."""
    wrist_position: Float64
    """[3] metres."""
    angles: Float64
    """[22] radians."""
    shape: Float64
    """[10] standard deviations."""


@dataclass(frozen=True, slots=True)
class PosedHand:
    """A hand model in the camera frame; metres."""

    vertices: Float64
    """[V, 3]."""
    keypoints: Float64
    """[21, 3]."""


def pose_hand(model: HandModel, pose: HandPose) -> PosedHand:
    """Vertices and keypoints of a posed hand (linear blend skinning; MANO eq. 2-4)."""
    local = joint_rotations(model.axes, pose.angles)
    local[0] = pose.wrist_rotation
    return pose_hand_rotations(model, local, pose.wrist_position, pose.shape)


def pose_hand_rotations(
    model: HandModel, rotations: Float64, wrist_position: Float64, shape: Float64
) -> PosedHand:
    """As `pose_hand`, from free rotations [16, 3, 3] relative to each parent."""
    rest_points, rest_joints = model.shaped(shape)
    if model.pose_points is not None:
        rest_points = rest_points + model.pose_points @ (rotations[1:] - np.eye(3)).ravel()
    R, joints = forward_kinematics(rest_joints, rotations, wrist_position)
    offsets = joints - np.einsum("jab,jb->ja", R, rest_joints)
    bones = np.concatenate([R, offsets[:, :, None]], -1).reshape(16, 12)
    blended = (model.weights @ bones).reshape(-1, 3, 4)
    points = np.einsum("pab,pb->pa", blended[:, :, :3], rest_points) + blended[:, :, 3]
    return PosedHand(points[:-5], keypoints_from_joints_and_tips(joints, points[-5:]))


def forward_kinematics(
    rest_joints: Float64, rotations: Float64, wrist_position: Float64
) -> tuple[Float64, Float64]:
    """Rotations [16, 3, 3] and positions [16, 3] of all joints in the camera frame."""
    R = np.empty((16, 3, 3))
    positions = np.empty((16, 3))
    R[0], positions[0] = rotations[0], wrist_position
    bones = rest_joints[1:] - rest_joints[_PARENTS]
    for joints, parents in _LEVELS:
        R[joints] = R[parents] @ rotations[joints]
        reached = R[parents] @ bones[joints - 1, :, None]
        positions[joints] = positions[parents] + reached[..., 0]
    return R, positions
