"""What was told to stop and has not ended yet: cameras, threads, work in other processes."""

from __future__ import annotations

from typing import Any, Protocol

from app.background import Work


class Running(Protocol):
    """Something with a thread."""

    @property
    def running(self) -> bool: ...
    def request_stop(self) -> None: ...
    def stop(self, timeout_s: float) -> bool: ...


class Endings:
    """Whatever is stopped ends by itself and is watched here; nobody waits, save `stop`."""

    def __init__(self) -> None:
        self._things: list[Running] = []

    def add(self, thing: Running | None) -> None:
        """Tell it to stop."""
        if thing is not None:
            thing.request_stop()
            self._things.append(thing)

    def add_work(self, work: Work[Any]) -> None:
        """Nobody waits for it any more."""
        self.add(_WorkEnding(work))

    @property
    def running(self) -> bool:
        """Whether something has not ended yet."""
        self._things = [thing for thing in self._things if thing.running]
        return bool(self._things)

    def stop(self, timeout_s: float) -> bool:
        """Wait for all; whether they have ended."""
        ended = [thing.stop(timeout_s) for thing in self._things]
        return all(ended)


class _WorkEnding:
    """Work that nobody waits for any more, as something that runs."""

    def __init__(self, work: Work[Any]) -> None:
        self._work = work

    @property
    def running(self) -> bool:
        return not self._work.poll()

    def request_stop(self) -> None:
        self._work.cancel()

    def stop(self, timeout_s: float) -> bool:
        del timeout_s  # It has one of its own.
        self._work.close()
        return True
