"""Where a batch of crops lies, for torch: crop coordinates to the camera frame and back.

The differentiable twin of engine.inference.crops.Crop, for crops that are not mirrored. A window is
as wide as the cube is at its centre's depth, so for a point (x, y, z) with the cube's centre c,
half side h and the crop's turn R:

    (u, v) = c_z / h R^T ((x, y) / z - (c_x, c_y) / c_z)        d = (z - c_z) / h

The intrinsics cancel; they are kept for those who need pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.inference.crops import Crop
from engine.inference.single_view import crop_rotation
from engine.nets.pose_vector import PoseVector

NEAREST_M = 0.02
"""Points are projected as if they were no nearer, so that a wild guess stays finite."""


class CropGeometry(NamedTuple):
    """N crops of right-hand views; metres, camera frame."""

    focal: Tensor
    """[N, 2] pixels: fx, fy."""
    centre: Tensor
    """[N, 3] of the cube."""
    half_cube_m: Tensor
    """[N]."""
    turn: Tensor
    """[N] radians."""
    R_camera_from_crop: Tensor
    """[N, 3, 3]: the crop's ray, turned with the crop (engine.inference.single_view)."""

    @staticmethod
    def of(crops: Sequence[Crop]) -> CropGeometry:
        """float32 tensors of crops. Raises ValueError for mirrored ones."""
        if any(crop.mirror for crop in crops):
            raise ValueError(
                "crops must not be mirrored, found one that is; mirror the view instead "
                "(engine.inference.depth_view)"
            )
        cameras = [crop.camera for crop in crops]
        return CropGeometry(
            focal=_tensor([(c.fx, c.fy) for c in cameras], 2),
            centre=_tensor([crop.centre for crop in crops], 3),
            half_cube_m=_tensor([0.5 * crop.cube_m for crop in crops]),
            turn=_tensor([crop.turn for crop in crops]),
            R_camera_from_crop=_tensor([crop_rotation(crop) for crop in crops], 3, 3),
        )

    def to_uvd(self, points: Tensor) -> Tensor:
        """Crop coordinates [N, P, 3] of points [N, P, 3] in metres, camera frame."""
        z = points[..., 2:]
        offset = points[..., :2] / z.clamp_min(NEAREST_M) - self._middle
        uv = offset @ self._turns / self._half_angle
        return torch.cat([uv, (z - self.centre[:, None, 2:]) / self._half], -1)

    def to_camera(self, uvd: Tensor) -> Tensor:
        """Points [N, P, 3] in metres, camera frame, of crop coordinates [N, P, 3]."""
        z = self.centre[:, None, 2:] + uvd[..., 2:] * self._half
        slope = uvd[..., :2] @ self._turns.transpose(1, 2) * self._half_angle + self._middle
        return torch.cat([slope * z, z], -1)

    def pose_to_camera(self, pose: PoseVector) -> tuple[Tensor, Tensor]:
        """Wrist rotation [N, 3, 3] and position [N, 3] metres in the camera frame."""
        R = self.R_camera_from_crop
        offset = (R @ pose.position[..., None])[..., 0] * self.half_cube_m[:, None]
        return R @ pose.rotation, self.centre + offset

    def pose_from_camera(self, rotation: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """The inverse: R_crop_from_hand [N, 3, 3] and offset [N, 3] in half cubes."""
        R_crop_from_camera = self.R_camera_from_crop.transpose(1, 2)
        offset = (position - self.centre) / self.half_cube_m[:, None]
        return R_crop_from_camera @ rotation, (R_crop_from_camera @ offset[..., None])[..., 0]

    @property
    def _half(self) -> Tensor:
        return self.half_cube_m[:, None, None]

    @property
    def _half_angle(self) -> Tensor:
        """[N, 1, 1]: half the window's width as a slope."""
        return (self.half_cube_m / self.centre[:, 2])[:, None, None]

    @property
    def _middle(self) -> Tensor:
        """[N, 1, 2]: slope of the centre's ray."""
        return (self.centre[:, :2] / self.centre[:, 2:])[:, None]

    @property
    def _turns(self) -> Tensor:
        """[N, 2, 2]: slope offset of a crop offset, without its scale."""
        c, s = self.turn.cos(), self.turn.sin()
        return torch.stack([c, s, -s, c], -1).unflatten(-1, (2, 2))


def _tensor(values: object, *shape: int) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32).reshape(-1, *shape))
