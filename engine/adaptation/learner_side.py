"""The learner's side: what runs in its process, at the lowest priority, until the pipe ends.

It ends with the pipe: when the tracker's process goes away in whatever manner, the reading thread
sees that and takes the whole process with it, temporary files included, however busy torch is.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.adaptation.background_priority import give_way
from engine.adaptation.decision import Decision
from engine.adaptation.learner_messages import Command, Failed, Message, Report, RollBack
from engine.adaptation.progress import AdaptationProgress
from engine.errors import UserError
from engine.inference.backend import NetworkFile
from engine.runtime.channel import Channel

if TYPE_CHECKING:  # Comes with the first sample.
    from engine.adaptation.sample import AdaptationSample

WAITING_SAMPLES = 32
"""In the learner's process; the newest win."""
SLICE_S = 0.25
"""How long it works between two looks at its commands."""
REPORT_S = 0.5
REPORTED_DECISIONS = 200
"""The last ones: a report is sent twice a second, and the tracker's side remembers them all."""
IDLE_S = 0.1


class Adapting(Protocol):
    """What the process needs of an Adapter (engine.adaptation.adapter)."""

    @property
    def weights(self) -> Path: ...

    @property
    def progress(self) -> AdaptationProgress: ...

    def add(self, sample: AdaptationSample) -> None: ...

    def work(self, *, seconds: float) -> tuple[Decision, ...]: ...

    def roll_back(self, revision: int) -> None: ...


MakeAdapter = Callable[[Path, Path], Adapting]
"""Of weights and a folder. Is sent to the process, so it must be a function of a module."""


def serve(
    pipe: Connection,
    make_adapter: MakeAdapter,
    network: NetworkFile,
    folder: Path,
    temporary: Path,
) -> None:
    """The process: learn until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the tracker's to handle.
    os.environ["OMP_NUM_THREADS"] = "1"  # Read by torch when it is imported, which comes later.
    inbox = _Inbox()
    # Before the priority falls: this thread must be able to end a process that never gets a turn.
    threading.Thread(target=_listen, args=(pipe, inbox, temporary), daemon=True).start()
    give_way()
    try:
        _learn(pipe, inbox, make_adapter(network.weights, folder), network)
    except (BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:
        with suppress(OSError):
            pipe.send(_failure(error))


class _Inbox:
    """What came and was not looked at yet."""

    def __init__(self) -> None:
        self.samples: Channel[AdaptationSample] = Channel(WAITING_SAMPLES)
        self.commands: Channel[Command | RollBack] = Channel(1000)

    def put(self, message: Message) -> None:
        if isinstance(message, Command | RollBack):
            self.commands.put(message)
        else:
            self.samples.put(message)


def _listen(pipe: Connection, inbox: _Inbox, temporary: Path) -> None:
    """Take in what comes, so that the tracker's side never waits; end everything at the end."""
    try:
        while True:
            inbox.put(pipe.recv())
    except (EOFError, OSError):
        shutil.rmtree(temporary, ignore_errors=True)
        os._exit(0)


def _failure(error: Exception) -> Failed:
    by_user = isinstance(error, UserError)
    sentence = str(error) if by_user else f"{type(error).__name__}: {error}"
    return Failed(sentence, traceback.format_exc(), by_user)


def _learn(pipe: Connection, inbox: _Inbox, adapter: Adapting, network: NetworkFile) -> None:
    """Samples and commands in, work, reports out; for ever."""
    desk = _Desk(adapter, network)
    pipe.send(desk.report())
    told_s, told = time.monotonic(), desk.mark
    while True:
        worked = desk.take_in(inbox) and desk.work()
        if desk.mark != told or (worked and time.monotonic() - told_s > REPORT_S):
            pipe.send(desk.report(inbox.samples.dropped))
            told_s, told = time.monotonic(), desk.mark
        if not worked:
            time.sleep(IDLE_S)


class _Desk:
    """The learner's side of the conversation, without the pipe."""

    def __init__(self, adapter: Adapting, network: NetworkFile) -> None:
        self._adapter = adapter
        self._network = network
        self._paused = False
        self._rollbacks = 0

    @property
    def mark(self) -> tuple[float, ...]:
        """Changes when the other side should hear at once."""
        progress = self._adapter.progress
        decided_s = progress.decisions[-1].time_s if progress.decisions else 0.0
        return (progress.revision, decided_s, self._rollbacks, progress.samples)

    def take_in(self, inbox: _Inbox) -> bool:
        """Everything that waits; whether there is leave to work."""
        while (command := inbox.commands.take()) is not None:
            self._obey(command)
        while (sample := inbox.samples.take()) is not None:
            self._adapter.add(sample)
        return not self._paused

    def work(self) -> bool:
        """A slice of work; whether there was any."""
        before = self._adapter.progress.steps
        started = time.monotonic()
        self._adapter.work(seconds=SLICE_S)
        learnt = self._adapter.progress.steps > before
        return learnt or time.monotonic() - started > 0.5 * SLICE_S

    def report(self, dropped: int = 0) -> Report:
        progress = self._adapter.progress
        progress = replace(progress, decisions=progress.decisions[-REPORTED_DECISIONS:])
        return Report(progress, self._adapter.weights, self._onnx(), self._rollbacks, dropped)

    def _obey(self, command: Command | RollBack) -> None:
        if isinstance(command, Command):
            self._paused = command is Command.PAUSE
            return
        self._rollbacks += 1
        self._adapter.roll_back(command.revision)

    def _onnx(self) -> Path | None:
        """The weights in use as ONNX: made here, because the tracker's process has no torch. None
        of those that the session began with, which the tracker keeps compiled."""
        weights = self._adapter.weights
        onnx = weights.with_suffix(".onnx")
        if onnx.exists():  # Of these weights: each life numbers its own in its own folder.
            return onnx
        return self._exported(weights, onnx) if self._adapter.progress.revision else None

    def _exported(self, weights: Path, onnx: Path) -> Path:
        for old in weights.parent.glob("*.onnx"):
            if not old.with_suffix(weights.suffix).exists():
                old.unlink(missing_ok=True)
        partial = onnx.with_suffix(".part")
        self._network.export(weights, partial)
        return partial.replace(onnx)
