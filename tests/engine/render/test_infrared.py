"""Infrared pictures: light falls off with distance and slant."""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.render.infrared import FULL_AT_M, infrared_image

CAMERA = PinholeCamera(64, 48, 80.0, 80.0, 31.5, 23.5)
QUIET = np.zeros((48, 64), np.float32)


def wall(distance_m: float, slant: float = 0.0) -> np.ndarray:
    """Depth of a plane through the axis at `distance_m`, turned by `slant` radians about y."""
    x = (np.arange(64) - CAMERA.cx) / CAMERA.fx
    return np.tile(distance_m / (1 - x * np.tan(slant)), (48, 1)).astype(np.float32)


def middle(depth: np.ndarray) -> float:
    return float(infrared_image(depth, CAMERA, QUIET)[22:26, 30:34].mean())


def test_brightness_falls_with_the_square_of_the_distance() -> None:
    assert middle(wall(FULL_AT_M)) > 250
    assert abs(middle(wall(2 * FULL_AT_M)) - 255 / 4) < 1.5
    assert abs(middle(wall(3 * FULL_AT_M)) - 255 / 9) < 1.5


def test_brightness_falls_with_the_cosine_of_the_slant() -> None:
    flat, slanted = middle(wall(0.9)), middle(wall(0.9, np.pi / 3))
    assert abs(slanted / flat - 0.5) < 0.03


def test_nothing_is_dark_and_noise_shows_everywhere() -> None:
    empty = np.zeros((48, 64), np.float32)
    assert not infrared_image(empty, CAMERA, QUIET).any()
    noise = np.full((48, 64), 2.0, np.float32)
    assert (infrared_image(empty, CAMERA, noise) == 6).all()
