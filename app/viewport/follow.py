"""Keeping hands in the middle of the 3D view without making the viewer seasick."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.viewport.orbit import ViewPose
from engine.messages import HandState

TIME_CONSTANT_S = 0.35
TOGETHER_M = 0.45
"""Hands further apart than this do not fit into the view: it stays with the one seen first."""
REST_M = 0.02
"""The view stands still while the hand stays this near to its middle."""


def followed(pose: ViewPose, hands: tuple[HandState, ...], elapsed_s: float) -> ViewPose:
    """The pose moved some way towards the middle of the hands; all the way for infinite time."""
    if not hands:
        return pose
    centre = _middle(hands)
    target = np.asarray(pose.target)
    offset = centre - target
    distance = float(np.linalg.norm(offset))
    if np.isinf(elapsed_s):
        return pose.aimed_at(centre)
    if distance <= REST_M:
        return pose
    share = 1.0 - np.exp(-elapsed_s / TIME_CONSTANT_S)
    return pose.aimed_at(target + offset * share * (distance - REST_M) / distance)


def _middle(hands: tuple[HandState, ...]) -> npt.NDArray[np.float64]:
    """[3] metres: of all hands near the first one."""
    ordered = sorted(hands, key=lambda hand: hand.hand_id)
    centres = np.array([(hand.vertices.min(0) + hand.vertices.max(0)) / 2 for hand in ordered])
    near = np.linalg.norm(centres - centres[0], axis=1) < TOGETHER_M
    return np.asarray(centres[near].mean(0), np.float64)
