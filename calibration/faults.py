"""What can be wrong with pictures, boards and rigs, by name and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FaultKind(Enum):
    """The name of a fault; the value is what reports and files say."""

    SWAPPED = "swapped pair"
    MIRRORED = "mirrored picture"
    DIFFERENT_SIZES = "different resolutions"
    WRONG_SQUARE = "wrong square size"
    NO_TILT = "board never tilted"
    LITTLE_DEPTH = "too little depth range"
    NOT_SYNCHRONISED = "cameras not synchronised"
    FEW_VIEWS = "few views"
    ONE_ABOVE_OTHER = "cameras not side by side"


FATAL = frozenset(
    {
        FaultKind.SWAPPED,
        FaultKind.MIRRORED,
        FaultKind.DIFFERENT_SIZES,
        FaultKind.WRONG_SQUARE,
        FaultKind.NO_TILT,
        FaultKind.NOT_SYNCHRONISED,
    }
)
"""With one of these a rig would measure nonsense; the others make it less sure."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong, and what to do."""

    kind: FaultKind
    sentence: str

    @property
    def fatal(self) -> bool:
        return self.kind in FATAL
