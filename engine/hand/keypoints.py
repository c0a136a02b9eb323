"""The 21-keypoint standard and the 16 articulated joints.

Keypoints: wrist; thumb CMC, MCP, IP, TIP; index, middle, ring and pinky MCP, PIP, DIP, TIP.
The articulated joints are the keypoints that are not tips, in the same order: wrist, three of the
thumb, three of each finger. MANO has the same articulation in another order.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", np.float32, np.float64)

FINGERS = ("thumb", "index", "middle", "ring", "pinky")

KEYPOINT_NAMES: tuple[str, ...] = (
    "wrist",
    *(f"thumb_{joint}" for joint in ("cmc", "mcp", "ip", "tip")),
    *(f"{finger}_{joint}" for finger in FINGERS[1:] for joint in ("mcp", "pip", "dip", "tip")),
)

TIP_KEYPOINTS: tuple[int, ...] = (4, 8, 12, 16, 20)

JOINT_KEYPOINTS: tuple[int, ...] = tuple(k for k in range(21) if k not in TIP_KEYPOINTS)
"""Keypoint index of each of the 16 articulated joints."""

JOINT_NAMES: tuple[str, ...] = tuple(KEYPOINT_NAMES[k] for k in JOINT_KEYPOINTS)

JOINT_PARENTS: tuple[int, ...] = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)

TIP_JOINTS: tuple[int, ...] = (3, 6, 9, 12, 15)
"""Articulated joint (thumb IP, finger DIP) that carries each fingertip."""

KEYPOINT_PARENTS: tuple[int, ...] = tuple(
    0 if k == 0 or (k - 1) % 4 == 0 else k - 1 for k in range(21)
)
"""Parent keypoint in the skeleton; the wrist is its own."""

BONES: tuple[tuple[int, int], ...] = tuple((KEYPOINT_PARENTS[k], k) for k in range(1, 21))

DISTAL_KEYPOINTS: tuple[int, ...] = (2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20)
"""PIP, DIP, TIP of the fingers; MCP, IP, TIP of the thumb."""

KNUCKLES: tuple[int, ...] = (5, 9, 13, 17)
"""The four MCPs."""

PALM_KEYPOINTS: tuple[int, ...] = (0, *KNUCKLES)
"""Wrist and the four MCPs: rigid to each other, so their mean says where a hand is."""

ADULT_PALM_M = 0.090
"""Wrist to middle knuckle of the default hand."""


def palm_size(keypoints: npt.NDArray[np.floating]) -> float:
    """Length of the palm of a hand with keypoints [21, 3], relative to the default hand's."""
    return float(np.linalg.norm(keypoints[9] - keypoints[0])) / ADULT_PALM_M


def keypoints_from_joints_and_tips(
    joints: npt.NDArray[Scalar],
    tips: npt.NDArray[Scalar],
) -> npt.NDArray[Scalar]:
    """Keypoints [..., 21, 3] of joints [..., 16, 3] and fingertips [..., 5, 3]."""
    keypoints = np.empty((*joints.shape[:-2], 21, 3), joints.dtype)
    keypoints[..., JOINT_KEYPOINTS, :] = joints
    keypoints[..., TIP_KEYPOINTS, :] = tips
    return keypoints
