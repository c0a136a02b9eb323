"""The truth meters in words and figures: what the readings mean to the person who looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.tracking.figures import NONE
from app.tracking.sparkline import Scale
from app.tracking.verdict import GOOD_BELOW_M, POOR_ABOVE_M
from engine.inference.meters import HISTORY_STEPS, STEP_S, TruthReadings

SHOWN_STEPS = HISTORY_STEPS
_MINUTES = f"the last {SHOWN_STEPS * STEP_S / 60:.0f} minutes"


@dataclass(frozen=True, slots=True)
class MeterKind:
    """One row of the meters."""

    key: str
    title: str
    scale: Scale
    """In the unit that is shown."""
    tip: str


@dataclass(frozen=True, slots=True)
class Meter:
    """What one row shows now."""

    text: str = NONE
    history: tuple[float, ...] = ()
    beside: tuple[float, ...] = ()
    """Of the network alone, where that says more."""


METERS: tuple[MeterKind, ...] = (
    MeterKind(
        "residual",
        "Mesh to depth",
        Scale(0.0, 10.0, GOOD_BELOW_M * 1e3, POOR_ABOVE_M * 1e3),
        "Residual: mean distance of the observed hand points to the mesh.\n"
        f"Good up to {GOOD_BELOW_M * 1e3:.0f} mm, poor above {POOR_ABOVE_M * 1e3:.0f} mm; the line "
        f"is {_MINUTES}, 0 to 10 mm.\nAlone it proves little: a mesh on the forearm fits too.",
    ),
    MeterKind(
        "outline",
        "Outline",
        Scale(50.0, 100.0, 90.0),
        "How much of the mesh's outline and of the hand's is common to both (intersection over "
        f"union).\n100 % is perfect; the line is {_MINUTES}, 50 to 100 %.",
    ),
    MeterKind(
        "bones",
        "Bone lengths",
        Scale(0.0, 6.0),
        "How much the bone lengths change within two seconds. Real bones do not: 0 % is perfect.\n"
        "First the hand that is shown, then the network alone, which knows no bones (grey line); "
        f"{_MINUTES}, 0 to 6 %.",
    ),
    MeterKind(
        "jitter",
        "Jitter at rest",
        Scale(0.0, 3.0),
        "Noise of the joints while the hand rests; nothing is measured while it moves.\n"
        f"The line is {_MINUTES}, 0 to 3 mm.",
    ),
)


def meters_of(readings: TruthReadings | None) -> tuple[Meter, ...]:
    """One for each of METERS; empty ones without readings."""
    if readings is None:
        return tuple(Meter() for _ in METERS)
    bones = _scaled(readings.bone_change.history, 100.0)
    network = _scaled(readings.network_bone_change.history, 100.0)
    return (
        _meter(_scaled(readings.residual_m.history, 1e3), "mm"),
        _meter(_scaled(readings.silhouette.history, 100.0), "%", digits=0),
        Meter(_bones_text(bones, network), bones, network),
        _meter(_scaled(readings.jitter_m.history, 1e3), "mm"),
    )


def _meter(history: tuple[float, ...], unit: str, digits: int = 1) -> Meter:
    return Meter(_text(history, unit, digits), history)


def _text(history: Sequence[float], unit: str, digits: int = 1) -> str:
    if not history or not math.isfinite(history[-1]):
        return NONE
    return f"{history[-1]:.{digits}f} {unit}"


def _bones_text(shown: Sequence[float], network: Sequence[float]) -> str:
    alone = _text(network, "%")
    return f"{_text(shown, '%')} / {alone}" if alone != NONE else _text(shown, "%")


def _scaled(values: Sequence[float], factor: float) -> tuple[float, ...]:
    return tuple(value * factor for value in values)
