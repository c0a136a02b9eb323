"""What the messages of VMC say of a hand: the bones of Unity's humans, relative to a T-pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.transforms import axis_angle_from_rotation
from engine.hand.articulation import ANGLE_COUNT
from engine.hand.keypoints import JOINT_KEYPOINTS, JOINT_PARENTS
from engine.hand.model import hand_of
from engine.messages import HandState, Side
from engine.streaming.vmc import BONE_NAMES, UNITY_FROM_HAND, VmcMessages
from tests.engine.hand.random_poses import rest_pose
from tests.engine.streaming.hands import mirrored, posed, random_hand, scene_of
from tests.engine.streaming.vmc_poses import bone_rotations, poses

SIDES = pytest.mark.parametrize("side", Side)
ETHERNET_PAYLOAD = 1472
MIRROR = np.diag([-1.0, 1.0, 1.0])
"""Unity's x is to the right: a mirror image of an avatar has its other hand in the same place."""


@pytest.fixture(scope="module")
def messages() -> VmcMessages:
    return VmcMessages()


def test_the_bones_are_unity_s() -> None:
    assert (
        tuple(
            finger + part
            for finger in ("Thumb", "Index", "Middle", "Ring", "Little")
            for part in ("Proximal", "Intermediate", "Distal")
        )
        == BONE_NAMES
    )


def test_each_packet_fits_the_ethernet(messages: VmcMessages) -> None:
    scene = scene_of(random_hand(1, Side.LEFT), random_hand(2))
    sizes = [len(datagram) for datagram in messages.datagrams(scene, 1e5)]
    assert len(sizes) == 3
    assert max(sizes) <= ETHERNET_PAYLOAD


def t_posed_directions(messages: VmcMessages, hand: HandState) -> np.ndarray:
    """[15, 3]: where an avatar's bones point, in Unity's axes, with an unturned hand bone: what a
    receiver computes."""
    local = bone_rotations(messages, hand)
    right = 1.0 if hand.side is Side.RIGHT else -1.0
    world = np.broadcast_to(np.eye(3), (16, 3, 3)).copy()
    directions = np.empty((15, 3))
    for joint in range(1, 16):
        world[joint] = world[JOINT_PARENTS[joint]] @ local[joint - 1]
        straight = [right, 0.0, 0.0] if joint > 3 else [right * 0.5**0.5, 0.0, 0.5**0.5]
        directions[joint - 1] = world[joint] @ straight
    return directions


@SIDES
@pytest.mark.parametrize("seed", range(10))
def test_an_avatar_s_bones_point_where_the_person_s_do(
    messages: VmcMessages, side: Side, seed: int
) -> None:
    hand = replace(random_hand(seed, side), shape=np.zeros(10))
    hand = posed_again(hand)
    in_hand = (hand.joints - hand.joints[0]) @ hand.wrist_rotation
    bones = np.array([in_hand[k + 1] - in_hand[k] for k in JOINT_KEYPOINTS[1:]])
    expected = bones @ UNITY_FROM_HAND[side].T
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(t_posed_directions(messages, hand), expected, atol=1e-9)


def posed_again(hand: HandState) -> HandState:
    """With joints that belong to its shape."""
    pose = replace(
        rest_pose(),
        wrist_rotation=hand.wrist_rotation,
        wrist_position=hand.wrist_position,
        angles=hand.angles,
        shape=hand.shape,
    )
    return posed(pose, hand.side)


@SIDES
def test_fingers_curl_down_and_thumbs_point_forward(messages: VmcMessages, side: Side) -> None:
    """In the T-pose palms look down, and the avatar looks along z."""
    angles = np.zeros(ANGLE_COUNT)
    angles[6:22:4] = angles[8:22:4] = 0.8
    right = 1.0 if side is Side.RIGHT else -1.0
    open_hand = t_posed_directions(messages, posed(rest_pose(), side))
    fist = t_posed_directions(messages, posed(replace(rest_pose(), angles=angles), side))
    assert (open_hand[3:, 0] * right > 0.9).all()
    assert (abs(open_hand[3:, 1]) < 0.15).all()
    assert (open_hand[:3, 2] > 0.4).all()
    assert (fist[[4, 7, 10, 13], 1] < -0.9).all()


@SIDES
def test_a_bent_finger_turns_only_its_own_bone(messages: VmcMessages, side: Side) -> None:
    angles = np.zeros(ANGLE_COUNT)
    angles[8] = 0.5  # Index PIP.
    before = bone_rotations(messages, posed(rest_pose(), side))
    after = bone_rotations(messages, posed(replace(rest_pose(), angles=angles), side))
    turns = np.linalg.norm(axis_angle_from_rotation(np.swapaxes(before, 1, 2) @ after), axis=1)
    index = BONE_NAMES.index("IndexIntermediate")
    assert turns[index] == pytest.approx(0.5, abs=1e-9)
    np.testing.assert_allclose(np.delete(turns, index), 0.0, atol=1e-7)


@pytest.mark.parametrize("seed", range(10))
def test_left_hands_mirror_right_ones(messages: VmcMessages, seed: int) -> None:
    right = random_hand(seed)
    np.testing.assert_allclose(
        bone_rotations(messages, mirrored(right)),
        MIRROR @ bone_rotations(messages, right) @ MIRROR,
        atol=1e-9,
    )


@SIDES
def test_offsets_are_the_person_s_bones(messages: VmcMessages, side: Side) -> None:
    hand = random_hand(3, side)
    offsets = poses(messages, hand)[1:, :3]
    rest = hand_of(side).shaped(hand.shape)[1]
    lengths = [np.linalg.norm(rest[j] - rest[JOINT_PARENTS[j]]) for j in range(1, 16)]
    np.testing.assert_allclose(np.linalg.norm(offsets, axis=1), lengths, atol=1e-9)
    right = 1.0 if side is Side.RIGHT else -1.0
    assert (offsets[3:, 0] * right > 0.01).all()  # Away from the body.
