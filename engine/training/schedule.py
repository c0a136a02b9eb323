"""Learning rate over a run: warm-up, constant, then down to nothing.

The long constant part lets a run be prolonged: continue from a checkpoint taken before the descent.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """Shares of the run spent on warm-up and on the linear descent."""

    warmup: float = 0.02
    descent: float = 0.35

    def factor(self, progress: float) -> float:
        """Factor 0..1 of the peak rate at `progress` 0..1."""
        rising = min(1.0, (progress + 1e-4) / self.warmup) if self.warmup > 0 else 1.0
        falling = min(1.0, (1.0 - progress) / self.descent) if self.descent > 0 else 1.0
        return max(0.0, min(rising, falling))


def run_progress(samples: float, of_samples: float, seconds: float, minutes: float | None) -> float:
    """How much of a run is done, 0..1: by its samples, or by its clock where that ends sooner."""
    by_clock = 0.0 if minutes is None else seconds / (60 * minutes)
    return min(max(samples / of_samples, by_clock), 1.0)
