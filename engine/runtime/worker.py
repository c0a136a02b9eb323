"""The one class that makes every long-running thread.

A worker calls `step(stop)` again and again until it is told to stop. What a step opens, the same
thread uses and closes: `setup` and `teardown` run on it. A failure ends the thread, is kept as data
and shown through `health()`; it never goes to a console that nobody reads.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.errors import UserError
from engine.messages import Health
from engine.runtime.clock import Meter


class StopSignal(Protocol):
    """What a step sees of the stop request (a `threading.Event` is one)."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep, but wake at once when asked to stop; whether that was so."""
        ...


class Finished(Exception):
    """Raised by a step that has nothing left to do: the worker ends, well."""


Step = Callable[[StopSignal], "int | None"]
"""One bounded piece of work (under about 0.2 s of waiting). Returns the latency of the item that it
completed in nanoseconds, or None when there was nothing to do."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a worker ended."""

    sentence: str
    """For the user."""
    traceback: str
    """For the log."""
    error: BaseException
    """What was raised."""


def _nothing() -> None:
    return None


class Worker:
    """One named thread around a step. Start it once; `stop` may be called from any other thread."""

    def __init__(
        self,
        name: str,
        step: Step,
        *,
        setup: Callable[[], None] = _nothing,
        teardown: Callable[[], None] = _nothing,
        dropped: Callable[[], int] = lambda: 0,
    ) -> None:
        """`dropped` tells how many items this worker's input lost; it is only reported."""
        self.name = name
        self._step = step
        self._setup = setup
        self._teardown = teardown
        self._dropped = dropped
        self._stop = threading.Event()
        self._meter = Meter()
        self._failure: Failure | None = None
        # A daemon, so that a device that hangs in its driver cannot keep the process alive.
        self._thread = threading.Thread(target=self._run, name=f"handtune-{name}", daemon=True)

    @property
    def failure(self) -> Failure | None:
        return self._failure

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Ask the thread to end and wait for it; False when it is still alive after `timeout_s`."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def health(self) -> Health:
        reading = self._meter.read()
        return Health(
            name=self.name,
            rate_hz=reading.rate_hz,
            latency_median_ms=reading.median_ms,
            latency_p95_ms=reading.p95_ms,
            dropped=self._dropped(),
            failure=self._failure.sentence if self._failure else "",
        )

    def _run(self) -> None:
        """Set up, step until stopped, and tear down whatever happened."""
        try:
            self._setup()
            while not self._stop.is_set():
                self._run_step()
        except Finished:
            pass
        except BaseException as error:
            self._record(error)
        try:
            self._teardown()
        except BaseException as error:
            self._record(error)

    def _run_step(self) -> None:
        latency_ns = self._step(self._stop)
        if latency_ns is not None:
            self._meter.record(latency_ns)

    def _record(self, error: BaseException) -> None:
        """Keep the first failure: what follows it is usually its consequence."""
        if self._failure is None:
            self._failure = Failure(_sentence(self.name, error), traceback.format_exc(), error)


def _sentence(name: str, error: BaseException) -> str:
    if isinstance(error, UserError):
        return str(error)
    return (
        f"The {name} thread stopped because of an internal error: {type(error).__name__}: {error}"
    )
