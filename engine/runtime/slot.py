"""Latest-value hand-over between threads.

A slot holds the newest value only. The writer never waits, so a slow reader cannot slow it; values
that nobody took before they were replaced are counted, never silently lost.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """The newest value and its version (1, 2, 3, ...). Any thread may call any method."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._latest: tuple[int, T] | None = None
        self._version = 0
        self._taken_version = 0
        self._overwritten = 0

    def put(self, value: T) -> None:
        """Replace the value; never blocks on a reader."""
        with self._changed:
            if self._version > self._taken_version:
                self._overwritten += 1
            self._version += 1
            self._latest = (self._version, value)
            self._changed.notify_all()

    def take_newer(self, than_version: int, timeout_s: float) -> tuple[int, T] | None:
        """The newest (version, value) above `than_version`; None when none came in time.

        Start with version 0; pass the returned version the next time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._version > than_version, timeout_s)
            if self._latest is None or self._version <= than_version:
                return None
            self._taken_version = self._version
            return self._latest

    def peek(self) -> tuple[int, T] | None:
        """The newest (version, value) without waiting and without marking it as taken."""
        with self._changed:
            return self._latest

    @property
    def overwritten(self) -> int:
        """How many values were replaced before `take_newer` handed them to anyone."""
        with self._changed:
            return self._overwritten
