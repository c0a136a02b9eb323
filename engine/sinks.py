"""What may listen to a running session: recorders and streams. They are handed every scene, and
recorders every frame set.

The session calls from the thread that made the value, so whoever listens returns at once and does
its work elsewhere; a sink that has no room drops and counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from engine.messages import FrameSet, Scene

Sink = TypeVar("Sink")


class SceneSink(Protocol):
    """Gets every scene, in order, from the inference thread."""

    def offer_scene(self, scene: Scene) -> None:
        """Take it or drop it; never waits, never raises."""
        ...


class FrameSink(Protocol):
    """Gets every frame set, in order, from the capture thread."""

    def offer_frame_set(self, frame_set: FrameSet, missing: int = 0) -> None:
        """Take it or drop it; never waits, never raises. `missing` frames that the device counted
        just before it were never delivered."""
        ...


class FromFirstFrame:
    """Hands every frame set on, and says beforehand when the first one was captured."""

    def __init__(self, sink: FrameSink, begin: Callable[[int], None]) -> None:
        """`begin` gets `captured_ns` of the first frame set, before anybody tracks it."""
        self._sink = sink
        self._begin: Callable[[int], None] | None = begin

    def offer_frame_set(self, frame_set: FrameSet, missing: int = 0) -> None:
        begin, self._begin = self._begin, None
        if begin is not None:
            begin(frame_set.captured_ns)
        self._sink.offer_frame_set(frame_set, missing)


class _Sinks(Generic[Sink]):
    """Those who listen at present. Any thread may call any method."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sinks: tuple[Sink, ...] = ()

    def add(self, sink: Sink) -> None:
        """From the next value on; once, however often it is added."""
        with self._lock:
            if sink not in self._sinks:
                self._sinks = (*self._sinks, sink)

    def remove(self, sink: Sink) -> None:
        """It may still get the value that is under way; no matter if it never listened."""
        with self._lock:
            self._sinks = tuple(other for other in self._sinks if other is not sink)


class FrameSinks(_Sinks[FrameSink]):
    """Whoever gets the frame sets of a session."""

    def offer_frame_set(self, frame_set: FrameSet, missing: int) -> None:
        """Hand a frame set to everyone."""
        for sink in self._sinks:
            sink.offer_frame_set(frame_set, missing)


class SceneSinks(_Sinks[SceneSink]):
    """Whoever gets the scenes of a session."""

    def offer_scene(self, scene: Scene) -> None:
        """Hand a scene to everyone."""
        for sink in self._sinks:
            sink.offer_scene(scene)
