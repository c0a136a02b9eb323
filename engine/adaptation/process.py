"""The learner in a process of its own: it has torch, one thread and the lowest priority.

    tracker's process: AdaptationProcess  -- samples, commands -->  learner's process: serve
                                          <-- reports -----------

Why a process: docs/decisions/0019. It ends with the tracker's process in any event (learner_side).
In order, it is killed: its files are whole at any moment, so there is nothing to say goodbye to.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.adaptation.learner_messages import Failed, Message, Report
from engine.adaptation.learner_side import MakeAdapter, serve
from engine.inference.backend import NetworkFile

NAME = "handtune-adaptation"
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class ProcessEnded(Exception):
    """The learner's process is no more; `str` says how it ended."""


class AdaptationProcess:
    """The tracker's end. All methods belong to one thread, save `kill`."""

    def __init__(
        self,
        make_adapter: MakeAdapter,
        network: NetworkFile,
        folder: Path,
        temporary: Path,
    ) -> None:
        """Starts it at once, at `network`'s weights; it writes into `folder`.

        `temporary` is a folder for it to remove if this process dies.
        """
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=serve,
            args=(theirs, make_adapter, network, folder, temporary),
            name=NAME,
            daemon=True,
        )
        with _one_thread_a_library():
            self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def send(self, message: Message) -> None:
        """May wait while the learner's pipe is full; `kill` ends that.

        Raises:
            ProcessEnded: there is nobody left to hear it.
        """
        try:
            self._pipe.send(message)
        except OSError as error:
            raise ProcessEnded(self._how_it_ended()) from error

    def poll(self) -> Report | Failed | None:
        """The next message, if one is there.

        Raises:
            ProcessEnded: there is none and there will be none.
        """
        try:
            return self._pipe.recv() if self._pipe.poll() else None
        except (EOFError, OSError) as error:
            raise ProcessEnded(self._how_it_ended()) from error

    def kill(self) -> None:
        """End it at once; any thread."""
        self._process.kill()

    def close(self, timeout_s: float = 2.0) -> None:
        """End it and wait for that."""
        self._process.kill()
        self._process.join(timeout_s)
        self._pipe.close()

    def _how_it_ended(self) -> str:
        self._process.join(1.0)
        code = self._process.exitcode
        if code is None:
            return "it no longer answers"
        if code < 0:
            return f"ended by signal {-code} ({signal.strsignal(-code)})"
        return f"it ended with status {code}"


@contextmanager
def _one_thread_a_library() -> Iterator[None]:
    """Processes started within compute with one thread: numpy's libraries read this as they load,
    which is before any code of ours runs there."""
    before = {name: os.environ.get(name) for name in THREAD_COUNTS}
    os.environ.update(dict.fromkeys(THREAD_COUNTS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
