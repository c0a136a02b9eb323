"""What several made-up views of a lesson's image say together (L_ms of Ren et al. 2022).

The network looks at crops of the image that are turned, scaled and moved; the frozen fusion network
makes one hand of its answers, and that hand teaches single views. The person's hand is laid through
the fused joints: where it does not explain the image (engine.losses.terms.ReliabilityGates) they
teach nothing.

Fusing costs several looks, so what was fused is kept for a number of steps. The network that said
it changes meanwhile: kept hands are a little stale.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.adaptation.lesson_crops import lesson_images, plain_crop
from engine.adaptation.settings import FusionSettings
from engine.adaptation.teacher import Lesson
from engine.errors import WeightsError
from engine.inference.crops import Crop
from engine.inference.fitting import Surface, solve_pose
from engine.inference.single_view import pose_vector
from engine.losses.terms import ReliabilityGates
from engine.losses.views import Fused, ViewFitter
from engine.nets.crop_geometry import CropGeometry
from engine.nets.fusion import FusionNet, fusion_input
from engine.nets.module_file import FUSION, load_module
from engine.nets.pose_vector import split_pose
from engine.nets.single_view import SingleViewNet
from engine.nets.single_view_features import feature_channels, observe
from engine.training.pseudo_views import ViewChange, pseudo_views
from engine.weights_manifest import WEIGHTS_FOLDER, verified_weights

Float64 = npt.NDArray[np.float64]

WEIGHTS_NAME = "fusion_depth.safetensors"
MOST_KEPT = 512


class FusedHand(NamedTuple):
    """What the views of a lesson say together; metres, camera frame of its patch."""

    joints: Tensor
    """[21, 3]."""
    keypoints: Tensor
    """[21, 3] of the person's hand, laid through them."""
    vertices: Tensor
    """[V, 3] of that hand."""
    weight: Tensor
    """[21] in 0..1: the views' confidence, 0 where that hand does not explain the image."""


@dataclass(frozen=True, slots=True)
class _Kept:
    lesson: Lesson
    """Held, so that no other lesson gets its id."""
    hand: FusedHand
    step: int


class FusedTeacher:
    """Fuses made-up views of lessons. Belongs to one thread."""

    def __init__(
        self,
        fusion: FusionNet,
        fitter: ViewFitter,
        surface: Surface,
        settings: FusionSettings,
        rng: np.random.Generator,
    ) -> None:
        self._fusion = fusion.requires_grad_(False)
        self._fitter = fitter
        self._surface = surface
        self._settings = settings
        self._rng = rng
        self._gates = ReliabilityGates(
            settings.worst_depth, settings.worst_points, settings.worst_points
        )
        self._change = ViewChange(settings.turn_rad, settings.scale, settings.shift_m, 0.0)
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._step = 0

    def restart(self) -> None:
        """Forget what was fused: other weights are in use."""
        self._kept.clear()

    def teach(self, net: SingleViewNet, lessons: Sequence[Lesson], geometry: CropGeometry) -> Fused:
        """What the views of each lesson say, in the crops of `geometry`; one call a step."""
        self._step += 1
        new = list({id(lesson): lesson for lesson in lessons if self._is_stale(lesson)}.values())
        if new:
            for lesson, hand in zip(new, self.fuse(net, new), strict=True):
                self._kept[id(lesson)] = _Kept(lesson, hand, self._step)
                self._kept.move_to_end(id(lesson))
        hands = [self._kept[id(lesson)].hand for lesson in lessons]
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        joints, keypoints, vertices, weight = (
            torch.stack(part) for part in zip(*hands, strict=True)
        )
        to_crops = geometry.to_uvd
        return Fused(to_crops(joints), to_crops(keypoints), to_crops(vertices), weight)

    @torch.no_grad()
    def fuse(self, net: SingleViewNet, lessons: Sequence[Lesson]) -> list[FusedHand]:
        """The hands of lessons, afresh."""
        patches = [lesson.sample.patch for lesson in lessons]
        views = pseudo_views(patches, self._rng, self._settings.views, self._change)
        observation = observe(net, views.flat_image)
        seen = fusion_input(observation, views.geometry, views.T_rig_from_camera)
        answer = self._fusion(seen)
        confidence = (answer.shares * seen.confidence).sum(1)
        return self._judged(lessons, answer.rig_joints, confidence)

    def _judged(
        self, lessons: Sequence[Lesson], joints: Tensor, confidence: Tensor
    ) -> list[FusedHand]:
        """With the person's hand through the fused joints, and how far both are believed."""
        crops = [plain_crop(lesson) for lesson in lessons]
        pairs = zip(lessons, crops, joints.double().numpy(), strict=True)
        vectors = [self._laid(lesson, crop, found) for lesson, crop, found in pairs]
        image = torch.from_numpy(np.stack(lesson_images(lessons, crops)))[:, None]
        geometry = CropGeometry.of(crops)
        pose = split_pose(torch.from_numpy(np.stack(vectors).astype(np.float32)))
        fitted = self._fitter(image, geometry, geometry.to_uvd(joints), pose)
        weight = confidence * self._gates(fitted)
        posed = fitted.keypoints, fitted.vertices
        keypoints, vertices = (geometry.to_camera(points) for points in posed)
        return [FusedHand(*hand) for hand in zip(joints, keypoints, vertices, weight, strict=True)]

    def _laid(self, lesson: Lesson, crop: Crop, joints: Float64) -> Float64:
        """The parameter vector of the person's hand through joints [21, 3]."""
        pose = solve_pose(self._surface, joints, np.ones(len(joints)), lesson.pose.shape)
        return pose_vector(crop, lesson.pose if pose is None else pose)

    def _is_stale(self, lesson: Lesson) -> bool:
        kept = self._kept.get(id(lesson))
        return kept is None or self._step - kept.step >= self._settings.again


def load_fusion(net: SingleViewNet, folder: Path = WEIGHTS_FOLDER) -> FusionNet:
    """The fusion network that ships, for the views of `net`.

    Raises:
        WeightsError: it is missing or damaged, or `net` gives it other features than it knows.
    """
    fusion = load_module(verified_weights(WEIGHTS_NAME, folder), FUSION)
    given, expected = feature_channels(net), fusion.config.features
    if given != expected:
        raise WeightsError(
            f"weights {WEIGHTS_NAME}: expected a single-view network with {expected} features, "
            f"found one with {given}; train its fusion with `python main.py train fusion`"
        )
    return fusion
