"""Pictures of two streams put into pairs by the times at which they were taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.stereo.pair import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """A picture with its time on any clock that both streams share."""

    time_ns: int
    pixels: Pixels


Next = Callable[[], Timed]
"""The next picture of a stream; whatever it raises goes through."""


class Pairing:
    """Pairs of two streams. A picture without a partner is left out and counted."""

    def __init__(self, left: Next, right: Next, period_ns: int) -> None:
        """Pictures further apart than half a period belong to different moments."""
        self._next = (left, right)
        self._limit_ns = period_ns // 2
        self._waiting: list[Timed | None] = [None, None]
        self.left_out = 0

    def next(self) -> tuple[Timed, Timed]:
        """The next two pictures of one moment.

        Where a stream raises, the other one's picture is kept for the next call.
        """
        while True:
            for side in (0, 1):
                if self._waiting[side] is None:
                    self._waiting[side] = self._next[side]()
            left, right = self._waiting
            if left is None or right is None:
                raise AssertionError("both have been asked")
            if abs(left.time_ns - right.time_ns) <= self._limit_ns:
                self._waiting = [None, None]
                return left, right
            self._waiting[0 if left.time_ns < right.time_ns else 1] = None
            self.left_out += 1
