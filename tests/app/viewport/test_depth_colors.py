from __future__ import annotations

import numpy as np

from app.viewport.depth_colors import NO_DATA_RGB, DepthColors


def _ramp(near: float = 0.3, far: float = 1.2) -> np.ndarray:
    return np.tile(np.linspace(near, far, 320, dtype=np.float32), (240, 1))


def test_nearer_is_lighter() -> None:
    image = DepthColors().paint(_ramp(), (320, 240))
    brightness = image[120, :, :3].astype(int).sum(-1)
    assert (np.diff(brightness) <= 0).all()
    assert brightness[0] > brightness[-1] + 200


def test_no_data_has_a_colour_of_its_own() -> None:
    depth = _ramp()
    depth[:40] = 0.0
    image = DepthColors().paint(depth, (320, 240))
    assert tuple(image[10, 10, 2::-1]) == NO_DATA_RGB
    assert tuple(image[100, 310, 2::-1]) != NO_DATA_RGB


def test_an_empty_picture_is_all_no_data() -> None:
    image = DepthColors().paint(np.zeros((240, 320), np.float32), (320, 240))
    assert (image[..., 2::-1] == NO_DATA_RGB).all()


def test_colours_do_not_flicker_with_the_sensors_noise() -> None:
    colors, rng = DepthColors(), np.random.default_rng(0)
    colors.paint(_ramp(), (320, 240))
    first = colors.range_m
    for _ in range(60):
        noisy = _ramp() + rng.normal(0, 0.003, (240, 320)).astype(np.float32)
        colors.paint(noisy, (320, 240))
    assert colors.range_m == first


def test_colours_follow_a_new_distance_in_a_second_or_two() -> None:
    colors = DepthColors()
    colors.paint(_ramp(0.3, 0.6), (320, 240))
    for _ in range(60):
        colors.paint(_ramp(1.0, 2.0), (320, 240))
    assert colors.range_m[0] > 0.9
    assert colors.range_m[1] > 1.7


def test_depth_beyond_the_range_stays_dark() -> None:
    depth = _ramp()
    depth[0, 0] = 60.0
    image = DepthColors().paint(depth, (320, 240))
    assert image[0, 0, :3].astype(int).sum() <= image[120, 300, :3].astype(int).sum()


def test_a_picture_of_another_size_shows_the_same() -> None:
    image = DepthColors().paint(_ramp(), (160, 120))
    assert image.shape == (120, 160, 4)
