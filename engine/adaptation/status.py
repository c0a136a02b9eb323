"""What the live adaptation does, as one look at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from engine.adaptation.progress import AdaptationProgress


class AdaptationState(StrEnum):
    """In the order in which it usually happens."""

    OFF = "off"
    """Not started yet."""
    STARTING = "starting"
    """The learner's process loads."""
    COLLECTING = "collecting"
    """Too little was seen yet to learn from."""
    LEARNING = "learning"
    PAUSED = "paused"
    RESTARTING = "restarting"
    """The learner ended by itself and is started again."""
    FAILED = "failed"
    """It is not started again; tracking goes on with the weights in use."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class AdaptationStatus:
    """Computed from facts when asked; the learner's part is at most a second old."""

    state: AdaptationState
    weights: Path
    """The file of the weights in use: the given ones until others were accepted."""
    revision: int = 0
    """Of the weights in use."""
    sentence: str = ""
    """What went wrong and what follows; empty while well."""
    progress: AdaptationProgress = field(default_factory=AdaptationProgress)
    first_gain_s: float | None = None
    """From the start to the first acceptance; None before it."""
    load_ms: float = 0.0
    """How long the newest weights took to compile, beside the tracker."""
    samples_sent: int = 0
    samples_dropped: int = 0
    """Came faster than the learner could take them."""
    restarts: int = 0
    can_roll_back: bool = False
    """Whether former weights are there to go back to."""
