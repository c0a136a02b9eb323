"""Films of made-up cameras: functions from a frame's number to what is seen then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from engine.capture.pace import Pace
from engine.errors import EndOfStream

Shown = TypeVar("Shown")


class Screening(Protocol):
    """What must be known to show a film: the facts of a camera or of a source of pairs."""

    @property
    def uri(self) -> str: ...

    @property
    def fps(self) -> float: ...

    @property
    def live(self) -> bool: ...

    @property
    def frame_count(self) -> int | None: ...


class Projector(Generic[Shown]):
    """Shows a film from its first frame to its last."""

    def __init__(self, film: Callable[[int], Shown], screening: Screening) -> None:
        self._film = film
        self._screening = screening
        self._pace = Pace(screening.fps, screening.uri)
        self._sequence = 0

    def next(self, timeout_s: float) -> tuple[int, Shown]:
        """The next frame and its number, at the rate of a device where the film is live.

        Raises:
            EndOfStream: that was the last one.
            TimeoutError: it is not due within `timeout_s`.
        """
        sequence, count = self._sequence, self._screening.frame_count
        if count is not None and sequence >= count:
            raise EndOfStream(self._screening.uri)
        shown = self._film(sequence)
        if self._screening.live:
            self._pace.wait(sequence, timeout_s)
        self._sequence += 1
        return sequence, shown


class RenderedFilm(Generic[Shown]):
    """Some frames of a film, all rendered before the first is shown, played to and fro: without a
    jump where it begins anew."""

    def __init__(self, film: Callable[[int], Shown], count: int) -> None:
        self._frames = [film(number) for number in range(count)]

    def __call__(self, sequence: int) -> Shown:
        last = len(self._frames) - 1
        return self._frames[last - abs(last - sequence % max(1, 2 * last))]
