"""Hands in random views with exact transforms, for tests of the fusion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.hand.model import load_hand_model
from engine.hand.skinning import pose_hand
from engine.inference.crops import Crop
from engine.nets.crop_geometry import CropGeometry
from engine.nets.fusion import FusionInput
from tests.engine.hand.random_poses import random_pose

MODEL = load_hand_model()


class Rig(NamedTuple):
    """B hands seen by V cameras without any error."""

    views: FusionInput
    joints: Tensor
    """[B, 21, 3] metres, rig frame."""


def random_rig(seed: int, hands: int = 3, views: int = 3, features: int = 8) -> Rig:
    """Random hands, cameras and crops; features and confidences are random too."""
    rng = np.random.default_rng(seed)
    crops, transforms, uvd, joints = [], [], [], []
    for _ in range(hands):
        keypoints = pose_hand(MODEL, random_pose(rng)).keypoints
        joints.append(keypoints)
        for _ in range(views):
            T_camera_from_rig = _camera(rng, keypoints)
            in_camera = T_camera_from_rig.apply(keypoints)
            crop = Crop(
                PinholeCamera(200, 200, *rng.uniform(200, 500, 2), 90.0, 110.0),
                in_camera[1:].mean(0) + rng.uniform(-0.02, 0.02, 3),
                rng.uniform(0.2, 0.3),
                rng.uniform(-np.pi, np.pi),
            )
            crops.append(crop)
            uvd.append(crop.from_camera(in_camera))
            transforms.append(_matrix(T_camera_from_rig.inverse()))
    generator = torch.Generator().manual_seed(seed)
    size = (hands, views)
    seen = FusionInput(
        joints=_tensor(uvd).view(*size, 21, 3),
        confidence=torch.rand(*size, 21, generator=generator),
        features=torch.randn(*size, 21, features, generator=generator),
        geometry=CropGeometry.of(crops),
        T_rig_from_camera=_tensor(transforms).view(*size, 4, 4),
    )
    return Rig(seen, _tensor(joints))


def noisy(views: FusionInput, sigma: float, seed: int = 0) -> FusionInput:
    """The views with errors of `sigma` in crop coordinates."""
    generator = torch.Generator().manual_seed(seed)
    error = sigma * torch.randn(views.joints.shape, generator=generator)
    return views._replace(joints=views.joints + error)


def _camera(rng: np.random.Generator, keypoints: np.ndarray) -> RigidTransform:  # type: ignore[type-arg]
    R = rotation_from_axis_angle(rng.normal(0, 1.2, 3))
    z = rng.uniform(0.3, 0.8)
    at = np.array([*(rng.uniform(-0.3, 0.3, 2) * z), z])
    return RigidTransform(R, at - R @ keypoints.mean(0))


def _matrix(T: RigidTransform) -> np.ndarray:  # type: ignore[type-arg]
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = T.rotation, T.translation
    return matrix


def _tensor(values: list[np.ndarray]) -> Tensor:  # type: ignore[type-arg]
    return torch.from_numpy(np.stack(values).astype(np.float32))
