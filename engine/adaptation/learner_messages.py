"""What tracker and learner say to each other, across the border between their processes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from engine.adaptation.progress import AdaptationProgress

if TYPE_CHECKING:  # Loads for seconds; nothing here needs it.
    from engine.adaptation.sample import AdaptationSample


class Command(StrEnum):
    """To the learner."""

    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class RollBack:
    """To the learner: use no weights newer than `revision`."""

    revision: int


Message: TypeAlias = "AdaptationSample | Command | RollBack"
"""All that is said to the learner."""


@dataclass(frozen=True, slots=True)
class Report:
    """From the learner: how far it is, and which weights are to be used."""

    progress: AdaptationProgress
    weights: Path
    """The file of `progress.revision`."""
    onnx: Path | None = None
    """The same, ready to be compiled; None for the weights that it began with."""
    rollbacks: int = 0
    """How many commands to roll back it has carried out."""
    dropped: int = 0
    """Samples that came faster than it could look at them."""


@dataclass(frozen=True, slots=True)
class Failed:
    """From the learner, as its last word."""

    sentence: str
    traceback: str
    by_user: bool
    """Whether a person has to mend something, so that starting again would help nobody."""
