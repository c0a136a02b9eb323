"""The shape of many frames together: frames that say the same, and fingers over each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.adaptation.bone_lengths import bone_lengths_m
from engine.adaptation.careful import CAREFUL
from engine.adaptation.person_shape import ShapeFrame, person_shape
from engine.inference.fitting import HandFitter
from tests.engine.inference.fitting.scenes import (
    BENT,
    disturbed,
    fitter,
    hand_model,
    make_pose,
    random_pose,
    see,
)

PERSON = np.array([-1.2, 0.5, 0.9, 0.8, 1.0, 0.2, -0.4, 0.6, 0.0, -0.5])


def frames_of(rng: np.random.Generator, count: int) -> list[ShapeFrame]:
    """A person's hand in various poses, tracked as a stranger's."""
    made = []
    for _ in range(count):
        pose = replace(random_pose(rng, 0.2), shape=PERSON)
        start = replace(disturbed(rng, pose, 0.003), shape=np.zeros(10))
        made.append(ShapeFrame(see(pose).observation, start))
    return made


def test_frames_of_one_pose_share_what_one_of_them_would_count() -> None:
    various = frames_of(np.random.default_rng(1), 6)
    held = person_shape(fitter(), [*various, *[various[0]] * 9], rounds=3)
    alone = person_shape(fitter(), various, rounds=3)
    weights = np.array(held.weights)
    together = weights[0] + weights[6:].sum()
    assert together == pytest.approx(15 / 6 * alone.weights[0], rel=0.35)
    assert weights[0] < weights[1:6].max() / 5
    assert held.known.shape == pytest.approx(alone.known.shape, abs=0.25)


def test_fingers_over_each_other_are_found() -> None:
    """The index finger lies across the middle one; the tracker saw them side by side."""
    angles = BENT.copy()
    angles[[6, 10]] = 0.05, 0.35
    angles[[7, 11]] = -0.34, 0.16
    pose = make_pose(angles=angles, shape=PERSON)
    seen = see(pose)
    beside = angles.copy()
    beside[[7, 11]] = -0.05, 0.0
    start = replace(pose, angles=beside, shape=np.zeros(10))
    careful = HandFitter(hand_model(), CAREFUL)
    frames = [ShapeFrame(seen.observation, start), *frames_of(np.random.default_rng(3), 7)]
    found = person_shape(careful, frames, rounds=6)
    apart = np.linalg.norm(found.fits[0].keypoints - seen.hand.keypoints, axis=1)
    assert apart[[8, 12]].max() < 0.006
    truth = bone_lengths_m(hand_model(), PERSON)
    assert np.abs(bone_lengths_m(hand_model(), found.known.shape) / truth - 1).max() < 0.04
