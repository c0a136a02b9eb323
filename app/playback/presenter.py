"""How a recorded session is played: what the buttons do and what the bar shows. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from app.recording.words import clock_text
from app.session_use import Playback
from engine.capture.playback import PlaybackStatus

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class PlaybackFigures:
    """The transport bar at one moment."""

    playing: bool
    at_s: float
    duration_s: float
    speed: float
    text: str
    """ "0:12.3 / 1:03.0"."""
    frame_text: str
    """ "frame 735 of 3,780"."""


class PlaybackPresenter:
    """One thread. Does nothing while no recording is played."""

    def __init__(self) -> None:
        self._control: Playback | None = None
        self._status: PlaybackStatus | None = None
        self._winding = False
        self.loop = False
        self.speed = 1.0
        """That the person chose; it holds for every recording."""

    @property
    def present(self) -> bool:
        """Whether a recording is played in which one can move about."""
        return self._status is not None

    @property
    def standing(self) -> bool:
        """Whether it stands still, from where it can go on."""
        status = self._status
        return status is not None and (status.paused or (status.ended and not self.loop))

    def update(self, control: Playback | None) -> None:
        """Look at what the session plays; None without a session."""
        opened = self._status is None or control is not self._control
        self._control = control
        self._status = None if control is None else control.status()
        if self._status is None or control is None:
            return
        if opened and self._status.speed == 1.0:  # Otherwise its URI says how fast.
            control.set_speed(self.speed)
        if not self._status.ended:
            self._winding = False
        elif self.loop and not self._winding and not self._status.paused:
            self._winding = True
            control.seek(0.0)

    def toggle(self) -> bool:
        """Play or pause; from the end, play again. Whether there was something to play."""
        control, status = self._control, self._status
        if control is None or status is None:
            return False
        if status.ended:
            control.seek(0.0)
            control.pause(False)
        else:
            control.pause(not status.paused)
        return True

    def step(self, frames: int) -> None:
        """Pause, and show the frame that many further on; back where negative."""
        if self._control is not None and self.present:
            self._control.step(frames)

    def seek(self, time_s: float) -> None:
        """Show the frame at a time from the first one."""
        if self._control is not None and self.present:
            self._control.seek(time_s)

    def set_speed(self, speed: float) -> None:
        """1 is as it happened."""
        self.speed = speed
        if self._control is not None and self.present:
            self._control.set_speed(speed)

    def faster(self, steps: int) -> None:
        """To another of `SPEEDS`; slower where negative."""
        nearest = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - self._speed_now))
        self.set_speed(SPEEDS[min(max(nearest + steps, 0), len(SPEEDS) - 1)])

    def figures(self) -> PlaybackFigures | None:
        """What to show now; None where no recording is played."""
        status = self._status
        if status is None:
            return None
        place = status.position
        at_s = place.time_s
        return PlaybackFigures(
            playing=not self.standing,
            at_s=at_s,
            duration_s=place.duration_s,
            speed=status.speed,
            text=f"{_fine(at_s)} / {_fine(place.duration_s)}",
            frame_text=f"frame {min(place.index + 1, place.count):,} of {place.count:,}",
        )

    @property
    def _speed_now(self) -> float:
        return self.speed if self._status is None else self._status.speed


def speed_text(speed: float) -> str:
    """ "1×", "0.25×"."""
    return f"{speed:g}×"


def _fine(seconds: float) -> str:
    """With tenths: "1:03.4"."""
    tenths = int(seconds * 10 + 1e-6)
    return f"{clock_text(tenths // 10)}.{tenths % 10}"
