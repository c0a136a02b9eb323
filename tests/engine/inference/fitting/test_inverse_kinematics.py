from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hand.articulation import LOWER, UPPER
from engine.hand.skinning import pose_hand
from engine.inference.fitting import solve_pose, wrist_from_palm
from tests.engine.inference.fitting.scenes import fitter, hand_model, joint_error_m, random_pose

SURE = np.ones(21)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_exact_joints_are_met(seed: int) -> None:
    pose = random_pose(np.random.default_rng(seed))
    joints = pose_hand(hand_model(), pose).keypoints
    solved = solve_pose(fitter().surface, joints, SURE, pose.shape, iterations=12)
    assert solved is not None
    found = pose_hand(hand_model(), solved).keypoints
    assert joint_error_m(found, joints) < 0.004  # the priors hold a little back


def test_noise_of_12_mm_shrinks() -> None:
    rng = np.random.default_rng(2)
    errors = []
    for _ in range(30):
        pose = random_pose(rng)
        joints = pose_hand(hand_model(), pose).keypoints
        noisy = joints + rng.normal(0, 0.0075, (21, 3))  # mean length 12 mm
        solved = solve_pose(fitter().surface, noisy, SURE, pose.shape)
        assert solved is not None
        errors.append(joint_error_m(pose_hand(hand_model(), solved).keypoints, joints))
    assert np.mean(errors) < 0.0085


def test_one_wrong_joint_does_little_harm() -> None:
    pose = random_pose(np.random.default_rng(4))
    joints = pose_hand(hand_model(), pose).keypoints
    wrong = joints.copy()
    wrong[12] += [0.10, 0.05, 0.0]
    solved = solve_pose(fitter().surface, wrong, SURE, pose.shape, iterations=12)
    assert solved is not None
    found = pose_hand(hand_model(), solved).keypoints
    others = [k for k in range(21) if k not in (10, 11, 12)]
    assert joint_error_m(found[others], joints[others]) < 0.005


def test_unknown_joints_are_left_out() -> None:
    pose = random_pose(np.random.default_rng(5))
    joints = pose_hand(hand_model(), pose).keypoints
    partly = joints.copy()
    partly[[0, 16]] = np.nan
    solved = solve_pose(fitter().surface, partly, SURE, pose.shape, iterations=12)
    assert solved is not None
    assert joint_error_m(pose_hand(hand_model(), solved).keypoints, joints) < 0.008


def test_limits_hold() -> None:
    rng = np.random.default_rng(6)
    joints = rng.normal(0, 0.1, (21, 3)) + [0, 0, 0.5]  # no hand at all
    solved = solve_pose(fitter().surface, joints, SURE, np.zeros(10), iterations=20)
    assert solved is not None
    assert (solved.angles > LOWER - np.radians(5.2)).all()
    assert (solved.angles < UPPER + np.radians(5.2)).all()
    np.testing.assert_allclose(
        solved.wrist_rotation @ solved.wrist_rotation.T, np.eye(3), atol=1e-9
    )


def test_too_few_joints_give_no_pose() -> None:
    joints = np.full((21, 3), np.nan)
    joints[:5] = 0.1
    assert solve_pose(fitter().surface, joints, SURE, np.zeros(10)) is None


@pytest.mark.parametrize("seed", range(5))
def test_palm_gives_the_wrist(seed: int) -> None:
    pose = random_pose(np.random.default_rng(seed))
    joints = pose_hand(hand_model(), pose).keypoints
    rest = hand_model().rest_keypoints(pose.shape)
    rotation, position = wrist_from_palm(rest, joints, SURE)
    np.testing.assert_allclose(rotation, pose.wrist_rotation, atol=1e-9)
    np.testing.assert_allclose(position, pose.wrist_position, atol=1e-9)
