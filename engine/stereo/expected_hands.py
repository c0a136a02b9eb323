"""Where the next pair is matched first: around the hands that were just seen.

What is known of a hand comes from another thread and from a pair or two ago, so the boxes are
generous, and forgotten soon after nobody says anything any more.
"""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.messages import HandState, Scene
from engine.stereo.near_blocks import Box

MARGIN_M = 0.04
"""Around the joints: flesh, what the hand moves between two pairs, some of what is beside it."""
PAIRS = 6
"""So many pairs later a hand may be anywhere."""


class ExpectedHands:
    """Boxes in the left rectified picture. One thread tells, another asks."""

    def __init__(self, camera: PinholeCamera) -> None:
        """`camera` is that of the rectified pictures."""
        self._camera = camera
        self._told: tuple[tuple[Box, ...], int] = ((), 0)
        """The boxes, and for how many pairs they hold; replaced whole."""

    def tell(self, scene: Scene) -> None:
        """Hands were there in the newest scene."""
        boxes = (_box_around(hand, self._camera) for hand in scene.hands)
        self._told = tuple(box for box in boxes if box is not None), PAIRS

    def boxes(self) -> tuple[Box, ...]:
        """For the next pair; they may reach beyond the picture."""
        boxes, pairs = self._told
        self._told = (boxes, pairs - 1) if pairs > 1 else ((), 0)
        return boxes


def _box_around(hand: HandState, camera: PinholeCamera) -> Box | None:
    """None for a hand that is not before the camera."""
    nearest_m = float(hand.joints[:, 2].min())
    if not nearest_m > MARGIN_M:
        return None
    points = camera.project(hand.joints)
    margin = MARGIN_M * camera.fx / nearest_m
    left, top = np.floor(points.min(0) - margin).astype(int).tolist()
    right, bottom = np.ceil(points.max(0) + margin).astype(int).tolist()
    return left, top, right, bottom
