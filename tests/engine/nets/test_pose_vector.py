"""The parameter head's vector always means a proper rotation."""

from __future__ import annotations

import torch

from calibration.transforms import rotation_from_quaternion
from engine.nets.pose_vector import POSE_SIZE, split_pose


def test_any_vector_gives_a_rotation() -> None:
    torch.manual_seed(0)
    rotation = split_pose(torch.randn(200, POSE_SIZE, dtype=torch.float32) * 3).rotation
    identity = torch.eye(3).expand(200, 3, 3)
    torch.testing.assert_close(rotation @ rotation.mT, identity, atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.linalg.det(rotation), torch.ones(200), atol=1e-4, rtol=0)


def test_two_columns_of_a_rotation_give_it_back() -> None:
    torch.manual_seed(1)
    R = torch.tensor(rotation_from_quaternion(torch.randn(50, 4).numpy()), dtype=torch.float32)
    vector = torch.zeros(50, POSE_SIZE)
    vector[:, 32:38] = R[:, :, :2].mT.flatten(1)
    torch.testing.assert_close(split_pose(vector).rotation, R, atol=1e-6, rtol=0)


def test_parts_come_from_their_places() -> None:
    pose = split_pose(torch.arange(float(POSE_SIZE))[None])
    assert pose.angles[0].tolist() == list(range(22))
    assert pose.shape[0].tolist() == list(range(22, 32))
    assert pose.position[0].tolist() == [38, 39, 40]


def test_zero_columns_give_finite_values_and_gradients() -> None:
    """An untrained head says nearly zero."""
    vector = torch.zeros(1, POSE_SIZE, requires_grad=True)
    split_pose(vector).rotation.sum().backward()
    assert vector.grad is not None
    assert torch.isfinite(vector.grad).all()
