"""How well a network does without labels: on held-out lessons, and on the fixed synthetic set.

The held-out score of a lesson adds, in mm: how far the network's joints are from the careful fit,
how far the joints of its parameter head are from it, and how badly the hand that is laid through
the network's joints lies on the observed depth. The last asks no teacher, so a network that only
imitates a wrong one is found out by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.adaptation.lesson_crops import lesson_images, plain_crop
from engine.adaptation.teacher import Lesson, observe
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.fitting import HandFitter, solve_pose
from engine.inference.single_view import pose_from_vector
from engine.nets.single_view import SingleViewNet
from engine.training.data import Batch

Float64 = npt.NDArray[np.float64]

WORST_MM = 40.0
"""One lesson counts no more than this in any part: one bad one must not decide."""
HEAD_SHARE, DEPTH_SHARE = 0.02, 1.0


@dataclass(frozen=True, slots=True)
class HeldOutScore:
    """Of one network; mm, one entry a lesson; lower is better."""

    joints: Float64
    """Of the joint maps to the careful fit."""
    head: Float64
    """Of the parameter head's joints to the careful fit."""
    depth: Float64
    """Of the hand through the joint maps' joints to the observed depth: no teacher has a say."""

    @property
    def each(self) -> Float64:
        """[N] mm."""
        return self.joints + HEAD_SHARE * self.head + DEPTH_SHARE * self.depth

    @property
    def total(self) -> float:
        """mm; NaN of no lessons."""
        return float(self.each.mean()) if len(self.joints) else float("nan")


class Scorer:
    """Judges networks; in evaluation mode, full precision, as inference runs them."""

    def __init__(self, model: HandModel, source: Batch) -> None:
        self._model = model
        self._fitter = HandFitter(model)
        self._source = source

    @torch.no_grad()
    def held_out(self, net: SingleViewNet, lessons: Sequence[Lesson]) -> HeldOutScore:
        """Scores of lessons that `net` never learnt from."""
        if not lessons:
            return HeldOutScore(np.empty(0), np.empty(0), np.empty(0))
        crops = [plain_crop(lesson) for lesson in lessons]
        image = torch.from_numpy(np.stack(lesson_images(lessons, crops)))[:, None]
        output = [net(part)[-1] for part in torch.split(image, 32)]
        joints = torch.cat([part.joints for part in output]).numpy()
        pose = torch.cat([part.pose for part in output]).numpy().astype(np.float64)
        rows = [
            self._row(lesson, crop.to_camera(joints[k]), pose_from_vector(crop, pose[k]))
            for k, (lesson, crop) in enumerate(zip(lessons, crops, strict=True))
        ]
        return HeldOutScore(*np.array(rows).T)

    def _row(self, lesson: Lesson, joints: Float64, pose: HandPose) -> tuple[float, float, float]:
        keypoints = pose_hand(self._model, pose).keypoints
        return (
            _bounded(_apart_mm(joints, lesson)),
            _bounded(_apart_mm(keypoints, lesson)),
            _bounded(self._off_the_depth_mm(lesson, joints)),
        )

    def _off_the_depth_mm(self, lesson: Lesson, joints: Float64) -> float:
        """What the fit's judgement says of the person's hand laid through `joints` [21, 3]."""
        observation = observe(lesson.sample)
        surface = self._fitter.surface
        pose = solve_pose(surface, joints, np.ones(len(joints)), lesson.pose.shape)
        if observation is None or pose is None:
            return WORST_MM
        return 1e3 * self._fitter.assess(observation, pose).score

    @torch.no_grad()
    def source_mm(self, net: SingleViewNet) -> float:
        """Mean joint error in mm on the fixed synthetic set, each sample no worse than 40 mm."""
        image, targets = self._source
        joints = torch.cat([net(part)[-1].joints for part in torch.split(image, 32)])
        apart: Tensor = (joints - targets.joints).norm(dim=-1).mean(1) * targets.half_cube_m * 1000
        shown = (targets.present > 0.5) & (targets.same_side > 0.5)
        return float(apart[shown].nan_to_num(nan=1e3).clamp(max=WORST_MM).mean())


def _apart_mm(points: Float64, lesson: Lesson) -> float:
    apart = np.linalg.norm(points - lesson.keypoints, axis=1)
    return float(1e3 * (apart * lesson.weight).sum() / max(lesson.weight.sum(), 1e-6))


def _bounded(value_mm: float) -> float:
    return float(np.clip(np.nan_to_num(value_mm, nan=np.inf), 0.0, WORST_MM))
