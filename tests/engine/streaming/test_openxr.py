"""The 26 joints of OpenXR: their order, their frames, and what is derived."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.hand.keypoints import KEYPOINT_NAMES
from engine.hand.model import hand_of
from engine.hand.skinning import pose_hand
from engine.messages import HandState, Side
from engine.streaming.openxr import (
    BONE_ENDS,
    DERIVED,
    JOINT_NAMES,
    METACARPALS,
    TRACKED,
    OpenXRHand,
    OpenXRJoints,
)
from engine.streaming.skeleton import Skeletons
from tests.engine.hand.random_poses import random_pose, rest_pose
from tests.engine.streaming.hands import mirrored, posed, random_hand

XR_HAND_JOINTS = """
    PALM WRIST
    THUMB_METACARPAL THUMB_PROXIMAL THUMB_DISTAL THUMB_TIP
    INDEX_METACARPAL INDEX_PROXIMAL INDEX_INTERMEDIATE INDEX_DISTAL INDEX_TIP
    MIDDLE_METACARPAL MIDDLE_PROXIMAL MIDDLE_INTERMEDIATE MIDDLE_DISTAL MIDDLE_TIP
    RING_METACARPAL RING_PROXIMAL RING_INTERMEDIATE RING_DISTAL RING_TIP
    LITTLE_METACARPAL LITTLE_PROXIMAL LITTLE_INTERMEDIATE LITTLE_DISTAL LITTLE_TIP
""".lower().split()
"""XrHandJointEXT, 0 to 25, as in the specification's header."""
PARENT_IN_CHAIN = {k: k - 1 for k in range(26) if k not in (0, 1, 2, *METACARPALS)}
TO_OPENXR = np.diag([1.0, -1.0, -1.0])
SIDES = pytest.mark.parametrize("side", Side)
SEEDS = range(25)


class Joints:
    """OpenXR's joints of a hand alone."""

    def __init__(self) -> None:
        self._skeletons = Skeletons()
        self.made = OpenXRJoints(self._skeletons)

    def of(self, hand: HandState) -> OpenXRHand:
        return self.made.of(hand, self._skeletons.rotations([hand])[0])


@pytest.fixture(scope="module")
def joints() -> Joints:
    return Joints()


def test_order_is_the_specification_s() -> None:
    assert list(JOINT_NAMES) == XR_HAND_JOINTS
    assert len(BONE_ENDS) == 26


def test_tracked_joints_are_the_keypoints_of_the_same_name() -> None:
    anatomical = {
        "pinky": "little",
        "_mcp": "_proximal",
        "_pip": "_intermediate",
        "_dip": "_distal",
    }
    thumb = {"thumb_cmc": "thumb_metacarpal", "thumb_mcp": "thumb_proximal"}
    for keypoint, joint in zip(KEYPOINT_NAMES, TRACKED, strict=True):
        name = thumb.get(keypoint, keypoint).replace("thumb_ip", "thumb_distal")
        for ours, theirs in anatomical.items():
            name = name.replace(ours, theirs)
        assert name == JOINT_NAMES[joint]


@SIDES
def test_tracked_positions_are_those_of_the_tracker(joints: Joints, side: Side) -> None:
    hand = random_hand(3, side)
    np.testing.assert_allclose(
        joints.of(hand).positions[list(TRACKED)], hand.joints @ TO_OPENXR, atol=1e-12
    )


@SIDES
@pytest.mark.parametrize("seed", SEEDS)
def test_frames_are_right_handed_and_orthonormal(joints: Joints, side: Side, seed: int) -> None:
    rotations = joints.of(random_hand(seed, side)).rotations
    np.testing.assert_allclose(
        rotations @ np.swapaxes(rotations, 1, 2), np.broadcast_to(np.eye(3), (26, 3, 3)), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(rotations), 1.0, atol=1e-9)


@SIDES
@pytest.mark.parametrize("seed", SEEDS)
def test_forward_is_along_the_bone(joints: Joints, side: Side, seed: int) -> None:
    hand = joints.of(random_hand(seed, side))
    forward = -hand.rotations[:, :, 2]
    for joint, parent in PARENT_IN_CHAIN.items():
        bone = hand.positions[joint] - hand.positions[parent]
        np.testing.assert_allclose(forward[parent], bone / np.linalg.norm(bone), atol=1e-9)
    for tip in (5, 10, 15, 20, 25):
        np.testing.assert_array_equal(hand.rotations[tip], hand.rotations[tip - 1])
    np.testing.assert_allclose(forward[0], forward[11], atol=1e-12)  # The palm's, as the bone's.


