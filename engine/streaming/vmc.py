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
import numpy.typing as npt
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from calibration.transforms import quaternion_from_rotation, rotation_from_axis_angle
from engine.export.axes import PRESETS
from engine.hand.keypoints import JOINT_KEYPOINTS, JOINT_PARENTS
from engine.hand.model import HandModel
from engine.messages import HandState, Scene, Side
from engine.streaming.skeleton import Skeletons

Float64 = npt.NDArray[np.float64]

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
        self._straight = {side: rest_turns(self._skeletons.model(side)) for side in Side}

    def bundles(self, scene: Scene, time_s: float) -> Iterator[OscBundle]:
        """One bundle that says how it goes, then one a hand; each fits an Ethernet packet.

        `time_s` is the sender's time since it began.
        """
        tracked = int(bool(scene.hands))
        yield _bundle(
            ("/VMC/Ext/OK", (1, CALIBRATED, NORMAL_MODE, tracked)), ("/VMC/Ext/T", (time_s,))
        )
        for hand in scene.hands:
            yield _bundle(self._tracker(hand), *self._bones(hand))

    def bone_rotations(self, hand: HandState) -> Float64:
        """[15, 3, 3] in Unity's axes, relative to the parent bone and the T-pose."""
        world = self._skeletons.rotations(hand).world @ self._straight[hand.side]
        parents = list(JOINT_PARENTS[1:])
        local = np.swapaxes(world[parents], -1, -2) @ world[1:]
        M = UNITY_FROM_HAND[hand.side]
        return M @ local @ M.T

    def _bones(self, hand: HandState) -> Iterator[tuple[str, tuple[_Value, ...]]]:
        rotations = quaternion_from_rotation(self.bone_rotations(hand))
        offsets = self._offsets(hand)
        for name, offset, rotation in zip(BONE_NAMES, offsets, rotations, strict=True):
            yield "/VMC/Ext/Bone/Pos", (f"{hand.side.title()}{name}", *_floats(offset, rotation))

    def _offsets(self, hand: HandState) -> Float64:
        """[15, 3] metres: each bone from its parent's, in the parent's axes, in the T-pose."""
        joints = hand.joints[list(JOINT_KEYPOINTS)]
        parents = list(JOINT_PARENTS[1:])
        world = self._skeletons.rotations(hand).world @ self._straight[hand.side]
        bones = np.einsum("jba,jb->ja", world[parents], joints[1:] - joints[parents])
        return bones @ UNITY_FROM_HAND[hand.side].T

    def _tracker(self, hand: HandState) -> tuple[str, tuple[_Value, ...]]:
        """The wrist in front of the camera; unturned where the hand is as in the T-pose of one who
        looks where the camera looks."""
        unity = PRESETS["unity"]
        rotation = unity.basis @ hand.wrist_rotation @ UNITY_FROM_HAND[hand.side].T
        values = _floats(unity.points(hand.wrist_position), quaternion_from_rotation(rotation))
        return "/VMC/Ext/Tra/Pos", (f"HandTune{hand.side.title()}Hand", *values)


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


def _floats(*arrays: Float64) -> tuple[float, ...]:
    return tuple(float(value) for array in arrays for value in array)


def _bundle(*messages: tuple[str, tuple[_Value, ...]]) -> OscBundle:
    bundle = OscBundleBuilder(IMMEDIATELY)
    for address, values in messages:
        message = OscMessageBuilder(address)
        for value in values:
            message.add_arg(value)
        bundle.add_content(message.build())
    return bundle.build()
