"""Rolling figures for the HUD. Pure: time is an argument, so tests need no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.runtime.clock import NS_PER_S

NONE = "–"
"""Where nothing is known."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95th percentile of recent values."""

    median: float
    p95: float


class Rolling:
    """Values of the last `span_s` seconds with their times."""

    def __init__(self, span_s: float = 3.0) -> None:
        self._span_ns = int(span_s * NS_PER_S)
        self._items: deque[tuple[int, float]] = deque()

    def add(self, now_ns: int, value: float) -> None:
        self._items.append((now_ns, value))
        self._forget(now_ns)

    def clear(self) -> None:
        self._items.clear()

    def spread(self, now_ns: int) -> Spread | None:
        """None where nothing recent is known."""
        self._forget(now_ns)
        if not self._items:
            return None
        median, p95 = np.percentile([value for _, value in self._items], [50, 95])
        return Spread(float(median), float(p95))

    def rate_hz(self, now_ns: int) -> float:
        """Items a second; counts down to zero when no more come."""
        self._forget(now_ns)
        if len(self._items) < 2:
            return 0.0
        seconds = max(now_ns - self._items[0][0], 1) / NS_PER_S
        return len(self._items) / max(seconds, 0.25)

    def _forget(self, now_ns: int) -> None:
        while self._items and now_ns - self._items[0][0] > self._span_ns:
            self._items.popleft()