@SIDES
def test_a_flat_hand_has_its_back_up(joints: Joints, side: Side) -> None:
    """The rest pose: z of the hand frame is the back, y points to the fingers."""
    hand = joints.of(posed(rest_pose(), side))
    in_hand_frame = TO_OPENXR @ hand.rotations
    fingers = [k for k in range(26) if k not in range(1, 6)]
    assert (in_hand_frame[fingers][:, 2, 1] > 0.98).all()  # +y out of the back
    assert (-in_hand_frame[fingers][:, 1, 2] > 0.9).all()  # -z to the fingertips
    assert (in_hand_frame[fingers][:, 0, 0] > 0.9).all()  # +x to the right, on both sides
    # The thumb's nail points away from the little finger.
    little = 1.0 if side is Side.RIGHT else -1.0
    assert (in_hand_frame[2:6, 0, 1] * little < -0.6).all()


@SIDES
def test_flexing_turns_about_minus_x(joints: Joints, side: Side) -> None:
    """The end of the index goes down, in the frame of the joint that bends."""
    straight = posed(rest_pose(), side)
    for angle, joint in ((6, 7), (8, 8), (9, 9)):
        angles = np.zeros(22)
        angles[angle] = 0.4
        bent = posed(replace(rest_pose(), angles=angles), side)
        before, after = joints.of(straight), joints.of(bent)
        turn = before.rotations[joint].T @ after.rotations[joint]
        np.testing.assert_allclose(turn[:, 0], [1, 0, 0], atol=1e-9)
        assert turn[1, 2] == pytest.approx(np.sin(0.4), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_left_hands_mirror_right_ones(joints: Joints, seed: int) -> None:
    """Positions and y, z axes are mirrored; x axes turn round, so that frames stay right-handed."""
    right = random_hand(seed)
    one, other = joints.of(right), joints.of(mirrored(right))
    flip = np.diag([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(other.positions, one.positions @ flip, atol=1e-9)
    np.testing.assert_allclose(other.rotations, flip @ one.rotations @ flip, atol=1e-9)
    np.testing.assert_allclose(other.radii, one.radii, atol=1e-9)


@SIDES
def test_derived_joints_are_fixed_to_the_palm(joints: Joints, side: Side) -> None:
    """Bending fingers moves none of them, and they lie inside the hand."""
    rng = np.random.default_rng(5)
    flat = joints.of(posed(rest_pose(), side))
    for _ in range(5):
        bent = joints.of(posed(replace(rest_pose(), angles=random_pose(rng).angles), side))
        for joint in DERIVED:
            np.testing.assert_allclose(bent.positions[joint], flat.positions[joint], atol=1e-12)
    in_hand_frame = flat.positions @ TO_OPENXR
    vertices = pose_hand(hand_of(side), rest_pose()).vertices
    for joint in DERIVED:
        assert (in_hand_frame[joint] > vertices.min(0)).all()
        assert (in_hand_frame[joint] < vertices.max(0)).all()
    across = in_hand_frame[list(METACARPALS), 0] * (1.0 if side is Side.RIGHT else -1.0)
    assert (np.diff(across) > 0.004).all()  # Index to little, side by side.
    np.testing.assert_allclose(flat.positions[0], flat.positions[[11, 12]].mean(0), atol=1e-12)


def test_derived_joints_grow_with_the_hand(joints: Joints) -> None:
    shape = np.zeros(10)
    shape[0] = 2.0  # The first coefficient scales all of the hand.
    small, large = (joints.of(posed(replace(rest_pose(), shape=s))) for s in (np.zeros(10), shape))
    growth = np.linalg.norm(large.positions[12]) / np.linalg.norm(small.positions[12])
    assert growth > 1.1
    np.testing.assert_allclose(large.positions, small.positions * growth, atol=1e-6)
    np.testing.assert_allclose(large.radii, small.radii * growth, atol=1e-6)


@SIDES
def test_radii_are_those_of_a_hand(joints: Joints, side: Side) -> None:
    radii = joints.of(random_hand(1, side)).radii
    assert radii.shape == (26,)
    assert (radii > 0.003).all()
    assert (radii < 0.03).all()
    for tip in (10, 15, 20, 25):  # Fingers become thinner towards their ends.
        assert (np.diff(radii[tip - 3 : tip + 1]) < 0.001).all()


def test_shapes_that_change_leave_nothing_behind() -> None:
    joints = Joints()
    hand = posed(rest_pose())
    for step in range(100):
        joints.of(replace(hand, shape=np.full(10, step / 10)))
    assert len(joints.made._radii) <= 8
