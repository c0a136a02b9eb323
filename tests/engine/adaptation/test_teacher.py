"""The teacher on rendered hands: close to the truth where it speaks, silent where it should be."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.adaptation.sample import AdaptationSample, sample_of
from engine.adaptation.teacher import Lesson, Teacher
from engine.adaptation.visibility import joint_visibility
from tests.engine.adaptation.film import POISONS, SHAPE, Shot, healthy, model, sighting_of


def sample_from(shot: Shot, number: int = 0) -> AdaptationSample | None:
    sighting = sighting_of(shot, number, trusted=1.0)
    return None if sighting is None else sample_of(sighting)


@cache
def taught() -> tuple[tuple[Shot, AdaptationSample, Lesson | None], ...]:
    rng, teacher = np.random.default_rng(1), Teacher(model())
    shots = [healthy(rng) for _ in range(24)]
    samples = [(shot, sample_from(shot, k)) for k, shot in enumerate(shots)]
    return tuple(
        (shot, sample, teacher.teach(sample, SHAPE).lesson)
        for shot, sample in samples
        if sample is not None
    )


def test_lessons_are_nearer_to_the_truth_than_the_network() -> None:
    spoken = [(shot, sample, lesson) for shot, sample, lesson in taught() if lesson is not None]
    assert len(spoken) >= 8
    lessons = [np.linalg.norm(le.keypoints - sh.joints, axis=1).mean() for sh, _, le in spoken]
    network = [np.linalg.norm(sa.network_joints - sh.joints, axis=1).mean() for sh, sa, _ in spoken]
    assert np.mean(lessons) < 0.8 * np.mean(network)
    assert max(lessons) < 0.020, "none is far off"


@pytest.mark.parametrize("kind", ["another object", "empty room", "noisy camera"])
def test_poison_is_hardly_ever_believed(kind: str) -> None:
    rng, teacher = np.random.default_rng(7), Teacher(model())
    samples = [sample_from(POISONS[kind](rng), k) for k in range(10)]
    lessons = [teacher.teach(s, s.shape).lesson for s in samples if s is not None]
    assert sum(lesson is not None for lesson in lessons) <= 1


def test_a_fit_in_another_direction_than_the_network_is_refused() -> None:
    teacher = Teacher(model())
    _, sample, _ = next(row for row in taught() if row[2] is not None)
    joints = sample.network_joints
    turned = (joints - joints[0]) @ np.diag([-1.0, -1.0, 1.0]) + joints[0]
    verdict = teacher.teach(replace(sample, network_joints=turned), SHAPE)
    assert verdict.lesson is None
    assert verdict.refused


def test_an_empty_patch_teaches_nothing() -> None:
    _, sample, _ = taught()[0]
    empty = replace(sample.patch, depth_m=np.zeros_like(sample.patch.depth_m))
    assert Teacher(model()).teach(replace(sample, patch=empty), SHAPE).refused == "nothing there"


def test_joints_behind_something_are_hidden() -> None:
    shot, sample, lesson = next(row for row in taught() if row[2] is not None)
    assert lesson is not None
    assert joint_visibility(sample.patch, lesson.keypoints).mean() > 0.5
    behind = lesson.keypoints + [0.0, 0.0, 0.05]
    # One or two may lie beside the hand, where the wall is farther still.
    assert np.median(joint_visibility(sample.patch, behind)) < 0.1
    assert shot.joints is not None
