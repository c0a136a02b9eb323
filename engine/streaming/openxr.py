"""The 26 joints of OpenXR's XR_EXT_hand_tracking, from a hand state.

Every joint has a frame: -z along its bone towards the fingertip, +y out of the back of the hand or
the nail, x to the right of both; a tip has the frame of its last bone. Positions of 21 joints are
the tracked ones. Five are DERIVED, because no depth camera sees them: the bases of the four finger
metacarpals, which stand where the hand model's source has them (its palm is rigid), scaled to the
person's knuckles, and the palm, which is halfway along the middle metacarpal.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from engine.export.axes import PRESETS
from engine.hand.model import HandModel
from engine.messages import Float64, HandState, Side
from engine.streaming.skeleton import JointRotations, Skeletons

JOINT_NAMES: tuple[str, ...] = (
    "palm",
    "wrist",
    *(f"thumb_{part}" for part in ("metacarpal", "proximal", "distal", "tip")),
    *(
        f"{finger}_{part}"
        for finger in ("index", "middle", "ring", "little")
        for part in ("metacarpal", "proximal", "intermediate", "distal", "tip")
    ),
)
"""XrHandJointEXT 0..25 in order."""

PALM, WRIST = 0, 1
METACARPALS: tuple[int, ...] = (6, 11, 16, 21)
"""Of the four fingers: the base of the bone."""
DERIVED: tuple[int, ...] = (PALM, *METACARPALS)
KNUCKLE_KEYPOINTS: tuple[int, ...] = (5, 9, 13, 17)
KNUCKLE_JOINTS: tuple[int, ...] = (4, 7, 10, 13)
TRACKED: tuple[int, ...] = tuple(k for k in range(26) if k not in DERIVED)
"""Joints that are keypoints; in the order of engine.hand.keypoints."""

REST_METACARPALS: Float64 = np.array(
    [
        [-0.00853, 0.02918, -0.00742],
        [-0.00209, 0.02892, -0.00552],
        [0.00913, 0.02662, -0.00400],
        [0.02425, 0.03342, -0.00504],
    ]
)
"""[4, 3] metres, hand frame of a right hand: the metacarpal joints of the WebXR generic hand, from
which scripts/build_hand_model.py makes the hand model, scaled as it scales."""

BONE_ENDS: tuple[tuple[int, int], ...] = (
    (11, 12),
    (1, 11),
    *((2, 3), (3, 4), (4, 5), (4, 5)),
    *((k + i, k + i + 1) for k in METACARPALS for i in (0, 1, 2, 3, 3)),
)
"""From where to where -z points, for each of the 26 joints; for the tips, the bone before them."""

FLEXION_ANGLES: tuple[int, ...] = (
    *(1, 3, 5, 5),
    *(6 + 4 * finger + angle for finger in range(4) for angle in (0, 2, 3, 3)),
)
"""The angle whose axis says where the nail of a thumb's or finger's joint points; in the order of
`FLEXING`."""
FLEXION_JOINTS: tuple[int, ...] = (
    *(1, 2, 3, 3),
    *(4 + 3 * finger + joint for finger in range(4) for joint in (0, 1, 2, 2)),
)
"""The articulated joint that carries each of `FLEXING`."""
FLEXING: tuple[int, ...] = tuple(k for k in range(2, 26) if k not in METACARPALS)
FLAT: tuple[int, ...] = (PALM, WRIST, *METACARPALS)
"""Joints whose +y is the back of the hand."""

KEPT_RADII = 8


@dataclass(frozen=True, slots=True)
class OpenXRHand:
    """26 joints in OpenXR's axes: x right, y up, z towards the camera, which is the origin."""

    positions: Float64
    """[26, 3] metres."""
    rotations: Float64
    """[26, 3, 3]: R_camera_from_joint; columns are the joint's x, y, z."""
    radii: Float64
    """[26] metres: from the joint to the skin, of the hand at rest."""


class OpenXRJoints:
    """Makes OpenXR hands; belongs to one thread, because it keeps the radii of recent shapes."""

    def __init__(self, skeletons: Skeletons) -> None:
        self._skeletons = skeletons
        self._radii: OrderedDict[tuple[Side, bytes], Float64] = OrderedDict()

    def of(self, hand: HandState, rotations: JointRotations) -> OpenXRHand:
        """The joints of a tracked hand and its rotations."""
        model = self._skeletons.model(hand.side)
        positions = joint_positions(model, hand.joints, hand.wrist_rotation)
        frames = joint_frames(model, positions, rotations.world)
        B = PRESETS["gltf"].basis  # The same as OpenXR's.
        return OpenXRHand(positions @ B.T, B @ frames, self._radii_of(hand.side, hand.shape))

    def _radii_of(self, side: Side, shape: Float64) -> Float64:
        rounded = np.round(shape, 1)
        key = (side, rounded.tobytes())
        if key not in self._radii:
            self._radii[key] = rest_radii(self._skeletons.model(side), rounded)
            if len(self._radii) > KEPT_RADII:
                self._radii.popitem(last=False)
        self._radii.move_to_end(key)
        return self._radii[key]


def joint_positions(model: HandModel, keypoints: Float64, wrist_rotation: Float64) -> Float64:
    """[26, 3] of keypoints [21, 3] and R_frame_from_hand [3, 3], all in one frame; metres."""
    mirror = np.array([1.0 if model.side is Side.RIGHT else -1.0, 1.0, 1.0])
    lengths = np.linalg.norm(keypoints[list(KNUCKLE_KEYPOINTS)] - keypoints[0], axis=1)
    scales = lengths / np.linalg.norm(model.joints[list(KNUCKLE_JOINTS)], axis=1)
    bases = (REST_METACARPALS * mirror * scales[:, None]) @ wrist_rotation.T
    positions = np.empty((26, 3))
    positions[list(TRACKED)] = keypoints
    positions[list(METACARPALS)] = keypoints[0] + bases
    positions[PALM] = (positions[11] + positions[12]) / 2
    return positions


def joint_frames(model: HandModel, positions: Float64, world: Float64) -> Float64:
    """Right-handed orthonormal frames [26, 3, 3] of joints [26, 3] and of R_frame_from_joint
    [16, 3, 3]."""
    starts, ends = np.array(BONE_ENDS).T
    forward = positions[ends] - positions[starts]
    right = np.empty((26, 3))
    # Flexing turns a bone from -z towards -y: about -x.
    axes = model.axes[list(FLEXION_ANGLES)]
    right[list(FLEXING)] = -np.einsum("kab,kb->ka", world[list(FLEXION_JOINTS)], axes)
    back = world[0][:, 2]
    right[list(FLAT)] = np.cross(forward[list(FLAT)], back)
    z = -forward / np.linalg.norm(forward, axis=1, keepdims=True)
    right -= (right * z).sum(1, keepdims=True) * z
    x = right / np.linalg.norm(right, axis=1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def rest_radii(model: HandModel, shape: Float64) -> Float64:
    """[26] metres: distance of each joint to the nearest vertex of the hand at rest."""
    vertices = model.shaped(shape)[0][:-5]
    joints = joint_positions(model, model.rest_keypoints(shape), np.eye(3))
    return np.linalg.norm(joints[:, None] - vertices[None], axis=2).min(1)
