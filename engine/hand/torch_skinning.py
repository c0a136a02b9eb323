"""Posing hands with torch: batched, differentiable kinematics and linear blend skinning.

The numpy twin for the live loop is `skinning.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.hand.articulation import ANGLE_JOINTS
from engine.hand.keypoints import JOINT_KEYPOINTS, JOINT_PARENTS, TIP_KEYPOINTS
from engine.hand.model import HandModel


class PosedHands(NamedTuple):
    """Hands in the camera frame; metres."""

    vertices: Tensor
    """[B, V, 3]."""
    keypoints: Tensor
    """[B, 21, 3]."""


class TorchHand(nn.Module):
    """A HandModel as a module of constant buffers."""

    points: Tensor
    joints: Tensor
    weights: Tensor
    shape_points: Tensor
    shape_joints: Tensor
    axes: Tensor
    pose_points: Tensor | None

    def __init__(self, model: HandModel) -> None:
        super().__init__()
        for name in ("points", "joints", "weights", "shape_points", "shape_joints", "axes"):
            array = torch.tensor(getattr(model, name), dtype=torch.float32)
            self.register_buffer(name, array, persistent=False)
        pose_points = model.pose_points
        self.register_buffer(
            "pose_points",
            None if pose_points is None else torch.tensor(pose_points, dtype=torch.float32),
            persistent=False,
        )

    def joint_rotations(self, angles: Tensor) -> Tensor:
        """Rotations [B, 16, 3, 3] relative to the parent, of angles [B, 22]; the wrist's is I."""
        turns = rotation_from_axis_angle(self.axes * angles[..., None])
        identity = torch.eye(3, dtype=angles.dtype, device=angles.device)
        rotations = [identity.expand(len(angles), 3, 3)] * 16
        for k, joint in enumerate(ANGLE_JOINTS.tolist()):
            turn = turns[:, k]
            first = k == 0 or ANGLE_JOINTS[k - 1] != joint
            rotations[joint] = turn if first else rotations[joint] @ turn
        return torch.stack(rotations, 1)

    def kinematics(
        self, rotations: Tensor, position: Tensor, rest_joints: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Global rotations [B, 16, 3, 3] and positions [B, 16, 3] of all joints."""
        R, at = [rotations[:, 0]], [position]
        for joint in range(1, 16):
            parent = JOINT_PARENTS[joint]
            bone = rest_joints[:, joint] - rest_joints[:, parent]
            at.append(at[parent] + (R[parent] @ bone[..., None])[..., 0])
            R.append(R[parent] @ rotations[:, joint])
        return torch.stack(R, 1), torch.stack(at, 1)

    def keypoints(self, angles: Tensor, shape: Tensor, rotation: Tensor, at: Tensor) -> Tensor:
        """Keypoints [B, 21, 3] only: tips ride on their bone. Ignores pose correctives."""
        rest_joints = self.joints + torch.einsum("jcs,bs->bjc", self.shape_joints, shape)
        rest_tips = self.points[-5:] + torch.einsum("jcs,bs->bjc", self.shape_points[-5:], shape)
        local = self.joint_rotations(angles)
        local = torch.cat([rotation[:, None], local[:, 1:]], 1)
        R, joints = self.kinematics(local, at, rest_joints)
        last = [3, 6, 9, 12, 15]
        bones = rest_tips - rest_joints[:, last]
        tips = joints[:, last] + (R[:, last] @ bones[..., None])[..., 0]
        return _interleave(joints, tips)

    def forward(
        self, angles: Tensor, shape: Tensor, rotation: Tensor, position: Tensor
    ) -> PosedHands:
        """Pose hands: angles [B, 22], shape [B, 10], rotation [B, 3, 3], position [B, 3]."""
        local = self.joint_rotations(angles)
        local = torch.cat([rotation[:, None], local[:, 1:]], 1)
        return self.pose_rotations(local, shape, position)

    def pose_rotations(self, rotations: Tensor, shape: Tensor, position: Tensor) -> PosedHands:
        """As `forward`, from free rotations [B, 16, 3, 3]; the first is the wrist's."""
        rest_points = self.points + torch.einsum("pcs,bs->bpc", self.shape_points, shape)
        rest_joints = self.joints + torch.einsum("jcs,bs->bjc", self.shape_joints, shape)
        if self.pose_points is not None:
            change = rotations[:, 1:] - torch.eye(3, device=rotations.device)
            rest_points = rest_points + torch.einsum(
                "pck,bk->bpc", self.pose_points, change.flatten(1)
            )
        R, joints = self.kinematics(rotations, position, rest_joints)
        offsets = joints - (R @ rest_joints[..., None])[..., 0]
        bones = torch.cat([R, offsets[..., None]], -1).flatten(2)  # [B, 16, 12]
        blended = (self.weights @ bones).view(len(bones), -1, 3, 4)
        points = (blended[..., :3] @ rest_points[..., None])[..., 0] + blended[..., 3]
        return PosedHands(points[:, :-5], _interleave(joints, points[:, -5:]))


def _interleave(joints: Tensor, tips: Tensor) -> Tensor:
    keypoints = joints.new_empty(len(joints), 21, 3)
    keypoints[:, list(JOINT_KEYPOINTS)] = joints
    keypoints[:, list(TIP_KEYPOINTS)] = tips
    return keypoints


def rotation_from_axis_angle(axis_angle: Tensor) -> Tensor:
    """Rotation matrices [..., 3, 3] of axis-angle vectors [..., 3] (Rodrigues); smooth at zero."""
    squared = (axis_angle * axis_angle).sum(-1)[..., None, None]
    angle = (squared + 1e-16).sqrt()
    small = squared < 1e-8
    sine = torch.where(small, 1 - squared / 6, torch.sin(angle) / angle)
    cosine = torch.where(small, 0.5 - squared / 24, (1 - torch.cos(angle)) / (angle * angle))
    x, y, z = axis_angle.unbind(-1)
    o = torch.zeros_like(x)
    K = torch.stack([o, -z, y, z, o, -x, -y, x, o], -1).unflatten(-1, (3, 3))
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    return identity + sine * K + cosine * (K @ K)
