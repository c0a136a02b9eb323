"""Frames that a device counted and never delivered, told by a jump of its numbers."""

from __future__ import annotations

from engine.messages import Frame
from engine.recording.layout import Event, EventKind


class GapFinder:
    """Looks at the frames of one live camera in their order."""

    def __init__(self) -> None:
        self._last: int | None = None
        self.lost = 0
        """Frames missing so far."""

    def jumps(self, frame: Frame) -> bool:
        """Whether frames are missing before this one."""
        return self._last is not None and frame.sequence > self._last + 1

    def before(self, frame: Frame) -> Event | None:
        """The gap between the former frame and this one; None where there is none. Numbers that
        run backwards mean that the device began anew."""
        last, self._last = self._last, frame.sequence
        missing = 0 if last is None else frame.sequence - last - 1
        if missing <= 0:
            return None
        self.lost += missing
        text = f"The camera left out {missing} frames before frame {frame.sequence}."
        figures = {"frames": float(missing), "sequence": float(frame.sequence)}
        return Event(frame.captured_ns, EventKind.GAP, text, figures)

    def forget(self) -> None:
        """The camera was opened anew: its numbers may begin anywhere."""
        self._last = None
