"""Families of sensors change depth as sensors do, and never into nonsense."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.render.sensors import SENSOR_SHARES, SENSORS, apply_sensor, sample_sensor
from tests.engine.render.hand_images import ALONE, BEFORE_A_WALL

EACH = pytest.mark.parametrize("sensor", SENSORS)
SEEDS = range(12)


@EACH
@pytest.mark.parametrize("image", [ALONE, BEFORE_A_WALL], ids=["alone", "before a wall"])
def test_depth_stays_depth(sensor: str, image: np.ndarray) -> None:
    for seed in SEEDS:
        found = apply_sensor(sensor, image.copy(), np.random.default_rng(seed))
        assert found.dtype == np.float32
        assert found.shape == image.shape
        assert np.isfinite(found).all()
        assert ((found == 0) | (found > 0.3)).all(), "no negative and no near-zero depth"


@EACH
def test_change_is_bounded_by_what_lies_around(sensor: str) -> None:
    """A pixel reports a depth between those within 4 pixels, or 4 cm off: never a new surface."""
    kernel = np.ones((9, 9), np.uint8)
    far = np.where(BEFORE_A_WALL > 0, BEFORE_A_WALL, 99).astype(np.float32)
    low, high = cv2.erode(far, kernel) - 0.04, cv2.dilate(BEFORE_A_WALL, kernel) + 0.04
    for seed in SEEDS:
        found = apply_sensor(sensor, BEFORE_A_WALL.copy(), np.random.default_rng(seed))
        seen = found > 0
        assert (found[seen] >= low[seen]).all()
        assert (found[seen] <= high[seen]).all()


@EACH
def test_no_data_stays_no_data_away_from_surfaces(sensor: str) -> None:
    """Only the outline may grow (stereo windows do that), by three pixels at most."""
    near = cv2.dilate((ALONE > 0).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    for seed in SEEDS:
        assert not apply_sensor(sensor, ALONE.copy(), np.random.default_rng(seed))[~near].any()
    assert not apply_sensor(sensor, np.zeros_like(ALONE), np.random.default_rng(0)).any()


@EACH
def test_most_of_the_hand_survives_with_a_few_millimetres_of_noise(sensor: str) -> None:
    kept, error = [], []
    inside = cv2.erode((ALONE > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    for seed in range(30):
        found = apply_sensor(sensor, ALONE.copy(), np.random.default_rng(seed))
        both = inside & (found > 0)
        kept.append(both.sum() / inside.sum())
        error.append(np.abs(found - ALONE)[both].mean())
    assert np.mean(kept) > 0.8
    assert 0.0001 < np.mean(error) < 0.006


@EACH
def test_the_seed_decides(sensor: str) -> None:
    first, again, other = (
        apply_sensor(sensor, ALONE.copy(), np.random.default_rng(s)) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


@EACH
def test_the_image_given_is_left_alone(sensor: str) -> None:
    image = BEFORE_A_WALL.copy()
    image.setflags(write=False)
    apply_sensor(sensor, image, np.random.default_rng(0))


def test_shares_are_shares() -> None:
    assert sum(SENSOR_SHARES) == pytest.approx(1)
    rng = np.random.default_rng(0)
    drawn = [sample_sensor(rng) for _ in range(1000)]
    for sensor, share in zip(SENSORS, SENSOR_SHARES, strict=True):
        assert drawn.count(sensor) / 1000 == pytest.approx(share, abs=0.05)
