"""Reads every byte of a session with all checksums, and says what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from engine.recording.damage import Damage, DamageKind
from engine.recording.foreign import refuse_foreign
from engine.recording.in_use import is_held
from engine.recording.inventory import FrameMark, Inventory, Loss
from engine.recording.layout import Event, EventKind, SessionError, SessionHeader
from engine.recording.mcap_records import MAGIC
from engine.recording.scan import Scan
from engine.runtime.clock import NS_PER_S

GAP_FRAMES = 2.5
"""A gap is a pause of more than so many frame intervals, or frames that a device counted and that
are not there."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Where frames are missing although nothing is damaged."""

    at_s: float
    """From the first frame."""
    seconds: float
    missing: int
    """Frames that the source counted; 0 where it only paused."""


@dataclass(frozen=True, slots=True, eq=False)
class VerifyReport:
    """One file of a session, all of it read."""

    path: Path
    size: int
    """Bytes."""
    header: SessionHeader | None
    counts: Mapping[str, int]
    """Whole messages by topic."""
    frames: int
    duration_s: float
    fps: float
    """Median rate of the frames; 0 where there are too few."""
    gaps: tuple[Gap, ...]
    drops: int
    """Frames that were captured and never reached the file, as its events tell."""
    untracked: int
    """Frames in the file that came faster than they could be tracked."""
    events: tuple[Event, ...]
    damages: tuple[Damage, ...]
    lost: Mapping[str, int]
    """Messages lost to damage, by topic."""
    lost_is_certain: bool
    """Whether `lost` is all that was lost."""
    losses: tuple[Loss, ...]
    problems: tuple[str, ...]
    """What else is wrong; sentences."""

    @property
    def good(self) -> bool:
        """Whether every byte is as it was written."""
        return not self.damages and not self.problems

    @property
    def unfinished(self) -> bool:
        """Whether it was never closed, or is cut off."""
        return any(d.kind in (DamageKind.UNFINISHED, DamageKind.TORN) for d in self.damages)

    @property
    def sentence(self) -> str:
        """What is wrong and what to do; empty where all is well."""
        if self.good:
            return ""
        what = "was never finished or is cut off" if self.unfinished else "is damaged"
        found = [str(damage) for damage in self.damages] + list(self.problems)
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        return (
            f"{self.path}: the session {what} ({found[0]}{more}). `python main.py repair "
            f'"{self.path}"` writes a new file with all of it that is whole.'
        )


def verify(path: Path, watch: Callable[[float], None] = lambda _share: None) -> VerifyReport:
    """Read one file of a session from end to end. `watch` is told the share done, 0 to 1.

    Raises:
        SessionError: it is no session, is of a newer program, or is being recorded just now.
    """
    inventory, scan = take_inventory(path, watch)
    lost, certain = inventory.lost(scan.summary)
    problems = list(inventory.not_understood)
    if inventory.header is None:
        missing = "there is no calibration inside" if inventory.frames else "nothing is in it"
        problems.append(inventory.header_problem or f"{missing}.")
    return VerifyReport(
        path=path,
        size=scan.size,
        header=inventory.header,
        counts=dict(sorted(inventory.counts.items())),
        frames=len(inventory.frames),
        duration_s=duration_s(inventory.frames),
        fps=_rate(inventory.frames),
        gaps=gaps_of(inventory.frames),
        drops=_dropped(inventory.events, "frames"),
        untracked=_dropped(inventory.events, "not_tracked"),
        events=tuple(inventory.events),
        damages=tuple(inventory.damages),
        lost=lost,
        lost_is_certain=certain,
        losses=tuple(inventory.losses),
        problems=tuple(problems),
    )


def take_inventory(path: Path, watch: Callable[[float], None]) -> tuple[Inventory, Scan]:
    """All of a file counted; it is closed again.

    Raises:
        SessionError: as `verify`.
    """
    if is_held(path):
        raise SessionError(f"{path}: is being recorded just now; stop the recording first.")
    inventory = Inventory(path)
    try:
        with path.open("rb") as file:
            refuse_foreign(file.read(len(MAGIC)), path)
            scan = Scan(file)
            for found in scan:
                inventory.add(found)
                watch(scan.read_to / max(scan.size, 1))
    except OSError as error:
        raise SessionError(
            f"{path}: cannot be read ({error.strerror or error}); a recorded session (.mcap) is "
            "expected. Check the path."
        ) from error
    watch(1.0)
    if not inventory.counts and inventory.header is None and not inventory.header_problem:
        raise SessionError(
            f"{path}: no calibration inside and no frame of a session; it was made by another "
            "program, or nothing of it is left. Record a session with `python main.py record`."
        )
    return inventory, scan


def duration_s(frames: Sequence[FrameMark]) -> float:
    """From the first to the last frame, on the source's own clock."""
    return (frames[-1].time_ns - frames[0].time_ns) / NS_PER_S if frames else 0.0


def gaps_of(frames: Sequence[FrameMark]) -> tuple[Gap, ...]:
    """Pauses and missing numbers between frames that follow each other."""
    usual_ns = _interval_ns(frames)
    found = []
    for former, later in pairwise(frames):
        pause_ns = later.time_ns - former.time_ns
        missing = max(later.sequence - former.sequence - 1, 0)
        if missing or (usual_ns and pause_ns > GAP_FRAMES * usual_ns):
            at_s = (former.time_ns - frames[0].time_ns) / NS_PER_S
            found.append(Gap(at_s, pause_ns / NS_PER_S, missing))
    return tuple(found)


def _interval_ns(frames: Sequence[FrameMark]) -> float:
    intervals = [b.time_ns - a.time_ns for a, b in pairwise(frames)]
    return float(median(intervals)) if intervals else 0.0


def _rate(frames: Sequence[FrameMark]) -> float:
    usual_ns = _interval_ns(frames)
    return NS_PER_S / usual_ns if usual_ns > 0 else 0.0


def _dropped(events: Sequence[Event], figure: str) -> int:
    drops = [event.figures for event in events if event.kind is EventKind.DROP]
    return int(sum(figures.get(figure, 0.0) for figures in drops))
