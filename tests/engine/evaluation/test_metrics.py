"""Metrics on values known beforehand. Lengths in metres."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.evaluation import metrics
from engine.hand.keypoints import DISTAL_KEYPOINTS

CAMERA = PinholeCamera(640, 480, fx=500.0, fy=400.0, cx=320.0, cy=240.0)


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.05, (7, 21, 3)) + [0, 0, 0.5]


def test_constant_offset_is_the_mean_error(truth: np.ndarray) -> None:
    errors = metrics.joint_errors(truth + [0.003, 0.004, 0.0], truth)
    assert metrics.mean_error(errors) == pytest.approx(0.005)


def test_joints_without_truth_and_hands_not_found_are_left_out(truth: np.ndarray) -> None:
    predicted = truth + [0.01, 0.0, 0.0]
    predicted[2] = np.nan
    holes = truth.copy()
    holes[:, 0] = np.nan
    errors = metrics.joint_errors(predicted, holes)
    assert np.isfinite(errors).sum() == 6 * 20
    assert metrics.mean_error(errors) == pytest.approx(0.01)


def test_mean_of_nothing_is_nan() -> None:
    assert np.isnan(metrics.mean_error(np.full((3, 21), np.nan)))


def test_distal_joints_are_fifteen_and_hold_no_knuckle_of_a_finger(truth: np.ndarray) -> None:
    assert len(DISTAL_KEYPOINTS) == 15
    predicted = truth.copy()
    predicted[:, [0, 1, 5, 9, 13, 17]] += 0.1
    errors = metrics.joint_errors(predicted, truth)
    assert metrics.mean_error(errors, DISTAL_KEYPOINTS) == 0.0


def test_root_relative_ignores_translation_and_leaves_the_root_out(truth: np.ndarray) -> None:
    predicted = truth + [0.2, -0.1, 0.05]
    predicted[:, 4] += [0.0, 0.0, 0.02]
    errors = metrics.root_relative_errors(predicted, truth)
    assert np.isnan(errors[:, 0]).all()
    assert metrics.mean_error(errors) == pytest.approx(0.02 / 20)


def test_root_is_the_middle_knuckle_where_the_wrist_has_no_truth(truth: np.ndarray) -> None:
    truth[:, 0] = np.nan
    errors = metrics.root_relative_errors(truth + 0.1, truth)
    assert np.isnan(errors[:, metrics.MIDDLE_MCP]).all()
    assert metrics.mean_error(errors) == pytest.approx(0.0, abs=1e-12)


@settings(deadline=None, max_examples=50)
@given(
    scale=st.floats(0.5, 2.0),
    axis_angle=st.tuples(*[st.floats(-1.8, 1.8)] * 3),
    seed=st.integers(0, 1000),
)
def test_similarity_alignment_undoes_any_similarity(
    scale: float, axis_angle: tuple[float, float, float], seed: int
) -> None:
    truth = np.random.default_rng(seed).normal(0, 0.05, (1, 21, 3))
    rotation = rotation_from_axis_angle(np.array(axis_angle))
    predicted = scale * truth @ rotation.T + [0.1, -0.3, 0.7]
    assert metrics.similarity_aligned_errors(predicted, truth).max() < 1e-9


def test_similarity_alignment_never_mirrors(truth: np.ndarray) -> None:
    mirrored = truth * [-1.0, 1.0, 1.0]
    assert metrics.mean_error(metrics.similarity_aligned_errors(mirrored, truth)) > 0.01


def test_pixel_error_is_the_projected_distance() -> None:
    truth = np.tile([0.0, 0.0, 0.5], (1, 21, 1))
    predicted = truth + [0.003, 0.004, 0.0]
    errors = metrics.pixel_errors(predicted, truth, [CAMERA])
    expected = np.hypot(500 * 0.003 / 0.5, 400 * 0.004 / 0.5)
    assert np.allclose(errors, expected)


def test_share_within_judges_the_worst_joint_and_counts_a_missing_hand_as_outside() -> None:
    errors = np.full((4, 21), 0.001)
    errors[1, 20] = 0.025
    errors[2] = np.nan
    errors[3, :3] = np.nan
    assert metrics.share_within(errors, 0.02) == pytest.approx(0.5)
    assert metrics.share_within(errors, 0.03) == pytest.approx(0.75)


def test_palm_distance_uses_the_joints_that_both_have(truth: np.ndarray) -> None:
    holes = truth[0].copy()
    holes[0] = np.nan
    assert metrics.palm_distance(truth[0] + [0.03, 0.0, 0.04], holes) == pytest.approx(0.05)
    assert metrics.palm_distance(truth[0], np.full((21, 3), np.nan)) == float("inf")


def test_jitter_of_white_noise_is_its_size(truth: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.002 / np.sqrt(3), (400, 21, 3))
    assert metrics.jitter([truth[0] + noise]) == pytest.approx(0.002, rel=0.05)


def test_jitter_ignores_slow_motion_and_skips_fast_motion(truth: np.ndarray) -> None:
    steps = np.arange(60.0)[:, None, None]
    slow = truth[0] + steps * [0.0002, 0.0, 0.0]
    fast = truth[0] + steps * [0.01, 0.0, 0.0]
    assert metrics.jitter([slow]) == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(metrics.jitter([fast]))
    assert np.isnan(metrics.jitter([]))
