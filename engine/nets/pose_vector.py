"""The parameter head's output [41] as a value: angles, shape, rotation, wrist position."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

POSE_SIZE = 41


class PoseVector(NamedTuple):
    """A pose relative to the crop; see engine.inference.single_view."""

    angles: Tensor
    """[B, 22] radians."""
    shape: Tensor
    """[B, 10] standard deviations."""
    rotation: Tensor
    """[B, 3, 3]: R_crop_from_hand."""
    position: Tensor
    """[B, 3]: wrist relative to the crop's centre, in half cubes."""


def split_pose(vector: Tensor) -> PoseVector:
    """Parts of [B, 41]; the rotation is made orthonormal (Zhou et al. 2019, 6D)."""
    vector = vector.float()
    x = torch.nn.functional.normalize(vector[:, 32:35], dim=-1)
    y = vector[:, 35:38] - x * (x * vector[:, 35:38]).sum(-1, keepdim=True)
    y = torch.nn.functional.normalize(y, dim=-1)
    rotation = torch.stack([x, y, torch.linalg.cross(x, y)], -1)
    return PoseVector(vector[:, :22], vector[:, 22:32], rotation, vector[:, 38:41])
