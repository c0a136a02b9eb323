"""Random hands: within what hands can do, and of the kinds that were asked for."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.transforms import rotation_from_axis_angle
from engine.hand.articulation import LOWER, UPPER
from engine.hand.keypoints import TIP_KEYPOINTS
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.training.poses import (
    ABDUCTION,
    FLEXION,
    PIP,
    POSE_CLASSES,
    POSE_SHARES,
    penetration_m,
    sample_angles,
    sample_pose_class,
    sample_shape,
    sample_view,
    view_label,
)

MODEL = load_hand_model()
PER_CLASS = 40


@pytest.fixture(scope="module")
def angles() -> dict[str, np.ndarray]:
    """[PER_CLASS, 22] of every class."""
    rng = np.random.default_rng(0)
    return {
        name: np.stack([sample_angles(rng, MODEL, name) for _ in range(PER_CLASS)])
        for name in POSE_CLASSES
    }


def _keypoints(angles: np.ndarray) -> np.ndarray:
    return pose_hand(MODEL, HandPose(np.eye(3), np.zeros(3), angles, np.zeros(10))).keypoints


@pytest.mark.parametrize("name", POSE_CLASSES)
def test_limits_hold_exactly(angles: dict[str, np.ndarray], name: str) -> None:
    assert (angles[name] >= LOWER).all()
    assert (angles[name] <= UPPER).all()


@pytest.mark.parametrize("name", POSE_CLASSES)
def test_fingers_do_not_run_deep_into_each_other(angles: dict[str, np.ndarray], name: str) -> None:
    depth = np.array([penetration_m(MODEL, row) for row in angles[name]])
    assert (depth < 0.006).mean() >= 0.9
    assert depth.max() < 0.014


def test_the_seed_decides() -> None:
    first, again, other = (
        np.stack([sample_angles(rng, MODEL) for _ in range(5)])
        for rng in map(np.random.default_rng, (1, 1, 2))
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_shares_are_shares_and_are_kept() -> None:
    assert sum(POSE_SHARES) == pytest.approx(1.0)
    assert len(POSE_SHARES) == len(POSE_CLASSES)
    rng = np.random.default_rng(3)
    drawn = [sample_pose_class(rng) for _ in range(2000)]
    for name, share in zip(POSE_CLASSES, POSE_SHARES, strict=True):
        assert drawn.count(name) / 2000 == pytest.approx(share, abs=0.03)


def test_fists_are_closed_and_open_hands_are_open(angles: dict[str, np.ndarray]) -> None:
    closed, opened = (np.stack([_keypoints(row) for row in angles[n]]) for n in ("fist", "open"))
    reach = [np.linalg.norm(k[:, (8, 12, 16, 20)] - k[:, :1], axis=-1) for k in (closed, opened)]
    assert (reach[0].mean(1) < 0.115).mean() > 0.85
    assert (reach[1].mean(1) > 0.135).mean() > 0.85


def test_pointing_hands_have_straight_and_bent_fingers(angles: dict[str, np.ndarray]) -> None:
    bend = angles["point"][:, PIP] + angles["point"][:, FLEXION]
    assert ((bend.min(1) < 0.9) & (bend.max(1) > 1.8)).mean() > 0.8


def test_pinches_bring_the_thumb_to_a_fingertip(angles: dict[str, np.ndarray]) -> None:
    def least_gap(rows: np.ndarray) -> np.ndarray:
        tips = np.stack([_keypoints(row)[list(TIP_KEYPOINTS)] for row in rows])
        return np.linalg.norm(tips[:, 1:] - tips[:, :1], axis=-1).min(1)

    assert np.median(least_gap(angles["pinch"])) < 0.026
    assert np.median(least_gap(angles["open"])) > 0.04


def test_crossed_fingers_swing_over_their_neighbours(angles: dict[str, np.ndarray]) -> None:
    """A finger leans away from the thumb while the next one leans towards it."""
    abduction = angles["cross"][:, ABDUCTION]
    assert ((abduction[:, 1:] - abduction[:, :-1]).max(1) > np.radians(12)).mean() > 0.8


def test_the_rest_pose_is_free_and_crossed_fingers_touch() -> None:
    assert penetration_m(MODEL, np.zeros(22)) == 0.0
    crossed = np.zeros(22)
    crossed[ABDUCTION] = np.radians([-25, 25, 0, 0])
    assert penetration_m(MODEL, crossed) > 0.002


def test_shapes_run_from_children_to_large_adults() -> None:
    rng = np.random.default_rng(4)
    shapes = np.stack([sample_shape(rng) for _ in range(400)])
    assert shapes.min() >= -4.0
    assert shapes.max() <= 2.8
    keypoints = np.stack([MODEL.rest_keypoints(shape) for shape in shapes])
    length_mm = 1000 * np.linalg.norm(keypoints[:, 12] - keypoints[:, 0], axis=-1)
    low, middle, high = np.percentile(length_mm, [3, 50, 97])
    assert 110 < low < 145
    assert 160 < middle < 185
    assert 190 < high < 230


def test_views_are_rotations_and_cover_all_kinds() -> None:
    rng = np.random.default_rng(5)
    views = np.stack([sample_view(rng) for _ in range(600)])
    np.testing.assert_allclose(
        views @ views.transpose(0, 2, 1), np.tile(np.eye(3), (600, 1, 1)), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(views), 1.0)
    labels = [view_label(view) for view in views]
    for label in ("palm", "back", "side", "pointing"):
        assert labels.count(label) / 600 > 0.1, label


@pytest.mark.parametrize(
    ("turn", "label"),
    [
        ([0, 0, 0], "palm"),
        ([0, 0, 2.0], "palm"),
        ([0, np.pi, 0], "back"),
        ([np.pi, 0, 0], "back"),
        ([0, np.pi / 2, 0], "side"),
        ([np.pi / 2, 0, 0], "pointing"),
        ([-np.pi / 2, 0, 0], "pointing"),
    ],
)
def test_views_are_named_after_what_faces_the_camera(turn: list[float], label: str) -> None:
    assert view_label(rotation_from_axis_angle(np.array(turn))) == label


def test_in_a_palm_view_bent_fingers_are_nearer_than_the_knuckles() -> None:
    """The label agrees with the geometry: fingers curl towards a camera that sees the palm."""
    angles = np.zeros(22)
    angles[FLEXION] = 1.2
    pose = HandPose(np.eye(3), np.array([0, 0, 0.5]), angles, np.zeros(10))
    assert view_label(pose.wrist_rotation) == "palm"
    keypoints = pose_hand(MODEL, pose).keypoints
    assert keypoints[12, 2] < keypoints[9, 2] - 0.05
