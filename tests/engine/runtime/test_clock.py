"""Rates and percentiles of known streams."""

from __future__ import annotations

import pytest

from engine.runtime.clock import NS_PER_MS, Meter


class HandClock:
    """A clock that stands until moved."""

    def __init__(self) -> None:
        self.now_ns = 10**12

    def __call__(self) -> int:
        return self.now_ns


def fed_meter(clock: HandClock, latencies_ms: list[float], period_ms: float) -> Meter:
    meter = Meter(clock=clock)
    for latency in latencies_ms:
        clock.now_ns += round(period_ms * NS_PER_MS)
        meter.record(round(latency * NS_PER_MS))
    return meter


def test_steady_stream_has_its_rate_and_percentiles() -> None:
    reading = fed_meter(HandClock(), [float(ms) for ms in range(1, 101)], 10.0).read()
    assert reading.count == 100
    assert reading.rate_hz == pytest.approx(100.0)
    assert reading.median_ms == pytest.approx(50.5)
    assert reading.p95_ms == pytest.approx(95.05)


def test_empty_meter_reads_zero() -> None:
    reading = Meter().read()
    assert (reading.count, reading.rate_hz, reading.median_ms, reading.p95_ms) == (0, 0, 0, 0)


def test_stream_that_stopped_has_no_rate() -> None:
    clock = HandClock()
    meter = fed_meter(clock, [5.0] * 50, 10.0)
    clock.now_ns += 3_000 * NS_PER_MS
    assert meter.read().rate_hz == 0.0
    assert meter.read().median_ms == pytest.approx(5.0)  # What it took when it ran stays known.


def test_old_latencies_are_forgotten() -> None:
    clock = HandClock()
    meter = Meter(history=10, clock=clock)
    for latency_ms in [1000] * 10 + [1] * 10:
        meter.record(latency_ms * NS_PER_MS)
    assert meter.read().p95_ms == pytest.approx(1.0)
    assert meter.read().count == 20
