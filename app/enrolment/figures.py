"""What the enrolment's pages show, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.adaptation.bone_lengths import Measure
from engine.messages import Frame, HandState, Side


class Page(StrEnum):
    """Where the new user is."""

    CLOSED = "closed"
    SETUP = "setup"
    GUIDE = "guide"
    WORKING = "working"
    RESULT = "result"
    FAILED = "failed"


class ChipState(StrEnum):
    """How far one pose is."""

    OPEN = "open"
    NOW = "now"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Chip:
    """One pose in the row of poses."""

    name: str
    state: ChipState


@dataclass(frozen=True, slots=True)
class Guide:
    """The guided minute at one moment."""

    heading: str
    """Which hand, which pose of how many."""
    sentence: str
    """What to do."""
    hint: str = ""
    """What is in the way; empty while well."""
    closeness: float = 0.0
    """0..1; from one half on the pose counts."""
    held: float = 0.0
    """0..1 of the time for which it is to be held."""
    chips: tuple[Chip, ...] = ()
    captured: int = 0
    """Poses captured so far; one more is a tick."""


@dataclass(frozen=True, slots=True)
class HandMeasures:
    """All that is read out of one hand."""

    side: Side
    measures: tuple[Measure, ...]
    """Bones in the order of engine.adaptation.bone_lengths.BONE_NAMES, and widths."""


@dataclass(frozen=True, slots=True)
class GainLine:
    """One figure before and after, in words."""

    text: str
    better: bool


@dataclass(frozen=True, slots=True)
class ComparedFrame:
    """A frame just seen with the hand before and after; None where it was not found."""

    frame: Frame
    before: HandState | None
    after: HandState | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of the guided minute."""

    name: str
    hands: tuple[HandMeasures, ...]
    gains: tuple[GainLine, ...]
    frames: tuple[ComparedFrame, ...] = ()
    remark: str = ""
    """What else must be said; empty while well."""
