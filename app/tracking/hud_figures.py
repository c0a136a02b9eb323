"""The numbers beside the 3D view, as the presenter hands them to the cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from app.tracking.figures import Spread
from app.tracking.stereo import StereoFigures
from app.tracking.verdict import Verdict
from engine.messages import Side


@dataclass(frozen=True, slots=True)
class HandCard:
    """Figures of one hand."""

    hand_id: int
    side: Side
    confidence: npt.NDArray[np.float64]
    """[21] in 0..1."""
    residual_mm: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers to show; a few times a second is what eyes can read."""

    live: bool
    source_name: str = ""
    frames: int = 0
    drops: int = 0
    hands: tuple[HandCard, ...] = ()
    tracked_hz: float = 0.0
    shown_hz: float = 0.0
    to_mesh_ms: Spread | None = None
    to_screen_ms: Spread | None = None
    stages_ms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Median of each stage, in the order in which they ran."""
    stereo: StereoFigures | None = None
    """Only of stereo cameras."""
