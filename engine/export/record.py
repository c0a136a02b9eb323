"""What a file cannot say of itself, as JSON: axes, units, hands, and when they were not seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engine.atomic_file import replacing
from engine.export.axes import ExportFormat, in_file
from engine.export.resampling import visible_spans
from engine.export.settings import ExportSettings
from engine.export.take import HandTake, Take

SIDECAR_SUFFIX = ".json"


def sidecar_path(target: Path) -> Path:
    """`hands.csv.json` beside `hands.csv`."""
    return target.with_name(target.name + SIDECAR_SUFFIX)


def take_record(
    take: Take, hands: tuple[HandTake, ...], export_format: ExportFormat, settings: ExportSettings
) -> dict[str, Any]:
    """Everything that a reader has to know to use the numbers; only what JSON can hold."""
    axes = in_file(settings.axes, export_format)
    return {
        "program": settings.program,
        "source": take.source,
        "axes": axes.name,
        "axes_words": axes.words,
        "file_from_opencv": axes.basis.tolist(),
        "unit": axes.unit,
        "origin": "depth camera",
        "frames": len(take.times_s),
        "frames_per_s": take.rate_hz,
        "seconds": take.duration_s,
        "hands": [_hand_record(take, hand) for hand in hands],
    }


def _hand_record(take: Take, hand: HandTake) -> dict[str, Any]:
    spans = visible_spans(take.seen_times(hand), take.rate_hz, take.duration_s)
    return {
        "name": hand.name,
        "side": str(hand.side),
        "hand_ids": np.unique(hand.hand_ids).tolist(),
        "hand_model": hand.model.name,
        "shape": hand.shape.tolist(),
        "frames_seen": len(hand.frames),
        "seen_from_to_s": spans.tolist(),
    }


@contextmanager
def sidecar(target: Path, record: dict[str, Any]) -> Iterator[None]:
    """Write `target`'s record beside it; it appears when the block, which writes `target`, ends
    well, and not otherwise."""
    text = json.dumps(record, indent=2, allow_nan=False)
    with replacing(sidecar_path(target)) as partial:
        partial.write_text(text + "\n", encoding="utf-8")
        yield
