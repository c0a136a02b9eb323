"""Milliseconds of each stage of one frame, summed over hands, in the order they first ran."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType


class StageTimes:
    """A stopwatch with named laps."""

    def __init__(self) -> None:
        self._ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Count the time since the last lap for `stage`."""
        now = time.perf_counter()
        self._ms[stage] = self._ms.get(stage, 0.0) + 1000 * (now - self._last)
        self._last = now

    def mark(self) -> None:
        """Begin the next lap now; what came before is counted for nothing."""
        self._last = time.perf_counter()

    def add(self, other: StageTimes) -> None:
        """Count another stopwatch's laps too; the next lap begins now."""
        for stage, ms in other._ms.items():
            self._ms[stage] = self._ms.get(stage, 0.0) + ms
        self.mark()

    def freeze(self) -> Mapping[str, float]:
        return MappingProxyType(self._ms)
