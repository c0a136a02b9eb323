"""Pairs as the watch would make them, without looking at pictures."""

from __future__ import annotations

import numpy as np

from app.calibration_wizard.seen_pair import SeenPair
from calibration.coverage import Placement
from calibration.next_pose import Tilted
from calibration.views import Detection, View
from engine.stereo.pair import RawPair
from tests.calibration.synthetic import BOARD

SIZE = (640, 480)
POSE = Tilted(Placement(0.5, 0.5, 0.35, 0.0), (0.0, 0.0))
NOTHING = np.zeros((4, 4), np.uint8)


def seen(
    shift_px: float = 0.0, points: int | None = None, blur_px: float = 1.5, white: float = 0.0
) -> Detection:
    """The board's points on a grid, moved to the right."""
    ids = np.arange(len(BOARD.points_m) if points is None else points)
    pixels = 4000 * BOARD.points_m[ids, :2] * [0.5, 0.5] + [40 + shift_px, 30]
    return Detection(ids, pixels, SIZE, blur_px, white)


def seen_pair(
    left: Detection | None,
    right: Detection | None,
    at_s: float = 0.0,
    pose: Tilted | None = POSE,
    skew_ms: float = 0.0,
    right_is_left: bool | None = False,
) -> SeenPair:
    at = round(at_s * 1e9)
    pair = RawPair(0, NOTHING, NOTHING, at, at + round(skew_ms * 1e6))
    return SeenPair(pair, View("", (left, right)), pose, 0.5, right_is_left)
