"""Work that takes long, beside the window: in a thread, or in a process where it is heavy.

Python that works hard in a thread slows tracking and window alike, because all share one
interpreter lock; so whole files are repaired and exported in a process of their own. Whoever
started work looks at it from time to time with `poll`; nothing here waits, save `close`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Generic, Protocol, TypeVar

from engine.errors import UserError

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

Watch = Callable[[float], None]
"""Told the share done, 0 to 1; raises CancelledError where nobody wants the rest."""
SECONDS_BETWEEN_NEWS = 0.05
NICENESS = 10
CLOSE_S, DYING_S = 2.0, 0.2


class CancelledError(Exception):
    """Nobody waits for the outcome any more."""


class Work(Protocol[T_co]):
    """One piece of work under way. All of it belongs to the window's thread."""

    @property
    def share(self) -> float:
        """Done, 0 to 1."""
        ...

    @property
    def result(self) -> T_co | None:
        """None until it is done, and where it failed."""
        ...

    @property
    def failure(self) -> str:
        """Why it failed, in a sentence; empty while well."""
        ...

    def poll(self) -> bool:
        """Whether it has ended, with a result, a failure, or because it was cancelled."""
        ...

    def cancel(self) -> None:
        """It ends soon, and leaves nothing behind."""
        ...

    def close(self) -> None:
        """Cancel, and wait a moment for it."""
        ...


class ThreadWork(Generic[T]):
    """A function in a thread: for what mostly waits for the disk."""

    def __init__(self, name: str, function: Callable[[Watch], T]) -> None:
        self.share = 0.0
        self.result: T | None = None
        self.failure = ""
        self._function = function
        self._cancelled = threading.Event()
        # A daemon: the program's end does not wait for a disk that hangs.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def poll(self) -> bool:
        return not self._thread.is_alive()

    def cancel(self) -> None:
        self._cancelled.set()

    def close(self) -> None:
        self.cancel()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        try:
            self.result = self._function(self._went_on)
        except CancelledError:
            return
        except Exception as error:  # Whatever it is, the window must not wait for ever.
            self.failure = _sentence(error)

    def _went_on(self, share: float) -> None:
        if self._cancelled.is_set():
            raise CancelledError
        self.share = share


class ProcessWork(Generic[T]):
    """A function in a process of its own: `function(watch, *arguments)`, all of it picklable."""

    def __init__(self, name: str, function: Callable[..., T], *arguments: Any) -> None:
        self.share = 0.0
        self.result: T | None = None
        self.failure = ""
        self._over = False
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, function, arguments), name=name, daemon=True
        )
        self._process.start()
        theirs.close()

    def poll(self) -> bool:
        try:
            while not self._over and self._pipe.poll():
                self._hear(*self._pipe.recv())
        except (EOFError, OSError):
            self._end(failure=f"The work ended early (exit status {self._status()}); try again.")
        return self._over

    def cancel(self) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send(None)

    def close(self) -> None:
        self.cancel()
        self._process.join(CLOSE_S)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(CLOSE_S)
        self._over = True
        self._pipe.close()

    def _hear(self, kind: str, value: Any) -> None:
        if kind == "share":
            self.share = value
        elif kind == "result":
            self.result = value
            self._end()
        else:
            self._end(failure=value)

    def _end(self, failure: str = "") -> None:
        # Not joined: an interpreter takes a second to end, and the window would stand still.
        self.failure, self._over = failure, True
        self._pipe.close()

    def _status(self) -> int | None:
        self._process.join(DYING_S)  # Its end of the pipe is closed, so it is as good as gone.
        return self._process.exitcode


class _Reporter:
    """The working side of `Watch`."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._told_s = 0.0

    def __call__(self, share: float) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s < SECONDS_BETWEEN_NEWS:
            return
        self._told_s = now_s
        if self._pipe.poll():  # Whatever comes, or that the window is gone: stop.
            raise CancelledError
        self._pipe.send(("share", share))


def _serve(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the window's to handle.
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        answer = ("result", function(_Reporter(pipe), *arguments))
    except (CancelledError, BrokenPipeError):
        answer = ("failure", "")
    except Exception as error:  # Whatever it is, the window must not wait for ever.
        answer = ("failure", _sentence(error))
    with contextlib.suppress(OSError):
        pipe.send(answer)


def _sentence(error: Exception) -> str:
    if isinstance(error, UserError):
        return str(error)
    return f"That did not work ({type(error).__name__}: {error}); nothing was changed."
