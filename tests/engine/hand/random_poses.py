"""Random poses, all over what the limits allow and any way round."""

from __future__ import annotations

import numpy as np

from calibration.transforms import rotation_from_quaternion
from engine.hand.articulation import ANGLE_COUNT, LOWER, UPPER
from engine.hand.model import SHAPE_COUNT
from engine.hand.skinning import HandPose


def random_pose(rng: np.random.Generator) -> HandPose:
    """Angles uniform within limits, any rotation, within half a metre of (0, 0, 0.5)."""
    return HandPose(
        wrist_rotation=rotation_from_quaternion(rng.normal(size=4)),
        wrist_position=np.array([0.0, 0.0, 0.5]) + rng.uniform(-0.25, 0.25, 3),
        angles=rng.uniform(LOWER, UPPER),
        shape=rng.normal(size=SHAPE_COUNT),
    )


def rest_pose() -> HandPose:
    """The template where it lies: at the origin of the camera frame."""
    return HandPose(np.eye(3), np.zeros(3), np.zeros(ANGLE_COUNT), np.zeros(SHAPE_COUNT))
