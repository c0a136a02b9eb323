"""The frame in which views are compared: joints of all views in the rig, then in the palm.

Coordinates of different crops mean nothing to each other. The known transforms bring them to the
rig's frame; there, the palm that the views agree on gives origin and axes, so that neither where
the rig's frame lies nor how the hand is turned can matter to the fusion.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.nets.crop_geometry import CropGeometry
from engine.nets.pose_vector import PoseVector

REACH_M = 0.1
"""Unit of length in the palm's frame."""
_WRIST, _KNUCKLES = 0, [5, 9, 17]
_TRIPOD = ((1e-7, 1e-6, 0.0), (0.0, 1e-6, 1e-7), (-1e-7, 1e-6, 0.0))
"""Metres; a trace of a palm gives axes to joints that all lie in one place."""


class FusionFrame(NamedTuple):
    """How B hands in V views relate to their palms; the views' crops are those of `geometry`."""

    geometry: CropGeometry
    """Of B * V crops."""
    T_rig_from_camera: Tensor
    """[B, V, 4, 4]."""
    R_rig_from_palm: Tensor
    """[B, 3, 3]."""
    origin: Tensor
    """[B, 3] metres, rig frame: the palm frame's origin."""

    @staticmethod
    def of(joints: Tensor, geometry: CropGeometry, T_rig_from_camera: Tensor) -> FusionFrame:
        """The frame of what V views say: `joints` [B, V, 21, 3] in crop coordinates."""
        in_rig = rig_from_crops(joints.detach(), geometry, T_rig_from_camera)
        mean = in_rig.mean(1)
        return FusionFrame(geometry, T_rig_from_camera, palm_rotation(mean), mean.mean(1))

    def to_palm(self, joints: Tensor) -> Tensor:
        """Palm coordinates [B, V, 21, 3], in units of REACH_M, of crop coordinates."""
        in_rig = rig_from_crops(joints, self.geometry, self.T_rig_from_camera)
        return (in_rig - self.origin[:, None, None]) @ self.R_rig_from_palm[:, None] / REACH_M

    def palm_to_rig(self, points: Tensor) -> Tensor:
        """Points [B, P, 3] in metres, rig frame, of palm coordinates."""
        return self.origin[:, None] + REACH_M * points @ self.R_rig_from_palm.transpose(1, 2)

    def rig_to_crops(self, points: Tensor) -> Tensor:
        """Crop coordinates [B, V, P, 3] in every view of points [B, P, 3] in the rig frame."""
        return crops_from_rig(points, self.geometry, self.T_rig_from_camera)

    def crop_axes(self) -> Tensor:
        """[B, V, 6]: the x and z axes of every crop, in the palm's frame."""
        R_rig_from_crop = self._R_rig_from_camera @ self._R_camera_from_crop
        R_palm_from_crop = self.R_rig_from_palm.transpose(1, 2)[:, None] @ R_rig_from_crop
        return R_palm_from_crop[..., [0, 2]].transpose(-1, -2).flatten(2)

    def pose_vectors(self, pose: PoseVector) -> Tensor:
        """Vectors [B, V, 41] in every view of poses in the palm's frame (position in REACH_M)."""
        in_rig = PoseVector(
            pose.angles,
            pose.shape,
            self.R_rig_from_palm @ pose.rotation,
            self.palm_to_rig(pose.position[:, None])[:, 0],
        )
        return vectors_of_poses(in_rig, self.geometry, self.T_rig_from_camera)

    @property
    def _R_rig_from_camera(self) -> Tensor:
        return self.T_rig_from_camera[..., :3, :3]

    @property
    def _R_camera_from_crop(self) -> Tensor:
        return self.geometry.R_camera_from_crop.view_as(self._R_rig_from_camera)


def rig_from_crops(uvd: Tensor, geometry: CropGeometry, T_rig_from_camera: Tensor) -> Tensor:
    """Points [B, V, P, 3] in metres, rig frame, of crop coordinates [B, V, P, 3]."""
    points = geometry.to_camera(uvd.flatten(0, 1)).view_as(uvd)
    R, t = T_rig_from_camera[..., :3, :3], T_rig_from_camera[..., :3, 3]
    return points @ R.transpose(-1, -2) + t[:, :, None]


def cameras_from_rig(points: Tensor, T_rig_from_camera: Tensor) -> Tensor:
    """Points [B, V, P, 3] in every camera's frame of points [B, P, 3] in the rig's."""
    R, t = T_rig_from_camera[..., :3, :3], T_rig_from_camera[..., :3, 3]
    return (points[:, None] - t[:, :, None]) @ R


def crops_from_rig(points: Tensor, geometry: CropGeometry, T_rig_from_camera: Tensor) -> Tensor:
    """Crop coordinates [B, V, P, 3] in every view of points [B, P, 3] in the rig frame."""
    in_cameras = cameras_from_rig(points, T_rig_from_camera)
    return geometry.to_uvd(in_cameras.flatten(0, 1)).view_as(in_cameras)


def vectors_of_poses(pose: PoseVector, geometry: CropGeometry, T_rig_from_camera: Tensor) -> Tensor:
    """Pose vectors [B, V, 41] in every view of B poses in the rig's frame (position in metres)."""
    size = T_rig_from_camera.shape[:2]
    R_camera_from_rig = T_rig_from_camera[..., :3, :3].transpose(-1, -2)
    in_cameras = (R_camera_from_rig @ pose.rotation[:, None]).flatten(0, 1)
    wrists = cameras_from_rig(pose.position[:, None], T_rig_from_camera).flatten(0, 2)
    rotation, position = geometry.pose_from_camera(in_cameras, wrists)
    placed = torch.cat([rotation[..., 0], rotation[..., 1], position], -1).unflatten(0, size)
    bent = torch.cat([pose.angles, pose.shape], -1)[:, None].expand(-1, size[1], -1)
    return torch.cat([bent, placed], -1)


def palm_rotation(joints: Tensor) -> Tensor:
    """R_from_palm [B, 3, 3] of joints [B, 21, 3]: y to the middle MCP, z square to the palm."""
    towards = joints[:, _KNUCKLES] - joints[:, _WRIST, None] + joints.new_tensor(_TRIPOD)
    index, y, pinky = (_unit(towards[:, k]) for k in range(3))
    x = _unit(torch.linalg.cross(y, torch.linalg.cross(index, pinky)))
    return torch.stack([x, y, torch.linalg.cross(x, y)], -1)


def _unit(vector: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vector, dim=-1)
