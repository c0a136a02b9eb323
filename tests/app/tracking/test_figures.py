from __future__ import annotations

import pytest

from app.tracking.figures import Rolling
from engine.runtime.clock import NS_PER_S


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
