"""Perfect depth images of a hand, alone and before a wall."""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.render.raycast import cast_depth


def _hand_image(wall_m: float = 0.0) -> np.ndarray:
    """A hand at half a metre, seen at an angle, in front of a wall or of nothing."""
    camera = PinholeCamera(160, 120, 200.0, 200.0, 80.0, 60.0)
    pose = HandPose(
        np.diag([-1.0, -1.0, 1.0]), np.array([0, 0.09, 0.5]), np.zeros(22), np.zeros(10)
    )
    model = load_hand_model()
    depth = cast_depth(camera, pose_hand(model, pose).vertices, model.faces).depth_m
    return np.where(depth > 0, depth, np.float32(wall_m))


ALONE, BEFORE_A_WALL = _hand_image(), _hand_image(0.8)
