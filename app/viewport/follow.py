"""Keeping hands in the middle of the 3D view without making the viewer seasick."""

from __future__ import annotations

import numpy as np

from app.viewport.orbit import ViewPose
from engine.messages import HandState

TIME_CONSTANT_S = 0.35
REST_M = 0.02
"""The view stands still while the hand stays this near to its middle."""


def followed(pose: ViewPose, hands: tuple[HandState, ...], elapsed_s: float) -> ViewPose:
    """The pose moved some way towards the middle of the hands; all the way for infinite time."""
    if not hands:
        return pose
    centre = np.mean([(hand.vertices.min(0) + hand.vertices.max(0)) / 2 for hand in hands], axis=0)
    target = np.asarray(pose.target)
    offset = centre - target
    distance = float(np.linalg.norm(offset))
    if np.isinf(elapsed_s):
        return pose.aimed_at(centre)
    if distance <= REST_M:
        return pose
    share = 1.0 - np.exp(-elapsed_s / TIME_CONSTANT_S)
    return pose.aimed_at(target + offset * share * (distance - REST_M) / distance)
