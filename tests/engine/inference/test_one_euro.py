"""The one-euro filter: still at rest, prompt in motion."""

from __future__ import annotations

import numpy as np
import pytest

from engine.inference.one_euro import OneEuroFilter, OneEuroSettings
from engine.inference.pose_filter import ANGLES, POSITION, ROTATION

RATE_HZ = 30.0
SETTINGS = {"position": POSITION, "rotation": ROTATION, "angles": ANGLES}
EACH = pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())


def _filtered(
    settings: OneEuroSettings, signal: np.ndarray, rate_hz: float = RATE_HZ
) -> np.ndarray:
    smooth = OneEuroFilter(settings)
    return np.stack([smooth(value, k / rate_hz) for k, value in enumerate(signal)])


@EACH
@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 90.0])
def test_a_constant_comes_out_as_it_is(settings: OneEuroSettings, rate_hz: float) -> None:
    signal = np.tile([0.3, -1.2, 4.0], (50, 1))
    np.testing.assert_allclose(_filtered(settings, signal, rate_hz), signal, atol=1e-12)


def test_the_first_value_is_not_delayed() -> None:
    first = np.array([5.0, 6.0])
    np.testing.assert_array_equal(OneEuroFilter(POSITION)(first, 123.0), first)


@EACH
def test_a_value_that_is_not_later_starts_anew(settings: OneEuroSettings) -> None:
    """A recording that begins again must not be blended with its end."""
    smooth = OneEuroFilter(settings)
    for k in range(10):
        smooth(np.array([1.0 * k]), k / RATE_HZ)
    np.testing.assert_array_equal(smooth(np.array([-7.0]), 0.0), [-7.0])
    np.testing.assert_allclose(smooth(np.array([-7.0]), 1 / RATE_HZ), [-7.0])


# More jitter than a hand at rest has today: 1 mm, 1 degree, 2 degrees (standard deviation).
@pytest.mark.parametrize(
    ("settings", "size", "jitter", "at_most"),
    [(POSITION, 3, 0.001, 0.55), (ROTATION, 3, 0.017, 0.62), (ANGLES, 22, 0.035, 0.85)],
    ids=SETTINGS.keys(),
)
def test_jitter_at_rest_falls(
    settings: OneEuroSettings, size: int, jitter: float, at_most: float
) -> None:
    noise = np.random.default_rng(0).normal(0, jitter, (600, size))
    steps_before = np.diff(noise[60:], axis=0).std()
    steps_after = np.diff(_filtered(settings, noise)[60:], axis=0).std()
    assert steps_after < at_most * steps_before


@pytest.mark.parametrize(
    ("settings", "speed", "lag_s"),
    [(POSITION, 0.5, 0.002), (ROTATION, 3.0, 0.004), (ANGLES, 6.0, 0.004)],
    ids=SETTINGS.keys(),
)
def test_a_moving_hand_is_followed_closely(
    settings: OneEuroSettings, speed: float, lag_s: float
) -> None:
    """Lag behind half a metre, or some radians, a second: at most an eighth of a frame."""
    ramp = speed * np.arange(120)[:, None] / RATE_HZ
    behind = (ramp - _filtered(settings, ramp))[60:] / speed
    assert 0 < behind.max() < lag_s


@EACH
def test_the_output_lies_between_what_was_and_what_is(settings: OneEuroSettings) -> None:
    signal = np.random.default_rng(1).normal(size=(200, 1)).cumsum(0)
    smooth = _filtered(settings, signal)
    low = np.minimum(smooth[:-1], signal[1:])
    high = np.maximum(smooth[:-1], signal[1:])
    assert ((low <= smooth[1:]) & (smooth[1:] <= high)).all()


def test_components_share_one_speed() -> None:
    """A still component is let through sooner while another moves, so that they keep in step."""
    still = np.random.default_rng(2).normal(0, 0.001, (200, 1))
    ramp = np.arange(200)[:, None] / RATE_HZ
    alone = _filtered(POSITION, still)
    beside = _filtered(POSITION, np.concatenate([still, ramp], 1))[:, :1]
    assert np.abs(beside - still)[50:].mean() < 0.5 * np.abs(alone - still)[50:].mean()


def test_values_handed_out_are_the_callers() -> None:
    smooth = OneEuroFilter(POSITION)
    smooth(np.zeros(3), 0.0)
    out = smooth(np.ones(3), 1 / RATE_HZ)
    expected = out.copy()
    out[:] = 99.0
    again = smooth(expected, 2 / RATE_HZ)
    np.testing.assert_allclose(again, expected)
