"""How long the disk will last, and when to stop.

As people know it from Pupil Capture: a warning from 5 GB (or 10 minutes) on, a clean end at 1 GB.
"""

from __future__ import annotations

import shutil
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from engine.recording.layout import SessionError
from engine.runtime.clock import NS_PER_S

GB = 1_000_000_000
RATE_NS = 10 * NS_PER_S
"""The rate is that of so long a time."""


@dataclass(frozen=True, slots=True)
class DiskLimits:
    """Where a recording warns and where it ends."""

    warn_bytes: int = 5 * GB
    warn_s: float = 600.0
    stop_bytes: int = GB


@dataclass(frozen=True, slots=True)
class DiskOutlook:
    """One look at the disk that is recorded to."""

    free_bytes: int | None = None
    """None where the system does not tell."""
    bytes_per_s: float = 0.0
    """What is written; 0 until that is known."""
    seconds_left: float | None = None
    """Until the recording ends by itself; None while unknown."""
    low: bool = False
    """Time to warn."""
    full: bool = False
    """Time to stop."""

    @property
    def sentence(self) -> str:
        """A warning; empty while there is none."""
        if not self.low or self.free_bytes is None:
            return ""
        left = f"{self.free_bytes / GB:.1f} GB are left on the disk"
        if self.seconds_left is None:
            return f"{left}."
        return f"{left}, enough for {duration(self.seconds_left)} of recording."


class DiskWatch:
    """Measures the rate of one recording and looks at its disk."""

    def __init__(self, folder: Path, limits: DiskLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._written: deque[tuple[int, int]] = deque()

    def look(self, now_ns: int, bytes_written: int) -> DiskOutlook:
        """The outlook after so many bytes; to be called about once a second."""
        self._written.append((now_ns, bytes_written))
        while now_ns - self._written[0][0] > RATE_NS:
            self._written.popleft()
        began_ns, before = self._written[0]
        elapsed_s = (now_ns - began_ns) / NS_PER_S
        rate = (bytes_written - before) / elapsed_s if elapsed_s else 0.0
        return outlook(free_bytes(self._folder), rate, self._limits)


def outlook(free: int | None, bytes_per_s: float, limits: DiskLimits) -> DiskOutlook:
    """What so much room means at that rate."""
    if free is None:
        return DiskOutlook(bytes_per_s=bytes_per_s)
    usable = max(0, free - limits.stop_bytes)
    left_s = usable / bytes_per_s if bytes_per_s > 0 else None
    soon = left_s is not None and left_s <= limits.warn_s
    return DiskOutlook(
        free_bytes=free,
        bytes_per_s=bytes_per_s,
        seconds_left=left_s,
        low=soon or free <= limits.warn_bytes,
        full=usable == 0,
    )


def free_bytes(folder: Path) -> int | None:
    """Room for us on the disk of a folder that is there; None where the system does not tell."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def check_room(path: Path, limits: DiskLimits) -> None:
    """Raises SessionError where a recording would have to end at once."""
    free = free_bytes(path.parent)
    if free is not None and free <= limits.stop_bytes:
        raise SessionError(
            f"Cannot record to '{path}': {free / GB:.1f} GB are left on that disk, and a recording "
            f"ends at {limits.stop_bytes / GB:g} GB; free some space or use another disk."
        )


def duration(seconds: float) -> str:
    """For people: 45 s, 12 min, 3 h 5 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
