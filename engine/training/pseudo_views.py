"""Several views of one hand (Ren et al. 2022): of calibrated cameras, or made up from one image.

Both are crops of depth images whose cameras stand somewhere in a rig; a made-up view is another
crop of the same image, and its camera stands where the first does. So there is one type, one code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.inference.crops import BACKGROUND, CROP_SIZE, Crop, extract_crop
from engine.messages import Float32, Float64
from engine.nets.crop_geometry import CropGeometry


class Patch(Protocol):
    """A depth image around a hand (engine.adaptation.patch.HandPatch)."""

    @property
    def camera(self) -> PinholeCamera: ...

    @property
    def depth_m(self) -> Float32:
        """[h, w] metres, 0 = no data."""
        ...

    @property
    def centre(self) -> Float64:
        """[3] metres, camera frame: what crops are centred on."""
        ...

    @property
    def cube_m(self) -> float:
        """Side of the hand's cube."""
        ...


class ViewBatch(NamedTuple):
    """B hands in V views each."""

    image: Tensor
    """[B, V, 1, 128, 128]."""
    geometry: CropGeometry
    """Of B * V crops, the views of a hand one after the other."""
    T_rig_from_camera: Tensor
    """[B, V, 4, 4]."""
    whole: Tensor
    """[B, V, 1, 128, 128]: the images before erasing, to hold a posed hand against."""

    @property
    def flat_image(self) -> Tensor:
        """[B * V, 1, 128, 128]: as the single-view network takes them."""
        return self.image.flatten(0, 1)


@dataclass(frozen=True, slots=True)
class ViewChange:
    """By how much a made-up view may differ from the plain crop (supplement, section 5)."""

    turn_rad: float = np.pi
    scale: tuple[float, float] = (0.7, 1.3)
    shift_m: float = 0.020
    erased: float = 0.5
    """Chance that a rectangle of the image is lost."""
    erased_area: tuple[float, float] = (0.02, 0.15)
    """Share of the image that is lost then."""


PAPER_CHANGE = ViewChange()
NO_CHANGE = ViewChange(0.0, (1.0, 1.0), 0.0, 0.0)
JITTER = ViewChange(np.pi, (0.88, 1.15), 0.010, 0.1)
"""How a tracker's crops of real views differ; in-plane turns cost nothing and show more."""


def pseudo_views(
    patches: Sequence[Patch],
    rng: np.random.Generator,
    views: int = 3,
    change: ViewChange = PAPER_CHANGE,
) -> ViewBatch:
    """`views` made-up views of each patch; the rig's frame is each patch's camera's."""
    rigs = [[(patch, RigidTransform.identity())] * views for patch in patches]
    return changed_views(rigs, rng, change)


def rig_views(
    rigs: Sequence[Sequence[tuple[Patch, RigidTransform]]],
    rng: np.random.Generator,
    change: ViewChange = NO_CHANGE,
) -> ViewBatch:
    """Views of calibrated cameras: for each hand, its patch and T_rig_from_camera in each camera.

    Raises:
        ValueError: the hands are not all seen by the same number of cameras.
    """
    counts = {len(rig) for rig in rigs}
    if len(counts) != 1:
        raise ValueError(f"expected as many views of every hand, found {sorted(counts)}")
    return changed_views(rigs, rng, change)


def changed_views(
    rigs: Sequence[Sequence[tuple[Patch, RigidTransform]]],
    rng: np.random.Generator,
    change: ViewChange,
) -> ViewBatch:
    """One randomly changed crop of each patch."""
    seen = [patch for rig in rigs for patch, _ in rig]
    crops = [random_crop(patch, rng, change) for patch in seen]
    whole = [extract_crop(patch.depth_m, crop) for patch, crop in zip(seen, crops, strict=True)]
    images = [erased(image, rng, change) for image in whole]
    size = (len(rigs), len(rigs[0]))
    transforms = np.stack([_matrix(T) for rig in rigs for _, T in rig])
    return ViewBatch(
        image=torch.from_numpy(np.stack(images)).view(*size, 1, CROP_SIZE, CROP_SIZE),
        geometry=CropGeometry.of(crops),
        T_rig_from_camera=torch.from_numpy(transforms).view(*size, 4, 4),
        whole=torch.from_numpy(np.stack(whole)).view(*size, 1, CROP_SIZE, CROP_SIZE),
    )


def random_crop(patch: Patch, rng: np.random.Generator, change: ViewChange) -> Crop:
    """A crop of the patch, turned, scaled and moved at random."""
    return Crop(
        camera=patch.camera,
        centre=patch.centre + rng.uniform(-change.shift_m, change.shift_m, 3),
        cube_m=patch.cube_m * rng.uniform(*change.scale),
        turn=float(rng.uniform(-change.turn_rad, change.turn_rad)),
    )


def erased(image: Float32, rng: np.random.Generator, change: ViewChange) -> Float32:
    """The image [128, 128], in part of the cases without one rectangle of it."""
    if rng.random() >= change.erased:
        return image
    area = rng.uniform(*change.erased_area) * CROP_SIZE**2
    height = min(CROP_SIZE, round(np.sqrt(area * np.exp(rng.uniform(-1.0, 1.0)))))
    width = min(CROP_SIZE, round(area / height))
    top = int(rng.integers(0, CROP_SIZE - height + 1))
    left = int(rng.integers(0, CROP_SIZE - width + 1))
    image = image.copy()
    image[top : top + height, left : left + width] = BACKGROUND
    return image


def _matrix(T: RigidTransform) -> Float32:
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3], matrix[:3, 3] = T.rotation, T.translation
    return matrix
