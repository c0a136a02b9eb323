"""Adapters made up for tests: they run in the learner's process, without torch.

A sample is any text; "good" earns new weights at the next piece of work, "worse" brings back the
former ones. Weights are small files of text, exporting copies them, and a loaded network is that
text.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

from engine.adaptation.decision import Decision
from engine.adaptation.exchange import ReadyNetworks
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState, AdaptationStatus
from engine.errors import WeightsError
from engine.inference.backend import NetworkFile
from engine.messages import Health


class FakeAdapter:
    """Numbers its weights as the real one does: from 0, and no number twice."""

    def __init__(self, weights: Path, folder: Path) -> None:
        self._folder = folder
        self._stack = [(0, weights)]
        self._next = 1
        self._good = self._steps = self._samples = 0
        self._decisions: list[Decision] = []

    @property
    def weights(self) -> Path:
        return self._stack[-1][1]

    @property
    def progress(self) -> AdaptationProgress:
        return AdaptationProgress(
            steps=self._steps,
            samples=self._samples,
            revision=self._stack[-1][0],
            decisions=tuple(self._decisions),
        )

    def add(self, sample: str) -> None:
        self._samples += 1
        if sample == "good":
            self._good += 1
        elif sample == "worse":
            self.roll_back(self._stack[-2][0])
            self._decide(accepted=False, rolled_back=True)
        elif sample == "deadly":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        elif sample == "broken":
            raise ZeroDivisionError("made up")
        elif sample == "endless":
            time.sleep(1000)

    def work(self, *, seconds: float) -> tuple[Decision, ...]:  # noqa: ARG002
        if not self._samples:
            return ()
        self._steps += 1
        time.sleep(0.005)
        return (self._accept(),) if self._good else ()

    def roll_back(self, revision: int) -> None:
        while self._stack[-1][0] > revision:
            self._stack.pop()

    def _accept(self) -> Decision:
        self._good -= 1
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"adapted-{self._next:04d}.weights"
        path.write_text(f"{self.weights.read_text('utf-8')}+{self._next}", "utf-8")
        self._stack.append((self._next, path))
        self._next += 1
        return self._decide(accepted=True)

    def _decide(self, accepted: bool, rolled_back: bool = False) -> Decision:
        self._decisions.append(
            Decision(
                time.monotonic(),
                self._steps,
                accepted,
                "made up",
                revision=self._stack[-1][0],
                rolled_back=rolled_back,
            )
        )
        return self._decisions[-1]


def make_fake_adapter(weights: Path, folder: Path) -> FakeAdapter:
    return FakeAdapter(weights, folder)


def refuse_weights(weights: Path, folder: Path) -> FakeAdapter:  # noqa: ARG001
    raise WeightsError(f"The weights '{weights.name}' are damaged; restore them.")


def break_at_once(weights: Path, folder: Path) -> FakeAdapter:  # noqa: ARG001
    raise ZeroDivisionError("made up")


def fake_network(folder: Path) -> NetworkFile:
    """First weights, whose text is "first"."""
    path = folder / "first.weights"
    path.write_text("first", "utf-8")
    return NetworkFile(path, copy_weights)


def copy_weights(weights: Path, onnx: Path) -> None:
    shutil.copyfile(weights, onnx)


def load_text(network: NetworkFile) -> tuple[str, ...]:
    """What stands for compiling."""
    return ((network.onnx or network.weights).read_text("utf-8"),) * 2


class FakeAdaptation:
    """Stands for an AdaptationService, without thread or process.

    Has new networks ready after every `every` sightings; notes its start and stop in `order`.
    """

    def __init__(self, every: int = 3, order: list[str] | None = None) -> None:
        self._every = every
        self._order = order if order is not None else []
        self._ready: ReadyNetworks | None = None
        self.first: tuple[str, ...] | None = None
        self.seen: list[int] = []
        self.running = self.paused = False
        self.fails_to_start = False
        self.loads = True
        self.offered_while_paused = 0

    def start(self) -> None:
        if self.fails_to_start:
            raise RuntimeError("can't start new process")
        self._order.append("start adaptation")
        self.running = True

    def __enter__(self) -> FakeAdaptation:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def request_stop(self) -> None:
        return None

    def stop(self, timeout_s: float = 5.0) -> bool:  # noqa: ARG002
        self._order.append("stop adaptation")
        self.running = False
        return True

    def begin_with(self, networks: tuple[str, ...]) -> None:
        self.first = networks

    def offer(self, sightings: tuple[int, ...]) -> None:
        if self.paused:
            self.offered_while_paused += 1
            return
        self.seen += sightings
        if len(self.seen) % self._every == 0:
            revision = len(self.seen) // self._every
            self._ready = ReadyNetworks((f"network {revision}",), revision)

    def take_networks(self) -> ReadyNetworks | None:
        ready, self._ready = self._ready, None
        return ready

    def status(self) -> AdaptationStatus:
        here = AdaptationState.LEARNING if self.loads else AdaptationState.STARTING
        state = here if self.running else AdaptationState.STOPPED
        gained = len(self.seen) >= self._every
        return AdaptationStatus(
            state,
            Path("first.weights"),
            progress=AdaptationProgress(steps=len(self.seen)),
            first_gain_s=0.1 if gained else None,
        )

    def health(self) -> Health:
        return Health("adaptation", 0.0, 0.0, 0.0, 0)
