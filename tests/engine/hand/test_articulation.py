"""Angles mean what their names say."""

from __future__ import annotations

import numpy as np
import pytest

from engine.hand.articulation import (
    ANGLE_COUNT,
    ANGLE_JOINTS,
    ANGLE_NAMES,
    LOWER,
    PIP_DIP_PAIRS,
    PRIOR_MEAN,
    PRIOR_SIGMA,
    RANGES,
    UPPER,
    joint_rotations,
)
from engine.hand.keypoints import FINGERS, JOINT_NAMES, KEYPOINT_NAMES
from engine.hand.model import HandModel, load_hand_model
from engine.hand.skinning import pose_hand
from tests.engine.hand.random_poses import rest_pose

RIGHT = load_hand_model()
BOTH = pytest.mark.parametrize("model", [RIGHT, RIGHT.mirrored()], ids=["right", "left"])

PALMAR = np.array([0.0, 0.0, -1.0])
SMALL = np.radians(10)


def _moved(model: HandModel, name: str, radians: float) -> np.ndarray:
    """How far [21, 3] metres each keypoint moves when one angle leaves rest."""
    pose = rest_pose()
    pose.angles[ANGLE_NAMES.index(name)] = radians
    return pose_hand(model, pose).keypoints - model.rest_keypoints()


def _tip(finger: str) -> int:
    return KEYPOINT_NAMES.index(f"{finger}_tip")


def test_tables_are_of_one_length_and_limits_hold_rest_and_mean() -> None:
    assert len(RANGES) == len(set(ANGLE_NAMES)) == ANGLE_COUNT
    for array in (ANGLE_JOINTS, LOWER, UPPER, PRIOR_MEAN, PRIOR_SIGMA):
        assert array.shape == (ANGLE_COUNT,)
    assert (LOWER < 0).all(), "rest lies within the limits"
    assert (UPPER > 0).all(), "rest lies within the limits"
    assert ((LOWER < PRIOR_MEAN) & (PRIOR_MEAN < UPPER)).all()
    assert (PRIOR_SIGMA > 0.02).all()
    assert np.ptp([LOWER, UPPER], axis=0).max() < np.pi


def test_each_angle_turns_the_joint_it_is_named_after() -> None:
    for name, joint in zip(ANGLE_NAMES, ANGLE_JOINTS, strict=True):
        assert name.startswith(JOINT_NAMES[joint])
    assert set(ANGLE_JOINTS) == set(range(1, 16)), "every joint but the wrist has an angle"
    for pip, dip in PIP_DIP_PAIRS:
        assert ANGLE_NAMES[pip].replace("pip", "dip") == ANGLE_NAMES[dip]
        assert "pip_flexion" in ANGLE_NAMES[pip]


@BOTH
def test_axes_are_unit_vectors(model: HandModel) -> None:
    np.testing.assert_allclose(np.linalg.norm(model.axes, axis=1), 1.0, atol=1e-12)


@BOTH
@pytest.mark.parametrize("finger", FINGERS[1:])
@pytest.mark.parametrize("part", ["mcp", "pip", "dip"])
def test_flexion_moves_the_fingertip_into_the_palm(
    model: HandModel, finger: str, part: str
) -> None:
    moved = _moved(model, f"{finger}_{part}_flexion", SMALL)[_tip(finger)]
    assert moved @ PALMAR > 0.9 * np.linalg.norm(moved) > 0.9 * 0.001
    back = _moved(model, f"{finger}_{part}_flexion", -SMALL)[_tip(finger)]
    assert back @ PALMAR < -0.001


@BOTH
@pytest.mark.parametrize("finger", FINGERS[1:])
def test_abduction_swings_the_fingertip_towards_the_thumb(model: HandModel, finger: str) -> None:
    moved = _moved(model, f"{finger}_mcp_abduction", SMALL)[_tip(finger)]
    keypoints = model.rest_keypoints()
    towards_thumb = np.array([np.sign(keypoints[1, 0] - keypoints[0, 0]), 0.0, 0.0])
    assert moved @ towards_thumb > 0.9 * np.linalg.norm(moved) > 0.9 * 0.008


@BOTH
@pytest.mark.parametrize("part", ["cmc", "mcp", "ip"])
def test_thumb_flexion_brings_the_tip_to_the_little_finger(model: HandModel, part: str) -> None:
    keypoints = model.rest_keypoints()
    before = np.linalg.norm(keypoints[4] - keypoints[17])
    after = keypoints + _moved(model, f"thumb_{part}_flexion", SMALL)
    assert np.linalg.norm(after[4] - after[17]) < before - 0.0008


@BOTH
def test_thumb_abduction_lifts_the_metacarpal_off_the_palm(model: HandModel) -> None:
    assert _moved(model, "thumb_cmc_abduction", SMALL)[2] @ PALMAR > 0.003


@BOTH
def test_thumb_twist_leaves_its_own_bone_in_place(model: HandModel) -> None:
    moved = _moved(model, "thumb_cmc_twist", SMALL)
    np.testing.assert_allclose(moved[[1, 2]], 0.0, atol=1e-12)
    assert np.linalg.norm(moved[4]) > 0.0005


@pytest.mark.parametrize("name", ANGLE_NAMES)
def test_an_angle_moves_only_what_hangs_on_its_joint(name: str) -> None:
    finger = name.split("_")[0]
    moved = np.linalg.norm(_moved(RIGHT, name, SMALL), axis=1)
    for keypoint, keypoint_name in enumerate(KEYPOINT_NAMES):
        if not keypoint_name.startswith(finger):
            assert moved[keypoint] == 0.0


def test_the_abduction_axis_bends_with_the_finger() -> None:
    """A finger at 90 degrees swings sideways; were abduction first, it would spin in place."""
    pose = rest_pose()
    flexion, abduction = (ANGLE_NAMES.index(f"index_mcp_{way}") for way in ("flexion", "abduction"))
    pose.angles[flexion] = np.pi / 2
    bent = pose_hand(RIGHT, pose).keypoints[6]
    pose.angles[abduction] = SMALL
    swung = pose_hand(RIGHT, pose).keypoints[6]
    bone = np.linalg.norm(RIGHT.joints[5] - RIGHT.joints[4])
    assert np.linalg.norm(swung - bent) > 0.95 * 2 * np.sin(SMALL / 2) * bone


@pytest.mark.parametrize("batch", [(), (1,), (3, 1, 2)])
def test_joint_rotations_are_rotations_for_every_batch_shape(batch: tuple[int, ...]) -> None:
    angles = np.random.default_rng(0).uniform(LOWER, UPPER, (*batch, ANGLE_COUNT))
    R = joint_rotations(RIGHT.axes, angles)
    assert R.shape == (*batch, 16, 3, 3)
    np.testing.assert_allclose(
        R @ np.swapaxes(R, -1, -2), np.broadcast_to(np.eye(3), R.shape), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(R), 1.0, atol=1e-12)
    np.testing.assert_array_equal(R[..., 0, :, :], np.broadcast_to(np.eye(3), (*batch, 3, 3)))
