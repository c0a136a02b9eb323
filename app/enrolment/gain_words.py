"""What a profile gains, in plain words and measured figures only."""

from __future__ import annotations

import math

from app.enrolment.figures import GainLine
from engine.adaptation.before_after import LabelFreeFigures
from engine.adaptation.profile import Gain

CLEAR = 0.02
"""A relative change below this is called none."""


def gain_lines(
    before: LabelFreeFigures, after: LabelFreeFigures, frames: int
) -> tuple[GainLine, ...]:
    """One line for every figure that could be measured in both runs, better or not."""
    lines: list[GainLine] = []
    if before.found < frames or after.found < frames:
        text = f"Hand found in {before.found} → {after.found} of {frames} frames"
        lines.append(GainLine(text, after.found > before.found))
    for gain in gains(before, after):
        # The outline's agreement is good when it is large, everything else when it is small.
        change = (gain.after - gain.before) / max(abs(gain.before), 1e-9)
        better = change > 0 if gain.unit == "%" else change < 0
        digits = 2 if max(abs(gain.before), abs(gain.after)) < 1.0 else 1
        text = f"{gain.what} {gain.before:.{digits}f} → {gain.after:.{digits}f} {gain.unit}"
        if abs(change) < (0.004 if gain.unit == "%" else CLEAR):
            lines.append(GainLine(f"{text}: no change worth the name", False))
        else:
            lines.append(GainLine(text if better else f"{text}: no gain", better))
    return tuple(lines)


def gains(before: LabelFreeFigures, after: LabelFreeFigures) -> tuple[Gain, ...]:
    """The figures that could be measured in both runs, for a profile's provenance."""
    pairs = (
        ("Mesh-to-depth residual", before.residual_m, after.residual_m, 1e3, "mm"),
        ("Jitter at rest", before.jitter_m, after.jitter_m, 1e3, "mm"),
        ("Agreement of the outline", before.silhouette, after.silhouette, 1e2, "%"),
    )
    return tuple(
        Gain(what, factor * first, factor * last, unit)
        for what, first, last, factor, unit in pairs
        if math.isfinite(first) and math.isfinite(last)
    )
