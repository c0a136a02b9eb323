"""Hand states as messages of the Virtual Motion Capture protocol (VMC, protocol.vmc.info).

Fingers go out as humanoid bones, in Unity's axes, turned relative to the parent bone and to the
T-pose, in which a normalised avatar (VRM) has all bones unturned: arms to the sides, palms down,
fingers straight and parallel, thumbs 45 degrees forward in the palm's plane. The hand itself goes
out as a tracker and not as a bone: a hand bone turns against a forearm, which nobody measures here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from calibration.transforms import quaternion_from_rotation, rotation_from_axis_angle
from engine.export.axes import PRESETS
from engine.hand.keypoints import JOINT_KEYPOINTS, JOINT_PARENTS
from engine.hand.model import HandModel
from engine.messages import Float64, HandState, Scene, Side
from engine.streaming.skeleton import JointRotations, Skeletons

BONE_NAMES: tuple[str, ...] = tuple(
    f"{finger}{part}"
    for finger in ("Thumb", "Index", "Middle", "Ring", "Little")
    for part in ("Proximal", "Intermediate", "Distal")
)
"""Unity's HumanBodyBones without the side, of the articulated joints 1 to 15. The first of the
thumb is its metacarpal."""

UNITY_FROM_HAND: Mapping[Side, Float64] = MappingProxyType(
    {
        Side.RIGHT: np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]]),
        Side.LEFT: np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    }
)
"""[3, 3] of each side's hand frame (x to the person's right, y along the fingers, z out of the
back) in the T-pose of an avatar that looks along z: a reflection, because Unity is left-handed."""

CALIBRATED, NORMAL_MODE = 3, 0

_Value = str | int | float


class VmcMessages:
    """Scenes as OSC bundles; immutable."""

    def __init__(self, skeletons: Skeletons | None = None) -> None:
        self._skeletons = skeletons or Skeletons()
        self._templates = {side: HandTemplate(side) for side in Side}
        self._straight = {side: rest_turns(self._skeletons.model(side)) for side in Side}

    def datagrams(self, scene: Scene, time_s: float) -> Iterator[bytes]:
        """One bundle that says how it goes, then one a hand; each fits an Ethernet packet.

        `time_s` is the sender's time since it began.
        """
        tracked = int(bool(scene.hands))
        yield bundle(
            ("/VMC/Ext/OK", (1, CALIBRATED, NORMAL_MODE, tracked)), ("/VMC/Ext/T", (time_s,))
        )
        rotations = self._skeletons.rotations(scene.hands)
        for hand, turns in zip(scene.hands, rotations, strict=True):
            yield self._templates[hand.side].filled(self.poses(hand, turns))

    def poses(self, hand: HandState, rotations: JointRotations) -> Float64:
        """[16, 7] in Unity's axes: position in metres and quaternion of the tracker, then of each
        bone, relative to its parent."""
        M = UNITY_FROM_HAND[hand.side]
        world = rotations.world @ self._straight[hand.side]
        joints, parents = hand.joints[list(JOINT_KEYPOINTS)], list(JOINT_PARENTS[1:])
        back = np.swapaxes(world[parents], -1, -2)
        turns, places = np.empty((16, 3, 3)), np.empty((16, 3))
        turns[0], places[0] = _tracker(hand)
        turns[1:] = M @ back @ world[1:] @ M.T
        places[1:] = np.einsum("jab,jb->ja", back, joints[1:] - joints[parents]) @ M.T
        return np.concatenate([places, quaternion_from_rotation(turns)], axis=1)


def _tracker(hand: HandState) -> tuple[Float64, Float64]:
    """Rotation [3, 3] and position [3] of the wrist in front of the camera; unturned where the hand
    is as in the T-pose of one who looks where the camera looks."""
    unity = PRESETS["unity"]
    rotation = unity.basis @ hand.wrist_rotation @ UNITY_FROM_HAND[hand.side].T
    return rotation, unity.points(hand.wrist_position)


class HandTemplate:
    """The bundle of one hand, made by python-osc once; only its numbers change from scene to scene.

    Everything in OSC is a multiple of four bytes, so the bundle is an array of big-endian words.
    Making it anew, 16 messages of eight values, would take ten times as long.
    """

    def __init__(self, side: Side) -> None:
        name = side.title()
        zeros = (0.0,) * 7
        made = bundle(
            ("/VMC/Ext/Tra/Pos", (f"HandTune{name}Hand", *zeros)),
            *(("/VMC/Ext/Bone/Pos", (f"{name}{bone}", *zeros)) for bone in BONE_NAMES),
        )
        self._words = np.frombuffer(made, ">f4")
        self._places = np.array([end - np.arange(7, 0, -1) for end in _message_ends(made)])

    def filled(self, poses: Float64) -> bytes:
        """The bundle with poses [16, 7]."""
        words = self._words.copy()
        words[self._places] = poses
        return words.tobytes()


def _message_ends(bundle: bytes) -> Iterator[int]:
    """Word after the last of each message: "#bundle" and a time, then a size before each."""
    start = 16
    while start < len(bundle):
        start += 4 + int.from_bytes(bundle[start : start + 4], "big")
        yield start // 4


def rest_turns(model: HandModel) -> Float64:
    """[16, 3, 3]: what turns each bone of the T-pose onto the model's bone at rest, hand frame.

    The shortest turn from the T-pose's direction; none for the wrist.
    """
    keypoints = model.rest_keypoints()
    thumb_x = -1.0 if model.side is Side.RIGHT else 1.0
    turns = np.broadcast_to(np.eye(3), (16, 3, 3)).copy()
    for joint in range(1, 16):
        keypoint = JOINT_KEYPOINTS[joint]
        bone = keypoints[keypoint + 1] - keypoints[keypoint]
        straight = np.array([thumb_x, 1.0, 0.0]) if joint < 4 else np.array([0.0, 1.0, 0.0])
        turns[joint] = shortest_turn(straight, bone)
    return turns


def shortest_turn(start: Float64, end: Float64) -> Float64:
    """Rotation [3, 3] of direction `start` [3] to direction `end` [3]; they are not opposite."""
    axis = np.cross(start, end)
    sine, cosine = np.linalg.norm(axis), start @ end
    if sine == 0.0:
        return np.eye(3)
    return rotation_from_axis_angle(axis / sine * np.arctan2(sine, cosine))


def bundle(*messages: tuple[str, tuple[_Value, ...]]) -> bytes:
    """OSC messages (address, values) that belong to one moment."""
    builder = OscBundleBuilder(IMMEDIATELY)
    for address, values in messages:
        message = OscMessageBuilder(address)
        for value in values:
            message.add_arg(value)
        builder.add_content(message.build())
    return builder.build().dgram
