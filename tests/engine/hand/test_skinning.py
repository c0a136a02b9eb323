"""Linear blend skinning: rest, rigid motion, bones of constant length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.transforms import rotation_from_quaternion
from engine.hand.articulation import joint_rotations
from engine.hand.keypoints import BONES
from engine.hand.model import load_hand_model
from engine.hand.skinning import forward_kinematics, pose_hand, pose_hand_rotations
from tests.engine.hand.random_poses import random_pose, rest_pose

MODEL = load_hand_model()
SEEDS = pytest.mark.parametrize("seed", range(4))


def test_the_rest_pose_is_the_template() -> None:
    posed = pose_hand(MODEL, rest_pose())
    np.testing.assert_allclose(posed.vertices, MODEL.points[:-5], atol=1e-8)
    np.testing.assert_allclose(posed.keypoints, MODEL.rest_keypoints(), atol=1e-8)


@SEEDS
def test_a_stiff_hand_moves_as_one_body(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pose = random_pose(rng)
    before = pose_hand(MODEL, replace(pose, wrist_rotation=np.eye(3), wrist_position=np.zeros(3)))
    after = pose_hand(MODEL, pose)
    for points, moved in ((before.vertices, after.vertices), (before.keypoints, after.keypoints)):
        # Skin weights add up to 1 within float32 only, hence not 1e-12.
        expected = points @ pose.wrist_rotation.T + pose.wrist_position
        np.testing.assert_allclose(moved, expected, atol=1e-7)
    np.testing.assert_allclose(after.keypoints[0], pose.wrist_position, atol=1e-12)


@SEEDS
def test_bending_changes_no_bone(seed: int) -> None:
    pose = random_pose(np.random.default_rng(seed))
    rest, posed = MODEL.rest_keypoints(pose.shape), pose_hand(MODEL, pose).keypoints
    start, end = np.array(BONES).T
    lengths = np.linalg.norm(rest[end] - rest[start], axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(posed[end] - posed[start], axis=1), lengths, atol=1e-8
    )


@SEEDS
def test_skin_stays_near_its_bones(seed: int) -> None:
    posed = pose_hand(MODEL, replace(random_pose(np.random.default_rng(seed)), shape=np.zeros(10)))
    start, end = (posed.keypoints[list(column)] for column in zip(*BONES, strict=True))
    along = np.linspace(0, 1, 8)[:, None, None]
    bones = (start + along * (end - start)).reshape(-1, 3)
    apart = np.linalg.norm(posed.vertices[:, None] - bones, axis=-1).min(1)
    assert apart.max() < 0.045  # the heel of the hand is the farthest from any bone


@SEEDS
def test_free_rotations_and_angles_agree(seed: int) -> None:
    pose = random_pose(np.random.default_rng(seed))
    rotations = joint_rotations(MODEL.axes, pose.angles)
    rotations[0] = pose.wrist_rotation
    free = pose_hand_rotations(MODEL, rotations, pose.wrist_position, pose.shape)
    np.testing.assert_array_equal(free.vertices, pose_hand(MODEL, pose).vertices)


def test_kinematics_is_a_product_along_the_chain() -> None:
    rng = np.random.default_rng(7)
    rotations = rotation_from_quaternion(rng.normal(size=(16, 4)))
    R, positions = forward_kinematics(MODEL.joints, rotations, np.array([0.1, 0.2, 0.3]))
    # Wrist -> index MCP -> PIP -> DIP by hand.
    r, j = rotations, MODEL.joints
    np.testing.assert_allclose(R[6], r[0] @ r[4] @ r[5] @ r[6], atol=1e-12)
    pip = r[0] @ (j[4] + r[4] @ (j[5] - j[4])) + np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(positions[5], pip, atol=1e-12)
