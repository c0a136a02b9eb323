"""Three hands seen exactly, and guesses that are off by any share of a fixed mistake."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from calibration.camera_model import PinholeCamera
from engine.hand.model import load_hand_model
from engine.hand.skinning import pose_hand
from engine.hand.torch_skinning import rotation_from_axis_angle
from engine.inference.crops import BACKGROUND, Crop
from engine.inference.single_view import pose_from_vector
from engine.losses.views import FittedViews, Fused, ViewFitter
from engine.nets.crop_geometry import CropGeometry
from engine.nets.pose_vector import PoseVector
from engine.render.raycast import cast_depth

COUNT = 3
MODEL = load_hand_model()
FITTER = ViewFitter(MODEL).double()
MISTAKE = 22 + 10 + 3 + 3
"""Numbers that say how a guess is off: angles, shape, rotation, position."""


def _window(z: float, cube_m: float) -> Crop:
    """A crop whose window is exactly the camera's image."""
    camera = PinholeCamera(128, 128, 128 * z / cube_m, 128 * z / cube_m, 63.5, 63.5)
    return Crop(camera, np.array([0.0, 0.0, z]), cube_m)


CROPS = [_window(0.35, 0.25), _window(0.5, 0.23), _window(0.7, 0.27)]
GEOMETRY = CropGeometry(*(value.double() for value in CropGeometry.of(CROPS)))


def _truth() -> PoseVector:
    """The palm, the back and a slanted view of slightly bent hands."""
    rng = np.random.default_rng(4)
    turns = torch.tensor([[0.2, 3.0, 0.3], [0.3, 0.2, 2.6], [0.9, 0.5, -0.4]])
    R = rotation_from_axis_angle(turns.double())
    angles = torch.tensor(rng.uniform(0.1, 0.4, (COUNT, 22)))
    angles[:, [7, 11, 15, 19]] = torch.tensor([0.15, 0.02, -0.06, -0.12]).double()
    palm = (R @ torch.tensor([0.0, 0.6, 0.0]).double()).neg()
    shape = 0.5 * torch.tensor(rng.normal(size=(COUNT, 10)))
    return PoseVector(angles, shape, R, palm)


TRUTH = _truth()


def vector(pose: PoseVector) -> Tensor:
    """[N, 41]."""
    R = pose.rotation
    return torch.cat([pose.angles, pose.shape, R[..., 0], R[..., 1], pose.position], 1)


def _image() -> Tensor:
    """[N, 1, 128, 128]: the true hands ray cast."""
    images = []
    for crop, row in zip(CROPS, vector(TRUTH).numpy(), strict=True):
        hand = pose_hand(MODEL, pose_from_vector(crop, row))
        depth = cast_depth(crop.camera, hand.vertices, MODEL.faces).depth_m.astype(np.float64)
        d = (depth - crop.centre[2]) / (0.5 * crop.cube_m)
        images.append(np.where((depth > 0) & (np.abs(d) < 1), d, BACKGROUND))
    return torch.tensor(np.stack(images))[:, None]


IMAGE = _image()


def guess(mistake: Tensor) -> PoseVector:
    """The truth, off by [N, 38]."""
    turn = rotation_from_axis_angle(mistake[:, 32:35])
    return PoseVector(
        TRUTH.angles + mistake[:, :22],
        TRUTH.shape + mistake[:, 22:32],
        turn @ TRUTH.rotation,
        TRUTH.position + mistake[:, 35:],
    )


def some_mistake(seed: int = 0) -> Tensor:
    """[N, 38]: about 10 mm, 8 degrees, angles by 10 degrees, half a deviation of shape."""
    noise = torch.randn(COUNT, MISTAKE, generator=torch.Generator().manual_seed(seed)).double()
    sizes = torch.tensor([0.15] * 22 + [0.5] * 10 + [0.1] * 3 + [0.06] * 3).double()
    return noise.clamp(-1.5, 1.5) * sizes


def fitted(mistake: Tensor, joints: Tensor | None = None, image: Tensor = IMAGE) -> FittedViews:
    """Views of a guess with everything a term may ask for; joints are the true ones."""
    views = FITTER(image, GEOMETRY, TRUE_JOINTS if joints is None else joints, guess(mistake))
    return views._replace(fused=FUSED, known_shape=TRUTH.shape)


with torch.no_grad():
    _TRUE = FITTER(IMAGE, GEOMETRY, torch.zeros(COUNT, 21, 3).double(), guess(some_mistake() * 0))
TRUE_JOINTS = _TRUE.keypoints
CONFIDENCE = torch.linspace(0.2, 1.0, 21).double().expand(COUNT, 21)
FUSED = Fused(TRUE_JOINTS, TRUE_JOINTS, _TRUE.vertices, CONFIDENCE)


def joint_mistake(seed: int = 0) -> Tensor:
    """[N, 21, 3]: about 12 mm a joint."""
    generator = torch.Generator().manual_seed(seed)
    return 0.06 * torch.randn(COUNT, 21, 3, generator=generator).double()
