"""Reading the localiser's maps: peaks of presence with their side, place and distance."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.messages import Float32

STRIDE = 4
REFERENCE_M = 0.6
"""Of the maps that engine.nets.localiser_net makes; here, because that needs torch."""
THRESHOLD = 0.13
MOST_PEAKS = 4


@dataclass(frozen=True, slots=True)
class MapPeak:
    """One hand as the network saw it."""

    u: float
    v: float
    """Palm centre in pixels of the standard view."""
    z: float
    """Distance in metres."""
    score: float
    """Presence in 0..1."""
    right: float
    """Probability in 0..1 that it is a right hand."""


def find_peaks(maps: Float32, threshold: float = THRESHOLD) -> list[MapPeak]:
    """Peaks of maps [5, h, w] (see engine.nets.localiser_net), the best first."""
    logit = maps[0]
    highest = cv2.dilate(logit, np.ones((3, 3), np.uint8))
    limit = np.log(threshold / (1 - threshold))
    rows, columns = np.nonzero((logit >= limit) & (logit == highest))
    order = np.argsort(-logit[rows, columns])[:MOST_PEAKS]
    return [_peak(maps, int(rows[k]), int(columns[k])) for k in order]


def _peak(maps: Float32, row: int, column: int) -> MapPeak:
    presence, side, du, dv, log_z = (float(value) for value in maps[:, row, column])
    middle = (STRIDE - 1) / 2
    return MapPeak(
        u=(column + du) * STRIDE + middle,
        v=(row + dv) * STRIDE + middle,
        z=REFERENCE_M * float(np.exp(np.clip(log_z, -2.0, 1.5))),
        score=_logistic(presence),
        right=_logistic(side),
    )


def _logistic(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-logit)))
