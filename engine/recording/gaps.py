"""Frames that a device counted and never delivered, as an event of a recording."""

from __future__ import annotations

from engine.messages import FrameSet
from engine.recording.layout import Event, EventKind


def gap_before(frame_set: FrameSet, missing: int) -> Event:
    """The gap of so many frames before this one."""
    text = f"The camera left out {missing} frames before frame {frame_set.sequence}."
    figures = {"frames": float(missing), "sequence": float(frame_set.sequence)}
    return Event(frame_set.captured_ns, EventKind.GAP, text, figures)
