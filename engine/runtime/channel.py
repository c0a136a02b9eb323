"""A short queue between threads in which the newest win.

Where only the newest value matters, use a slot; here the last few do, each once.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """A queue of bounded length; what is put into a full one drives out the oldest item.

    Any thread may call any method. `put` never waits for a reader.
    """

    def __init__(self, capacity: int) -> None:
        self._changed = threading.Condition()
        self._items: deque[T] = deque(maxlen=capacity)
        self._dropped = 0

    def put(self, item: T) -> None:
        """Add an item; never blocks on a reader."""
        with self._changed:
            self._dropped += len(self._items) == self._items.maxlen
            self._items.append(item)
            self._changed.notify()

    def take(self, timeout_s: float = 0.0) -> T | None:
        """The oldest item; None where none came in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._items), timeout_s):
                return None
            return self._items.popleft()

    @property
    def dropped(self) -> int:
        """How many items were driven out."""
        with self._changed:
            return self._dropped
