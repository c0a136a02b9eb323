"""Poses through the filter: rotations stay rotations, nothing drifts, shape passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.transforms import (
    axis_angle_from_rotation,
    rotation_from_axis_angle,
    rotation_from_quaternion,
)
from engine.hand.skinning import HandPose
from engine.inference.pose_filter import PoseFilter
from tests.engine.hand.random_poses import random_pose

STEP_S = 1 / 30


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    """Radians between two rotations."""
    return float(np.linalg.norm(axis_angle_from_rotation(first @ second.T)))


POSE = random_pose(np.random.default_rng(0))


def _pose(rotation: np.ndarray) -> HandPose:
    return replace(POSE, wrist_rotation=rotation)


def _orthonormal(R: np.ndarray) -> np.ndarray:
    """The nearest rotation: the tests' own products must not be what drifts."""
    u, _, v = np.linalg.svd(R)
    return u @ v


@pytest.mark.parametrize("seed", range(3))
def test_a_still_hand_comes_out_as_it_is(seed: int) -> None:
    pose, smooth = random_pose(np.random.default_rng(seed)), PoseFilter()
    for k in range(30):
        found = smooth(pose, k * STEP_S)
    np.testing.assert_allclose(found.wrist_rotation, pose.wrist_rotation, atol=1e-12)
    np.testing.assert_allclose(found.wrist_position, pose.wrist_position, atol=1e-12)
    np.testing.assert_allclose(found.angles, pose.angles, atol=1e-12)
    np.testing.assert_allclose(found.shape, pose.shape, atol=1e-12)


@pytest.mark.slow
def test_ten_thousand_steps_keep_rotations_orthonormal_and_do_not_drift() -> None:
    """A hand that tumbles for five minutes, then rests: the filter ends exactly where it is."""
    rng = np.random.default_rng(0)
    smooth, R = PoseFilter(), np.eye(3)
    spin = np.zeros(3)
    worst = 0.0
    for k in range(10_000):
        spin = 0.95 * spin + rng.normal(0, 0.03, 3)
        R = rotation_from_axis_angle(spin) @ R
        if k % 100 == 0:
            R = _orthonormal(R)
        found = smooth(_pose(R), k * STEP_S).wrist_rotation
        worst = max(worst, float(np.abs(found @ found.T - np.eye(3)).max()))
    assert worst < 1e-9
    for k in range(10_000, 10_300):
        found = smooth(_pose(R), k * STEP_S).wrist_rotation
    assert _apart(found, R) < 1e-6


def test_a_steady_spin_of_many_turns_is_followed_with_little_lag() -> None:
    """Through half a turn, where axis-angle wraps, and on for 20 turns."""
    smooth, axis = PoseFilter(), np.array([0.48, 0.6, 0.64])
    for k in range(1200):
        R = rotation_from_axis_angle(axis * (k * 0.1))
        lag = _apart(smooth(_pose(R), k * STEP_S).wrist_rotation, R)
        if k > 60:
            assert lag < 0.06  # 3 rad/s: 20 ms


def test_jitter_of_a_resting_hand_falls() -> None:
    rng = np.random.default_rng(1)
    R0, smooth = rotation_from_quaternion(rng.normal(size=4)), PoseFilter()
    before, after = [], []
    for k in range(300):
        R = rotation_from_axis_angle(rng.normal(0, 0.01, 3)) @ R0
        before.append(_apart(R, R0))
        after.append(_apart(smooth(_pose(R), k * STEP_S).wrist_rotation, R0))
    assert np.mean(after[60:]) < 0.75 * np.mean(before[60:])


def test_the_turn_is_filtered_alike_in_every_frame_of_reference() -> None:
    """Turning the camera turns the output, and nothing else."""
    rng = np.random.default_rng(2)
    camera = rotation_from_quaternion(rng.normal(size=4))
    first, second = PoseFilter(), PoseFilter()
    R = np.eye(3)
    for k in range(60):
        R = rotation_from_axis_angle(rng.normal(0, 0.05, 3)) @ R
        plain = first(_pose(R), k * STEP_S).wrist_rotation
        turned = second(_pose(camera @ R), k * STEP_S).wrist_rotation
        np.testing.assert_allclose(turned, camera @ plain, atol=1e-9)
