"""Scores of made-up networks whose errors are known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from engine.adaptation.lesson_crops import plain_crop
from engine.adaptation.sample import sample_of
from engine.adaptation.score import WORST_MM, HeldOutScore, Scorer
from engine.adaptation.teacher import Lesson
from engine.hand.skinning import pose_hand
from engine.inference.single_view import pose_vector
from engine.losses.supervised import Targets
from engine.nets.maps import PIXELS, JointMaps
from engine.nets.single_view import SingleViewOutput
from engine.training.data import Batch
from tests.engine.adaptation.film import healthy, model, sighting_of

SIDEWAYS = np.array([0.01, 0.0, 0.0])
"""Metres: far beside the hand for a finger."""


class Says:
    """A network that says the same of whatever it is shown."""

    def __init__(self, joints: Tensor, pose: Tensor) -> None:
        self._joints, self._pose = joints, pose

    def __call__(self, image: Tensor) -> list[SingleViewOutput]:
        assert len(image) == len(self._joints)
        nothing = JointMaps(*3 * [torch.zeros(len(image), 21, PIXELS)])
        return [SingleViewOutput(self._joints, self._pose, torch.zeros(len(image), 2), nothing)]


@cache
def lessons() -> tuple[Lesson, ...]:
    """Rendered hands, with the fit as the teacher's word."""
    rng = np.random.default_rng(4)
    made = []
    for k in range(3):
        sighting = sighting_of(healthy(rng), k, trusted=1.0)
        sample = None if sighting is None else sample_of(sighting)
        assert sample is not None
        keypoints = pose_hand(model(), sample.pose).keypoints
        made.append(Lesson(sample, sample.pose, keypoints, np.ones(21), 0.002, 1.0))
    return tuple(made)


def stacked(values: list[npt.NDArray[np.float64]]) -> Tensor:
    return torch.from_numpy(np.stack(values).astype(np.float32))


def score(
    joints_off: npt.NDArray[np.float64],
    head_off: npt.NDArray[np.float64],
    judged: tuple[Lesson, ...] | None = None,
) -> HeldOutScore:
    """Of a network that is off the lessons by so much, in metres; [21, 3] or [3]."""
    judged = judged or lessons()
    crops = [plain_crop(lesson) for lesson in judged]
    pairs = list(zip(judged, crops, strict=True))
    joints = [crop.from_camera(lesson.keypoints + joints_off) for lesson, crop in pairs]
    poses = [
        replace(lesson.pose, wrist_position=lesson.pose.wrist_position + head_off)
        for lesson in judged
    ]
    heads = [pose_vector(crop, pose) for crop, pose in zip(crops, poses, strict=True)]
    return scorer().held_out(Says(stacked(joints), stacked(heads)), judged)


@cache
def scorer() -> Scorer:
    """The synthetic set: hands at the crop's centre, one absent, one of the other side."""
    targets = Targets(
        joints=torch.zeros(4, 21, 3),
        pose=torch.zeros(4, 41),
        present=torch.tensor([1.0, 1, 0, 1]),
        same_side=torch.tensor([1.0, 0, 1, 1]),
        half_cube_m=torch.tensor([0.1, 0.1, 0.1, 0.2]),
    )
    return Scorer(model(), Batch(torch.zeros(4, 1, 128, 128), targets))


def test_a_network_that_agrees_with_its_lessons_has_no_error() -> None:
    found = score(0 * SIDEWAYS, 0 * SIDEWAYS)
    assert found.joints == pytest.approx(0.0, abs=0.01)
    assert found.head == pytest.approx(0.0, abs=0.01)
    assert np.all(found.depth < 6.0)
    assert found.total == pytest.approx(found.each.mean())


def test_each_part_sees_its_own_error_in_mm() -> None:
    right = score(0 * SIDEWAYS, 0 * SIDEWAYS)
    by_joints, by_head = score(SIDEWAYS, 0 * SIDEWAYS), score(0 * SIDEWAYS, SIDEWAYS)
    assert by_joints.joints == pytest.approx(10.0, abs=0.01)
    assert by_joints.head == pytest.approx(right.head)
    assert np.all(by_joints.depth > 1.5 * right.depth)
    assert by_head.head == pytest.approx(10.0, abs=0.01)
    assert by_head.joints == pytest.approx(right.joints)
    assert by_head.depth == pytest.approx(right.depth)


def test_the_depth_says_so_where_teacher_and_network_lie_alike() -> None:
    lies = tuple(
        replace(lesson, keypoints=lesson.keypoints + [0.0, 0.03, 0.02]) for lesson in lessons()
    )
    found, right = score(np.zeros(3), np.zeros(3), lies), score(np.zeros(3), np.zeros(3))
    assert found.joints == pytest.approx(0.0, abs=0.01)
    assert np.all(found.depth > 2.0 * right.depth)


def test_joints_count_as_far_as_they_are_believed() -> None:
    believed = np.ones(21)
    believed[8] = 0.0
    off = np.zeros((21, 3))
    off[8] = SIDEWAYS
    doubted = tuple(replace(lesson, weight=believed) for lesson in lessons())
    assert score(off, np.zeros(3)).joints == pytest.approx(10.0 / 21, abs=0.01)
    assert score(off, np.zeros(3), doubted).joints == pytest.approx(0.0, abs=0.01)


def test_no_lesson_counts_more_than_the_worst() -> None:
    nowhere = score(np.full(3, np.nan), np.full(3, 9.0))
    assert nowhere.joints == pytest.approx(WORST_MM)
    assert nowhere.head == pytest.approx(WORST_MM)
    assert nowhere.depth == pytest.approx(WORST_MM)


def test_nothing_is_said_of_no_lessons() -> None:
    assert np.isnan(scorer().held_out(Says(torch.zeros(0), torch.zeros(0)), ()).total)


def test_the_synthetic_error_is_in_mm_of_hands_that_are_shown() -> None:
    joints = torch.zeros(4, 21, 3)
    joints[0, :, 0] = 0.1  # 10 mm
    joints[1:3] = 9.0  # the other side, and nothing there
    joints[3, :, 1] = 1.0  # 200 mm: no sample counts more than the worst
    found = scorer().source_mm(Says(joints, torch.zeros(4, 41)))
    assert found == pytest.approx((10.0 + WORST_MM) / 2)
    joints[0] = torch.nan
    assert scorer().source_mm(Says(joints, torch.zeros(4, 41))) == pytest.approx(WORST_MM)
