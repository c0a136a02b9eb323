"""Rotations of a hand's 16 joints from its state, and what streams need of the hand at rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.hand.articulation import joint_rotations
from engine.hand.keypoints import JOINT_PARENTS
from engine.hand.model import HandModel, load_hand_model
from engine.messages import Float64, HandState, Side


@dataclass(frozen=True, slots=True)
class JointRotations:
    """Of the 16 articulated joints; the rest pose has the identity everywhere."""

    local: Float64
    """[16, 3, 3] relative to the parent joint; the wrist's relative to the camera."""
    world: Float64
    """[16, 3, 3]: R_camera_from_joint."""


class Skeletons:
    """The hand model of each side. Immutable; any thread may use it."""

    def __init__(self, right: HandModel | None = None) -> None:
        """Raises WeightsError where the default model is missing or damaged."""
        model = right or load_hand_model()
        self._models = {Side.RIGHT: model, Side.LEFT: model.mirrored()}

    def model(self, side: Side) -> HandModel:
        return self._models[side]

    def rotations(self, hands: Sequence[HandState]) -> list[JointRotations]:
        """Of tracked hands, from their angles and the rotations of their wrists; all at once,
        because most of the time goes into calls, not into numbers."""
        if not hands:
            return []
        axes = np.stack([self._models[hand.side].axes for hand in hands])
        local = joint_rotations(axes, np.stack([hand.angles for hand in hands]))
        local[:, 0] = [hand.wrist_rotation for hand in hands]
        world = local.copy()
        for joint in range(1, 16):
            world[:, joint] = world[:, JOINT_PARENTS[joint]] @ local[:, joint]
        return [JointRotations(*both) for both in zip(local, world, strict=True)]
