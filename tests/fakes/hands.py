"""Tracked hands made up for tests, with the mesh and the joints of the default hand model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.hand.model import HandModel, hand_of
from engine.hand.skinning import HandPose, pose_hand
from engine.messages import HandState, Side


def state_of_pose(
    pose: HandPose, side: Side = Side.RIGHT, model: HandModel | None = None, **others: Any
) -> HandState:
    """The state of a hand in a pose, found without error; `others` are fields to set."""
    posed = pose_hand(model or hand_of(side), pose)
    state = HandState(
        hand_id=1,
        side=side,
        captured_ns=0,
        wrist_rotation=pose.wrist_rotation,
        wrist_position=pose.wrist_position,
        angles=pose.angles,
        shape=pose.shape,
        joints=posed.keypoints,
        vertices=posed.vertices.astype(np.float32),
        confidence=np.full(21, 0.9),
        network_joints=posed.keypoints,
        residual_m=0.0018,
    )
    return replace(state, **others)
