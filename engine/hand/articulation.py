"""How the 16 joints may move: 22 anatomical angles, their axes, limits and weak priors.

Angles: thumb CMC palmar abduction, CMC flexion, CMC twist, MCP flexion, MCP abduction, IP flexion;
then for index, middle, ring and pinky MCP flexion, MCP abduction (towards the thumb is positive),
PIP flexion, DIP flexion. Flexion curls when positive. Zero is the rest pose of the hand model.

A joint with several angles rotates by the product of their rotations in the order listed; the first
axis is fixed to the parent bone. Flexion comes before abduction at the knuckles, so a bent finger
still swings sideways instead of spinning about its own axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.transforms import rotation_from_axis_angle
from engine.messages import Float64

ANGLE_COUNT = 22


@dataclass(frozen=True, slots=True)
class AngleRange:
    """Limits and weak prior of one angle; degrees."""

    name: str
    joint: int
    """Articulated joint 1..15 that it moves."""
    lower: float
    upper: float
    mean: float
    sigma: float


def _finger_ranges() -> list[AngleRange]:
    ranges = []
    for finger, name in enumerate(("index", "middle", "ring", "pinky")):
        mcp = 4 + 3 * finger
        ranges += [
            AngleRange(f"{name}_mcp_flexion", mcp, -30, 95, 15, 40),
            AngleRange(f"{name}_mcp_abduction", mcp, -25, 25, 0, 10),
            AngleRange(f"{name}_pip_flexion", mcp + 1, -10, 112, 20, 50),
            AngleRange(f"{name}_dip_flexion", mcp + 2, -12, 88, 15, 40),
        ]
    return ranges


# Ranges of motion as in clinical goniometry tables, a little widened for hypermobile hands.
RANGES: tuple[AngleRange, ...] = (
    AngleRange("thumb_cmc_abduction", 1, -40, 50, 0, 25),
    AngleRange("thumb_cmc_flexion", 1, -35, 60, 0, 25),
    AngleRange("thumb_cmc_twist", 1, -35, 40, 0, 15),
    AngleRange("thumb_mcp_flexion", 2, -25, 68, 5, 20),
    AngleRange("thumb_mcp_abduction", 2, -14, 14, 0, 6),
    AngleRange("thumb_ip_flexion", 3, -30, 90, 10, 30),
    *_finger_ranges(),
)

ANGLE_NAMES: tuple[str, ...] = tuple(r.name for r in RANGES)
ANGLE_JOINTS: npt.NDArray[np.int64] = np.array([r.joint for r in RANGES])
LOWER: Float64 = np.radians([r.lower for r in RANGES])
UPPER: Float64 = np.radians([r.upper for r in RANGES])
PRIOR_MEAN: Float64 = np.radians([r.mean for r in RANGES])
PRIOR_SIGMA: Float64 = np.radians([r.sigma for r in RANGES])

PIP_DIP_PAIRS: tuple[tuple[int, int], ...] = tuple((8 + 4 * f, 9 + 4 * f) for f in range(4))
"""Angle indices (PIP, DIP) of each finger, which share a tendon and bend together."""


def axes_from_rest(keypoints: Float64) -> Float64:
    """Unit axes [22, 3] in the hand frame, from the rest keypoints [21, 3] of a RIGHT hand.

    The hand frame is x towards the little finger, y towards the fingers, z out of the back.
    """
    palmar, radial = np.array([0.0, 0.0, -1.0]), np.array([-1.0, 0.0, 0.0])
    axes = np.zeros((ANGLE_COUNT, 3))
    axes[0:6] = _thumb_axes(keypoints, palmar)
    for finger in range(4):
        mcp = 5 + 4 * finger
        proximal, middle, distal = (
            _unit(keypoints[mcp + k + 1] - keypoints[mcp + k]) for k in range(3)
        )
        first = 6 + 4 * finger
        axes[first] = _axis_towards(proximal, palmar)
        axes[first + 1] = _axis_towards(proximal, radial)
        axes[first + 2] = _axis_towards(middle, palmar)
        axes[first + 3] = _axis_towards(distal, palmar)
    return axes


def _thumb_axes(keypoints: Float64, palmar: Float64) -> Float64:
    # The thumb's pad faces the little finger, so it flexes across the palm.
    across = _unit(np.array([0.92, -0.15, -0.10]))
    metacarpal, proximal, distal = (_unit(keypoints[k + 1] - keypoints[k]) for k in (1, 2, 3))
    return np.stack(
        [
            _axis_towards(metacarpal, palmar),
            _axis_towards(metacarpal, across),
            metacarpal,
            _axis_towards(proximal, across),
            _axis_towards(proximal, palmar),
            _axis_towards(distal, across),
        ]
    )


def _axis_towards(bone: Float64, direction: Float64) -> Float64:
    """The axis about which a positive rotation moves `bone` towards `direction`."""
    return _unit(np.cross(bone, direction))


def _unit(vector: Float64) -> Float64:
    return vector / np.linalg.norm(vector)


def joint_rotations(axes: Float64, angles: Float64) -> Float64:
    """Rotations [..., 16, 3, 3] relative to the parent, of angles [..., 22] in radians.

    Entry 0 (the wrist) is the identity: its rotation is the hand's pose in the camera frame.
    """
    turns = rotation_from_axis_angle(axes * np.asarray(angles)[..., None])
    rotations = np.broadcast_to(np.eye(3), (*turns.shape[:-3], 16, 3, 3)).copy()
    for joints, angle_indices in _TURN_ROUNDS:
        rotations[..., joints, :, :] @= turns[..., angle_indices, :, :]
    return rotations


def _turn_rounds() -> tuple[tuple[list[int], list[int]], ...]:
    """Joints and angles of the first turns of all joints, of their second ones, and so on."""
    by_joint = [np.flatnonzero(joint == ANGLE_JOINTS) for joint in range(16)]
    rounds = []
    for turn in range(max(map(len, by_joint))):
        joints = [joint for joint in range(16) if len(by_joint[joint]) > turn]
        rounds.append((joints, [int(by_joint[joint][turn]) for joint in joints]))
    return tuple(rounds)


_TURN_ROUNDS = _turn_rounds()
