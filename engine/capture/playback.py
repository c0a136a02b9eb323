"""Moving about in a recording while it is tracked: seek, pause, step, speed.

The camera belongs to the capture thread. Others leave their wishes with a `PlaybackControl`; the
capture thread grants them between two frames and leaves word of where it is.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.runtime.worker import StopSignal

SLOWEST, FASTEST = 0.05, 64.0
WISH_WAIT_S = 0.02
"""A wish is granted after at most so long, also in a pause or between two frames far apart."""
LATE_NS = NS_PER_S // 4
"""A recording that is played later than this skips the wait instead of rushing to catch up."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a recording stands."""

    index: int
    """Of the frame that is read next, 0 to `count`."""
    count: int
    """Frames in all."""
    time_s: float
    """Of that frame, from the first one."""
    duration_s: float
    """From the first to the last frame."""


@runtime_checkable
class Seekable(Protocol):
    """What a camera offers besides reading where one can move about in it."""

    @property
    def speed(self) -> float:
        """That it was opened with; 1 is the original timing."""
        ...

    @property
    def position(self) -> Position: ...

    def seek(self, index: int) -> None:
        """Go to a frame; beyond either end, to that end's frame."""
        ...

    def index_at(self, time_s: float) -> int:
        """The frame that is shown at a time from the first one."""
        ...

    def interval_ns(self) -> int:
        """From the frame that is read next to the one behind it, in the original timing."""
        ...


@dataclass(frozen=True, slots=True)
class PlaybackStatus:
    """Where the recording is and how it is played, as seen from any thread."""

    position: Position
    """Of the frame shown last."""
    paused: bool = False
    speed: float = 1.0
    ended: bool = False
    """Whether it stands behind its last frame."""


class PlaybackControl:
    """Wishes of any thread, granted by the capture thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status: PlaybackStatus | None = None
        self._seek_s: float | None = None
        self._steps = 0
        self._due_ns = 0

    def status(self) -> PlaybackStatus | None:
        """None while the source is not open, and of one in which one cannot move about."""
        return self._status

    def seek(self, time_s: float) -> None:
        """Go to a time from the first frame; a recording that is paused shows that frame."""
        with self._lock:
            self._seek_s, self._steps = time_s, 0

    def step(self, frames: int) -> None:
        """Pause, and go on by so many frames; back where negative."""
        self.pause(True)
        with self._lock:
            self._steps += frames

    def pause(self, paused: bool) -> None:
        self._change(paused=paused)

    def set_speed(self, speed: float) -> None:
        """1 is the original timing."""
        self._change(speed=min(max(speed, SLOWEST), FASTEST))

    def opened(self, camera: Seekable) -> None:
        """The capture thread has opened a recording."""
        with self._lock:
            self._status = PlaybackStatus(camera.position, speed=camera.speed)
        self._due_ns = monotonic_ns()

    def await_turn(self, camera: Seekable, stop: StopSignal) -> bool:
        """Grant wishes and keep the original timing; whether to read a frame now."""
        status = self._status
        if status is None:
            return True
        moved = self._grant(camera, status.position)
        now_ns = monotonic_ns()
        if not moved:
            if status.paused or status.ended:
                stop.wait(WISH_WAIT_S)
                self._due_ns = now_ns
                return False
            wait_s = (self._due_ns - now_ns) / NS_PER_S
            if wait_s > 0:
                stop.wait(min(wait_s, WISH_WAIT_S))
                if wait_s > WISH_WAIT_S or stop.is_set():
                    return False
        late = moved or now_ns - self._due_ns > LATE_NS
        start_ns = now_ns if late else self._due_ns
        self._due_ns = start_ns + round(camera.interval_ns() / status.speed)
        if camera.position.index < camera.position.count:
            self._change(position=camera.position, ended=False)
        return True

    def postpone(self) -> None:
        """Nobody takes frames yet: the time does not run."""
        self._due_ns = monotonic_ns()

    def end(self) -> None:
        """There are no more frames."""
        self._change(ended=True)

    def _grant(self, camera: Seekable, shown: Position) -> bool:
        """Go where somebody wished to; whether anybody did."""
        with self._lock:
            seek_s, self._seek_s = self._seek_s, None
            steps, self._steps = self._steps, 0
        if seek_s is None and not steps:
            return False
        begin = shown.index if seek_s is None else camera.index_at(seek_s)
        camera.seek(begin + steps)
        return True

    def _change(self, **changes: object) -> None:
        with self._lock:
            if self._status is not None:
                self._status = replace(self._status, **changes)  # type: ignore[arg-type]
