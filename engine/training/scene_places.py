"""Whole scenes and the places in them that a localiser takes for hands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.inference.localiser import Localiser
from engine.inference.localiser_view import FOCAL_PX
from engine.messages import Float32, Float64, Side
from engine.render.coarse_sensor import apply_coarse_sensor
from engine.render.scene import HandLooks
from engine.training.localiser_scenes import HEIGHT_PX, WIDTH_PX

FRAME = PinholeCamera(
    WIDTH_PX, HEIGHT_PX, FOCAL_PX, FOCAL_PX, (WIDTH_PX - 1) / 2, (HEIGHT_PX - 1) / 2
)
"""The whole scene, coarsely."""

Proposer = Callable[[np.random.Generator, Float32], list[Float64]]
"""Places [3] in a perfect depth image of `FRAME` that look like hands through a random sensor."""


def proposals_of(localiser: Localiser) -> Proposer:
    """What a localiser takes for hands."""

    def propose(rng: np.random.Generator, depth_m: Float32) -> list[Float64]:
        seen = apply_coarse_sensor(depth_m, rng)
        return [place.centre for place in localiser.find(seen, FRAME)]

    return propose


def sample_hands(
    rng: np.random.Generator,
    looks: dict[Side, list[HandLooks]],
    count_shares: tuple[float, float, float],
) -> tuple[HandLooks, ...]:
    """No, one or two hands of different sides, with these chances."""
    count = int(rng.choice(3, p=count_shares))
    first = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
    return tuple(
        looks[side][int(rng.integers(len(looks[side])))] for side in (first, first.other)[:count]
    )
