"""The learning rate rises, stays, falls, and ends at nothing."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.schedule import Schedule

PROGRESS = np.linspace(0, 1, 1001)


@pytest.mark.parametrize("warmup", [0.0, 0.02, 0.2])
@pytest.mark.parametrize("descent", [0.0, 0.35, 0.7])
def test_it_stays_within_bounds_and_peaks_in_the_middle(warmup: float, descent: float) -> None:
    schedule = Schedule(warmup, descent)
    factors = np.array([schedule.factor(p) for p in PROGRESS])
    assert factors.min() >= 0.0
    assert factors.max() == 1.0
    flat = (warmup < PROGRESS) & (1 - descent > PROGRESS)
    assert (factors[flat] == 1.0).all()
    assert (np.diff(factors[warmup >= PROGRESS]) >= 0).all()
    assert (np.diff(factors[1 - descent <= PROGRESS]) <= 0).all()


def test_it_begins_above_zero_and_ends_at_zero() -> None:
    schedule = Schedule()
    assert 0 < schedule.factor(0.0) < 0.05
    assert schedule.factor(1.0) == 0.0
    assert schedule.factor(1.2) == 0.0, "a run that is prolonged past its end"
    assert schedule.factor(1 - 0.175) == pytest.approx(0.5)
