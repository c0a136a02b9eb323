"""The one-euro filter (Casiez et al., CHI 2012): smooth at rest, prompt in motion.

An exponential average whose cutoff rises with the speed of the signal. Vectors share one speed, so
that the parts of a pose keep in step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OneEuroSettings:
    """Cutoffs in Hz; `speed_gain` in Hz per unit of the signal a second."""

    rest_cutoff_hz: float
    speed_gain: float
    speed_cutoff_hz: float = 1.5


class OneEuroFilter:
    """Filters vectors [N] given with their times."""

    def __init__(self, settings: OneEuroSettings) -> None:
        self._settings = settings
        self._time_s = 0.0
        self._value: Float64 | None = None
        self._speed: Float64 = np.zeros(0)

    def __call__(self, value: Float64, time_s: float) -> Float64:
        """The filtered value; the first, and any that is not later, comes back as it is."""
        if self._value is None or time_s <= self._time_s:
            self._time_s, self._value = time_s, value.copy()
            self._speed = np.zeros_like(value)
            return value
        step = time_s - self._time_s
        speed = (value - self._value) / step
        self._speed += _smoothing(self._settings.speed_cutoff_hz, step) * (speed - self._speed)
        cutoff = self._settings.rest_cutoff_hz
        cutoff += self._settings.speed_gain * float(np.linalg.norm(self._speed))
        self._value = self._value + _smoothing(cutoff, step) * (value - self._value)
        self._time_s = time_s
        return self._value.copy()


def _smoothing(cutoff_hz: float, step_s: float) -> float:
    """Weight 0..1 of the new value in a first-order low pass."""
    tau = 1.0 / (2 * np.pi * cutoff_hz)
    return float(1.0 / (1.0 + tau / step_s))
