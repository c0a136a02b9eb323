"""Frames of a made-up camera come at its own rate, like a device's."""

from __future__ import annotations

import time

from engine.runtime.clock import NS_PER_S, monotonic_ns


class Pace:
    """When frames are due; the first is at once."""

    def __init__(self, fps: float, uri: str) -> None:
        """`uri` is what a TimeoutError names."""
        self._fps = fps
        self._uri = uri
        self._start_ns: int | None = None

    def wait(self, sequence: int, timeout_s: float) -> None:
        """Sleep until the frame of this number is due.

        Raises:
            TimeoutError: that is more than `timeout_s` away; so long was waited.
        """
        if self._start_ns is None:
            self._start_ns = monotonic_ns()
        due_ns = self._start_ns + round(sequence * NS_PER_S / self._fps)
        wait_s = (due_ns - monotonic_ns()) / NS_PER_S
        if wait_s > timeout_s:
            time.sleep(timeout_s)
            raise TimeoutError(self._uri)
        time.sleep(max(wait_s, 0.0))
