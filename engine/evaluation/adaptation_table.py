"""Before and after, for the same frames: what a run with adaptation gained over one without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.evaluation.log import LabelledHand, RunLog
from engine.evaluation.report import Accuracy, accuracy_of, without_nan

FIGURES = (
    ("all joints", "mpjpe_mm"),
    ("distal joints", "distal_mm"),
    ("definition-aligned", "aligned_mm"),
    ("similarity-aligned", "pa_mpjpe_mm"),
)


@dataclass(frozen=True, slots=True)
class Half:
    """One stretch of the frames, without and with adaptation."""

    name: str
    hands: int
    network_before: Accuracy
    network_after: Accuracy
    tracker_before: Accuracy
    tracker_after: Accuracy
    residual_before_mm: float
    residual_after_mm: float


def halves(before: RunLog, after: RunLog) -> tuple[Half, ...]:
    """The whole, the first and the last half; only hands that both runs found."""
    pairs = [
        (b, a) for b, a in zip(before.labelled, after.labelled, strict=True) if b.found and a.found
    ]
    middle = before.frames // 2
    chosen = (
        ("whole", slice(None), pairs),
        ("first half", slice(None, middle), [p for p in pairs if p[0].frame < middle]),
        ("last half", slice(middle, None), [p for p in pairs if p[0].frame >= middle]),
    )
    return tuple(
        _half(name, those, _residual(before, frames), _residual(after, frames))
        for name, frames, those in chosen
    )


def half_lines(parts: Sequence[Half]) -> list[str]:
    """A table a stretch."""
    lines: list[str] = []
    for part in parts:
        head = f"{part.name}, {part.hands} hands"
        lines += ["", f"{head:28}{'network':>22}{'tracker':>22}"]
        for title, key in FIGURES:
            network = _change(getattr(part.network_before, key), getattr(part.network_after, key))
            tracker = _change(getattr(part.tracker_before, key), getattr(part.tracker_after, key))
            lines.append(f"  {title:26}{network:>22}{tracker:>22} mm")
        residual = _change(part.residual_before_mm, part.residual_after_mm)
        lines.append(f"  {'mesh to depth':26}{'':22}{residual:>22} mm")
    return lines


def halves_json(parts: Sequence[Half]) -> dict[str, Any]:
    """By name of the stretch; NaN as None."""
    return {part.name: without_nan(asdict(part)) for part in parts}


def _half(
    name: str, pairs: list[tuple[LabelledHand, LabelledHand]], was_mm: float, is_mm: float
) -> Half:
    before, after = [b for b, _ in pairs], [a for _, a in pairs]
    return Half(
        name=name,
        hands=len(pairs),
        network_before=accuracy_of(before, [hand.network for hand in before]),
        network_after=accuracy_of(after, [hand.network for hand in after]),
        tracker_before=accuracy_of(before, [hand.estimate for hand in before]),
        tracker_after=accuracy_of(after, [hand.estimate for hand in after]),
        residual_before_mm=was_mm,
        residual_after_mm=is_mm,
    )


def _residual(log: RunLog, frames: slice) -> float:
    """Mean residual over the hands of some frames, mm."""
    chosen = range(log.frames)[frames]
    values = [r for frame, r in log.residuals_by_frame if frame in chosen and np.isfinite(r)]
    return 1e3 * float(np.mean(values)) if values else float("nan")


def _change(before: float, after: float) -> str:
    if not (np.isfinite(before) and np.isfinite(after)):
        return "-"
    share = 100.0 * (after / before - 1.0) if before > 0 else 0.0
    return f"{before:.2f} > {after:.2f} {share:+.0f} %"
