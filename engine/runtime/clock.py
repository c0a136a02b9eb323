"""The one clock of the live path, and rate and latency statistics on it.

All times are integer nanoseconds of the host's monotonic clock: it never jumps when the wall clock
is set, and differences between threads are meaningful.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

monotonic_ns: Callable[[], int] = time.monotonic_ns


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What a `Meter` shows at one moment."""

    count: int
    """Items since the meter was made."""
    rate_hz: float
    """Over the last two seconds; 0 when fewer than two items came in them."""
    median_ms: float
    """Of the latencies of the last items; 0 when there is none yet."""
    p95_ms: float


class Meter:
    """Rate and latency of a stream of items. Any thread may record and read."""

    RATE_WINDOW_NS = 2 * NS_PER_S

    def __init__(self, history: int = 300, clock: Callable[[], int] = monotonic_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: deque[tuple[int, int]] = deque(maxlen=history)
        self._count = 0

    def record(self, latency_ns: int) -> None:
        """Count one item that took `latency_ns`."""
        now_ns = self._clock()
        with self._lock:
            self._items.append((now_ns, latency_ns))
            self._count += 1

    def read(self) -> MeterReading:
        with self._lock:
            items, count = tuple(self._items), self._count
        if not items:
            return MeterReading(count=0, rate_hz=0.0, median_ms=0.0, p95_ms=0.0)
        median_ns, p95_ns = np.percentile([latency for _, latency in items], (50, 95))
        return MeterReading(
            count=count,
            rate_hz=self._rate_hz([t for t, _ in items]),
            median_ms=float(median_ns) / NS_PER_MS,
            p95_ms=float(p95_ns) / NS_PER_MS,
        )

    def _rate_hz(self, times_ns: list[int]) -> float:
        oldest_ns = self._clock() - self.RATE_WINDOW_NS
        recent = [t for t in times_ns if t >= oldest_ns]
        if len(recent) < 2 or recent[-1] == recent[0]:
            return 0.0
        return (len(recent) - 1) * NS_PER_S / (recent[-1] - recent[0])
