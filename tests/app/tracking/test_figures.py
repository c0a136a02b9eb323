from __future__ import annotations

import math

import pytest

from app.tracking.figures import NS_PER_S, History, Rolling


def test_median_and_p95_of_the_recent_values_only() -> None:
    rolling = Rolling(span_s=1.0)
    rolling.add(0, 1000.0)
    for k in range(101):
        rolling.add(2 * NS_PER_S + k, float(k))
    spread = rolling.spread(2 * NS_PER_S + 200)
    assert spread is not None
    assert (spread.median, spread.p95) == (50.0, 95.0)


def test_a_rate_is_counted_and_falls_to_zero() -> None:
    rolling = Rolling(span_s=3.0)
    for k in range(90):
        rolling.add(k * NS_PER_S // 30, 0.0)
    end = 89 * NS_PER_S // 30
    assert rolling.rate_hz(end) == pytest.approx(30.0, rel=0.03)
    assert rolling.rate_hz(end + 4 * NS_PER_S) == 0.0
    assert rolling.spread(end + 4 * NS_PER_S) is None


def test_a_history_takes_values_at_its_own_pace_and_keeps_the_newest() -> None:
    history = History(length=5, step_s=0.1)
    taken = [history.offer(k * NS_PER_S // 100, float(k)) for k in range(100)]
    assert sum(taken) == 10
    assert history.values == (50.0, 60.0, 70.0, 80.0, 90.0)


def test_gaps_stay_gaps() -> None:
    history = History()
    history.offer(0, math.nan)
    assert math.isnan(history.values[0])
