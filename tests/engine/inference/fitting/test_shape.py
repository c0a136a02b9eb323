from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.inference.fitting import KnownShape, ShapeEstimator, nothing_known
from engine.inference.fitting.shape import estimate_shape
from tests.engine.inference.fitting.scenes import (
    disturbed,
    fitter,
    hand_model,
    make_pose,
    random_pose,
    see,
)

LONG_FINGERS = np.array([0.8, 1.5, 1.5, 1.0, 1.0, 0.5, -0.5, 0.5, 0.0, 0.5])


def bone_error(shape: np.ndarray, truth: np.ndarray) -> float:
    """Mean relative error of the 15 phalanges."""
    lengths = []
    for coefficients in (shape, truth):
        keypoints = hand_model().rest_keypoints(coefficients)
        bones = np.diff(keypoints[1:].reshape(5, 4, 3), axis=1)
        lengths.append(np.linalg.norm(bones, axis=2))
    return float(np.abs(lengths[0] / lengths[1] - 1).mean())


def test_shape_is_learnt_from_frames() -> None:
    rng = np.random.default_rng(0)
    observations, starts = [], []
    for _ in range(12):
        pose = replace(random_pose(rng, 0.25), shape=LONG_FINGERS)
        observations.append(see(pose).observation)
        starts.append(replace(disturbed(rng, pose, 0.006), shape=np.zeros(10)))
    shape, results = estimate_shape(fitter(), observations, starts)
    assert bone_error(np.zeros(10), LONG_FINGERS) > 0.10
    assert bone_error(shape, LONG_FINGERS) < 0.04
    assert np.mean([result.residual_m for result in results]) < 0.0012


def test_running_estimate_closes_in() -> None:
    rng = np.random.default_rng(1)
    estimator = ShapeEstimator(fitter())
    errors = [bone_error(estimator.shape, LONG_FINGERS)]
    before = estimator.deviation
    for _ in range(40):
        pose = replace(random_pose(rng, 0.25), shape=LONG_FINGERS)
        start = replace(disturbed(rng, pose, 0.006), shape=estimator.shape)
        observation = see(pose).observation
        estimator.add(observation, fitter().fit(observation, start, refine_shape=True))
        errors.append(bone_error(estimator.shape, LONG_FINGERS))
    assert errors[-1] < 0.45 * errors[0]
    assert (estimator.deviation < before).all()


def test_bad_fits_teach_nothing() -> None:
    estimator = ShapeEstimator(fitter())
    seen = see(make_pose())
    off = replace(seen.pose, wrist_position=seen.pose.wrist_position + 0.02)
    assert not estimator.add(seen.observation, fitter().assess(seen.observation, off))
    np.testing.assert_array_equal(estimator.shape, np.zeros(10))


def test_true_shape_stays() -> None:
    estimator = ShapeEstimator(fitter())
    for _ in range(10):
        seen = see(make_pose())
        assert estimator.add(seen.observation, fitter().assess(seen.observation, seen.pose))
    assert np.abs(estimator.shape).max() < 0.25


def test_the_shape_of_a_known_person_is_held_to_more_strongly() -> None:
    """The same frame and start: a stranger's shape may go where the frame draws it."""
    pose = replace(random_pose(np.random.default_rng(3), 0.25), shape=LONG_FINGERS)
    observation = see(pose).observation
    start = replace(pose, shape=np.zeros(10))
    certain = 400.0 * np.eye(10)
    known = KnownShape(certain, certain @ np.zeros(10))
    moved = []
    for person in (nothing_known(), known):
        fit = fitter().fit(
            observation,
            start,
            refine_shape=True,
            shape_anchor=person.shape,
            shape_weight=person.weight,
        )
        moved.append(float(np.linalg.norm(fit.pose.shape)))
    assert known.weight > nothing_known().weight
    assert moved[1] < 0.7 * moved[0]
