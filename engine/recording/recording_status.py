"""How a recording goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class RecordingState(StrEnum):
    """In the order in which it usually happens."""

    WAITING = "waiting"
    """For the first frame; there is no file yet."""
    RECORDING = "recording"
    FINISHING = "finishing"
    """What waits is written, and the file's index."""
    FINISHED = "finished"
    FAILED = "failed"
    """It ended by itself; what was recorded by then is whole."""


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """One look at a recording."""

    state: RecordingState
    path: Path
    """As asked for; a long session goes on in `engine.recording.place.numbered` files."""
    paths: tuple[Path, ...] = ()
    """Whole files so far."""
    seconds: float = 0.0
    """From the first to the last frame."""
    frames: int = 0
    bytes_written: int = 0
    bytes_per_s: float = 0.0
    camera_drops: int = 0
    """Frames that the device counted and never delivered."""
    queue_drops: int = 0
    """Frames that came faster than they could be written."""
    disk_drops: int = 0
    """Frames that the disk did not take."""
    seconds_left: float | None = None
    """Until the disk is full; None while unknown."""
    free_bytes: int | None = None
    warning: str = ""
    """That the disk fills up; empty while it does not."""
    sentence: str = ""
    """Why the recording ended by itself; empty while well."""

    @property
    def dropped(self) -> int:
        """Frames that are missing, for whatever reason."""
        return self.camera_drops + self.queue_drops + self.disk_drops

    @property
    def running(self) -> bool:
        return self.state not in (RecordingState.FINISHED, RecordingState.FAILED)
