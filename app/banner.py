"""What a banner says, how serious it is, and what its buttons do. Knows nothing of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How serious a banner is."""

    CALM = "calm"
    BUSY = "busy"
    WARNING = "warning"
    ERROR = "error"


class Action(StrEnum):
    """What a banner's button does."""

    NONE = ""
    START = "Start"
    RETRY = "Try again"
    REPLAY = "Play again"
    UNDO = "Undo"
    RESTORE = "Restore former"
    DELETE = "Delete"
    DISMISS = "All right"
    RECOVER = "Recover"
    REPAIR = "Repair"
    LATER = "Later"
    DISCARD = "Discard…"
    TO_TRASH = "Move to the trash"
    KEEP = "Keep it"
    SHOW_FOLDER = "Show in folder"
    OPEN = "Open"
    CANCEL = "Cancel"
    CALIBRATE = "Calibrate…"


@dataclass(frozen=True, slots=True)
class Banner:
    """What is wrong (or going on), and what to do."""

    tone: Tone
    title: str
    advice: str = ""
    action: Action = Action.NONE
    others: tuple[Action, ...] = ()
    """What else can be done."""
    share: float | None = None
    """Of work that goes on, 0 to 1."""
