"""What waits to be recorded: bounded by memory, and what does not fit is counted.

Here, unlike in `runtime.channel`, the newest give way: what is recorded stays without gaps as long
as it can, and a gap is one.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from engine.messages import Frame, Scene
from engine.recording.layout import Event

Item = Frame | Scene | Event


@dataclass(frozen=True, slots=True)
class QueueCapacity:
    """How much may wait."""

    bytes: int = 400_000_000
    """Of images: 2.7 s of 848 x 480 depth with two infrared images at 60 fps."""
    items: int = 20_000
    """Of anything."""


PATIENCE = 2
"""Frames that may wait for their scene before they are taken all the same."""


class FrameQueue:
    """Any thread may put; one takes. Nobody ever waits to put.

    A frame alone wakes nobody: at that moment tracking begins with it, and writing at the same time
    would get in its way. Its scene does, or the next frame.
    """

    def __init__(self, capacity: QueueCapacity) -> None:
        self._capacity = capacity
        self._changed = threading.Condition()
        self._items: deque[Item] = deque()
        self._bytes = self._frames = 0
        self._open = True
        self.frames_dropped = 0
        """Frames for which there was no room."""
        self.scenes_dropped = 0

    def put(self, item: Item) -> None:
        """Add it or count it as dropped; without effect once closed."""
        size = size_of(item)
        with self._changed:
            if not self._open:
                return
            full = len(self._items) >= self._capacity.items
            if full or (size and self._bytes and self._bytes + size > self._capacity.bytes):
                self.frames_dropped += isinstance(item, Frame)
                self.scenes_dropped += isinstance(item, Scene)
                return
            self._items.append(item)
            self._bytes += size
            self._frames += isinstance(item, Frame)
            if self._due():
                self._changed.notify()

    def take(self, timeout_s: float) -> Item | None:
        """The oldest item; None where none came in time."""
        with self._changed:
            self._changed.wait_for(self._due, timeout_s)
            if not self._items:
                return None
            item = self._items.popleft()
            self._bytes -= size_of(item)
            self._frames -= isinstance(item, Frame)
            return item

    def _due(self) -> bool:
        return len(self._items) > self._frames or self._frames >= PATIENCE

    def close(self) -> None:
        """Take in nothing more; what waits can still be taken."""
        with self._changed:
            self._open = False

    def frames_waiting(self) -> int:
        with self._changed:
            return self._frames


def size_of(item: Item) -> int:
    """Bytes of its images; 0 for what has none."""
    if not isinstance(item, Frame):
        return 0
    color = 0 if item.color is None else item.color.nbytes
    return item.depth_m.nbytes + color + sum(picture.pixels.nbytes for picture in item.pictures)
