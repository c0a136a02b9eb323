"""Crops of lessons as the network is taught them: turned, scaled, shifted, with pieces missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.adaptation.lesson_loss import LessonTargets
from engine.adaptation.settings import LearnSettings
from engine.adaptation.teacher import Lesson
from engine.inference.crops import BACKGROUND, CROP_SIZE, Crop, extract_crop
from engine.inference.single_view import pose_vector
from engine.training.pseudo_views import ViewChange
from engine.training.pseudo_views import random_crop as changed_crop

Float32 = npt.NDArray[np.float32]


def plain_crop(lesson: Lesson) -> Crop:
    """The crop that the tracker would make."""
    patch = lesson.sample.patch
    return Crop(patch.camera, patch.centre, patch.cube_m)


def random_crop(rng: np.random.Generator, lesson: Lesson, settings: LearnSettings) -> Crop:
    """Another view of the same hand: in-plane turn, scale and shift."""
    change = ViewChange(settings.turn_rad, settings.scale, settings.shift_m)
    return changed_crop(lesson.sample.patch, rng, change)


def erased(rng: np.random.Generator, image: Float32) -> Float32:
    """The image with one rectangle of it gone, as behind another thing."""
    size = rng.uniform(0.12, 0.30, 2) * CROP_SIZE
    row, column = (rng.uniform(0, CROP_SIZE - size)).astype(int)
    image = image.copy()
    image[row : row + int(size[0]), column : column + int(size[1])] = BACKGROUND
    return image


def lesson_batch(
    lessons: Sequence[Lesson], crops: Sequence[Crop], images: Sequence[Float32]
) -> tuple[Tensor, LessonTargets]:
    """Images [B, 1, 128, 128] and what the teacher says of them."""
    pairs = list(zip(lessons, crops, strict=True))
    targets = LessonTargets(
        joints=_stack([crop.from_camera(lesson.keypoints) for lesson, crop in pairs]),
        weight=_stack([lesson.weight for lesson in lessons]),
        pose=_stack([pose_vector(crop, lesson.pose) for lesson, crop in pairs]),
        half_cube_m=_stack([0.5 * crop.cube_m for crop in crops]),
    )
    return stacked(images), targets


def stacked(images: Sequence[Float32]) -> Tensor:
    """Images [B, 1, 128, 128]."""
    return _stack(images)[:, None]


def lesson_images(lessons: Sequence[Lesson], crops: Sequence[Crop]) -> list[Float32]:
    """What each crop shows."""
    return [
        extract_crop(lesson.sample.patch.depth_m, crop)
        for lesson, crop in zip(lessons, crops, strict=True)
    ]


def _stack(values: Sequence[npt.NDArray[np.floating] | Float32 | float]) -> Tensor:
    return torch.from_numpy(np.stack([np.asarray(v, np.float32) for v in values]))
