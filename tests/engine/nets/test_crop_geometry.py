"""Crop geometry in torch is that of the numpy crops, forwards, backwards and in its slopes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from calibration.camera_model import PinholeCamera
from engine.inference.crops import Crop
from engine.inference.single_view import pose_from_vector, pose_vector
from engine.nets.crop_geometry import CropGeometry
from engine.nets.pose_vector import split_pose
from tests.engine.hand.random_poses import random_pose

COUNT = 12


def _crops(seed: int = 0) -> list[Crop]:
    rng = np.random.default_rng(seed)
    crops = []
    for _ in range(COUNT):
        camera = PinholeCamera(
            640, 480, *rng.uniform(300, 700, 2), *rng.uniform((280, 200), (360, 280))
        )
        z = rng.uniform(0.25, 1.2)
        centre = np.array([*rng.uniform(-0.4, 0.4, 2) * z, z])
        crops.append(Crop(camera, centre, rng.uniform(0.18, 0.32), rng.uniform(-np.pi, np.pi)))
    return crops


def _uvd(seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.rand(COUNT, 40, 3, generator=generator) - 1


def _double(geometry: CropGeometry) -> CropGeometry:
    return CropGeometry(*(value.double() for value in geometry))


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_numpy_crop(seed: int) -> None:
    crops, uvd = _crops(seed), _uvd(seed)
    geometry = CropGeometry.of(crops)
    points = geometry.to_camera(uvd)
    back = geometry.to_uvd(points)
    for k, crop in enumerate(crops):
        np.testing.assert_allclose(points[k], crop.to_camera(uvd[k].numpy()), atol=1e-6)
        expected = crop.from_camera(points[k].double().numpy())
        np.testing.assert_allclose(back[k], expected, atol=1e-5)
    torch.testing.assert_close(back, uvd, atol=1e-5, rtol=0)


def test_poses_equal_the_numpy_ones() -> None:
    crops = _crops()
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(COUNT, 41))
    split = split_pose(torch.tensor(vectors, dtype=torch.float32))
    geometry = CropGeometry.of(crops)
    rotation, position = geometry.pose_to_camera(split)
    for k, crop in enumerate(crops):
        expected = pose_from_vector(crop, vectors[k])
        np.testing.assert_allclose(rotation[k], expected.wrist_rotation, atol=1e-5)
        np.testing.assert_allclose(position[k], expected.wrist_position, atol=1e-5)
    in_crop, offset = geometry.pose_from_camera(rotation, position)
    torch.testing.assert_close(in_crop, split.rotation, atol=1e-5, rtol=0)
    torch.testing.assert_close(offset, split.position, atol=1e-5, rtol=0)


def test_a_pose_survives_the_way_through_its_vector() -> None:
    crops, rng = _crops(5), np.random.default_rng(5)
    poses = [random_pose(rng) for _ in crops]
    vectors = np.stack([pose_vector(c, p) for c, p in zip(crops, poses, strict=True)])
    split = split_pose(torch.tensor(vectors))
    rotation, position = CropGeometry.of(crops).pose_to_camera(split)
    for k, pose in enumerate(poses):
        np.testing.assert_allclose(rotation[k], pose.wrist_rotation, atol=1e-5)
        np.testing.assert_allclose(position[k], pose.wrist_position, atol=1e-5)


def test_slopes_equal_finite_differences() -> None:
    geometry = _double(CropGeometry.of(_crops()))
    uvd = _uvd().double()[:, :3].requires_grad_()
    assert torch.autograd.gradcheck(geometry.to_camera, (uvd,))
    points = geometry.to_camera(uvd).detach().requires_grad_()
    assert torch.autograd.gradcheck(geometry.to_uvd, (points,))


def test_a_point_behind_the_camera_stays_finite() -> None:
    geometry = CropGeometry.of(_crops())
    points = torch.zeros(COUNT, 1, 3) - 0.5
    assert torch.isfinite(geometry.to_uvd(points)).all()


def test_mirrored_crops_are_refused() -> None:
    crop = _crops()[0]
    mirrored = Crop(crop.camera, crop.centre, crop.cube_m, crop.turn, mirror=True)
    with pytest.raises(ValueError, match="mirrored"):
        CropGeometry.of([mirrored])
