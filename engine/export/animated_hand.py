"""A hand as animation programs know it: one rest pose, one skeleton, motion of its joints.

The tracker refines the shape a little in every frame; a skeleton has bones of one length. So the
animated hand has the median shape of its take, and its wrist is placed where the joints lie closest
to the tracked ones (least squares). Where the shape never changed, that is the tracked wrist.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.export.take import HandTake, Take
from engine.hand.keypoints import JOINT_PARENTS, TIP_JOINTS, keypoints_from_joints_and_tips
from engine.messages import Float64


@dataclass(frozen=True, slots=True)
class RestHand:
    """The hand at rest, in the hand frame: metres, wrist at the origin, V vertices."""

    vertices: Float64
    """[V, 3]."""
    faces: npt.NDArray[np.int32]
    """[F, 3] vertex indices, anticlockwise seen from outside."""
    weights: Float64
    """[V, 16]; rows add up to 1."""
    joints: Float64
    """[16, 3]."""
    tips: Float64
    """[5, 3] thumb, index, ... pinky."""


@dataclass(frozen=True, slots=True)
class HandMotion:
    """Where the joints of a rest hand are at M moments, in the camera frame."""

    times_s: Float64
    """[M], strictly increasing."""
    rotations: Float64
    """[M, 16, 3, 3] relative to the parent joint; the wrist's is R_camera_from_hand."""
    wrist_positions: Float64
    """[M, 3] metres."""


@dataclass(frozen=True, slots=True)
class AnimatedHand:
    """One hand of a take, ready to be written as an animation."""

    name: str
    rest: RestHand
    motion: HandMotion
    deviations_m: Float64
    """[M]: mean distance of its 21 keypoints to the tracked joints."""


def animated_hand(take: Take, hand: HandTake) -> AnimatedHand:
    """One hand of a take, at the moments at which it was seen."""
    rest = rest_hand(hand)
    at_origin = posed_keypoints(rest, hand.rotations, np.zeros_like(hand.wrist_positions))
    wrists = (hand.joints - at_origin).mean(1)
    off = np.linalg.norm(at_origin + wrists[:, None] - hand.joints, axis=-1)
    motion = HandMotion(take.seen_times(hand), hand.rotations, wrists)
    return AnimatedHand(hand.name, rest, motion, off.mean(1))


def rest_hand(hand: HandTake) -> RestHand:
    """The hand model in the person's shape."""
    points, joints = hand.model.shaped(hand.shape)
    count = hand.model.vertex_count
    return RestHand(
        points[:count], hand.model.faces, hand.model.weights[:count], joints, points[count:]
    )


def global_rotations(rotations: Float64) -> Float64:
    """Rotations [M, 16, 3, 3] in the camera frame of rotations relative to each parent."""
    R = np.empty_like(rotations)
    R[:, 0] = rotations[:, 0]
    for joint in range(1, len(JOINT_PARENTS)):
        R[:, joint] = R[:, JOINT_PARENTS[joint]] @ rotations[:, joint]
    return R


def posed_keypoints(rest: RestHand, rotations: Float64, wrist_positions: Float64) -> Float64:
    """The 21 keypoints [M, 21, 3]; fingertips ride on their last bone."""
    R = global_rotations(rotations)
    joints = np.empty((len(R), len(JOINT_PARENTS), 3))
    joints[:, 0] = wrist_positions
    for joint in range(1, len(JOINT_PARENTS)):
        parent = JOINT_PARENTS[joint]
        joints[:, joint] = joints[:, parent] + R[:, parent] @ (
            rest.joints[joint] - rest.joints[parent]
        )
    last = list(TIP_JOINTS)
    reach = rest.tips - rest.joints[last]
    tips = joints[:, last] + np.einsum("mkij,kj->mki", R[:, last], reach)
    return keypoints_from_joints_and_tips(joints, tips)
