from __future__ import annotations

from math import nan

import pytest

from app.tracking.meters import METERS, NONE, meters_of
from app.tracking.sparkline import Scale
from engine.inference.meters import MeterReading, TruthReadings


def _reading(*values: float) -> MeterReading:
    return MeterReading(values[-1], values)


def test_readings_become_figures_with_their_units() -> None:
    readings = TruthReadings(
        residual_m=_reading(0.004, 0.0032),
        silhouette=_reading(0.9, 0.914),
        bone_change=_reading(0.0, 0.002),
        network_bone_change=_reading(0.03, 0.024),
        jitter_m=_reading(nan, 0.0011),
    )
    texts = [meter.text for meter in meters_of(readings)]
    assert texts == ["3.2 mm", "91 %", "0.2 % / 2.4 %", "1.1 mm"]
    residual, _, bones, _ = meters_of(readings)
    assert residual.history == pytest.approx((4.0, 3.2))
    assert bones.beside == pytest.approx((3.0, 2.4))


def test_what_cannot_be_measured_now_is_a_dash_but_its_past_stays() -> None:
    (residual, *others) = meters_of(TruthReadings(residual_m=_reading(0.002, nan)))
    assert residual.text == NONE
    assert residual.history[0] == pytest.approx(2.0)
    assert [meter.text for meter in others] == [NONE] * 3


def test_without_readings_every_meter_is_empty() -> None:
    assert len(meters_of(None)) == len(METERS)
    assert all(meter.text == NONE and not meter.history for meter in meters_of(None))


def test_values_beyond_the_scale_stay_on_it() -> None:
    scale = Scale(50.0, 100.0)
    assert [scale.share(value) for value in (20.0, 75.0, 120.0)] == [0.0, 0.5, 1.0]
