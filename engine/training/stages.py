"""A run of one stage of training: limits, checkpoints, log, progress bar, weights to ship.

What is trained, on what, and by which loss is the stage's; how a run goes on, stops and is resumed
is the same for all of them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from engine.errors import WeightsError
from engine.training.checkpoint import load_checkpoint, save_checkpoint
from engine.training.schedule import run_progress

Batch = TypeVar("Batch")
LOG_EVERY_STEPS = 25
_BAR = "{l_bar}{bar}| {elapsed}, {remaining} left{postfix}"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One run. It ends after `samples`, or after `minutes` of training if that comes first."""

    out: Path
    samples: int
    minutes: float | None = None
    seed: int = 1
    validate_every_s: float = 240.0
    keep_last: bool = False
    """Write the last weights instead of the best: where no figure says which are better."""


class Stage(Protocol[Batch]):
    """What a run drives."""

    def batches(self, seed: int) -> Iterator[Batch]:
        """Endless batches."""
        ...

    def step(self, batch: Batch, progress: float) -> Mapping[str, Tensor]:
        """Learn from a batch, at `progress` 0..1 of the run; figures for the log."""
        ...

    def count(self, batch: Batch) -> int:
        """Samples in a batch."""
        ...

    def validate(self) -> Mapping[str, float]:
        """Figures of the weights that would be written; the first one decides: less is better."""
        ...

    def write(self, facts: dict[str, Any]) -> None:
        """Write the weights, with facts of the run."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything that `restore` needs."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a stored state. Raises WeightsError for one of another stage."""
        ...


class StageRun(Generic[Batch]):
    """Drives a stage from its last checkpoint to the end."""

    def __init__(self, settings: RunSettings, stage: Stage[Batch]) -> None:
        self.settings, self.stage = settings, stage
        self.samples_seen, self.trained_s, self.resumed = 0, 0.0, 0
        self.best = float("inf")
        self._resume()

    @property
    def progress(self) -> float:
        limits = self.settings
        return run_progress(self.samples_seen, limits.samples, self.trained_s, limits.minutes)

    def run(self) -> Mapping[str, float]:
        """Train to the end; figures of the last weights."""
        self.settings.out.mkdir(parents=True, exist_ok=True)
        log = SummaryWriter(self.settings.out / "log")
        bar = tqdm(total=100, unit="%", bar_format=_BAR)
        try:
            self._train(log, bar)
        except KeyboardInterrupt:
            bar.write("Interrupted; the same command goes on from here.")
        figures = self.checkpoint(log, bar)
        bar.close()
        log.close()
        return figures

    def _train(self, log: SummaryWriter, bar: tqdm[Any]) -> None:
        batches = self.stage.batches(self.settings.seed + 1000 * self.resumed)
        validated = started = time.monotonic()
        before, steps = self.trained_s, 0
        while self.progress < 1.0:
            parts = self.advance(next(batches))
            self.trained_s = before + time.monotonic() - started
            bar.update(100 * self.progress - bar.n)
            if steps % LOG_EVERY_STEPS == 0:
                for name, value in parts.items():
                    log.add_scalar(f"training/{name}", float(value), self.samples_seen)
            bar.set_postfix_str(f"{self.samples_seen} samples")
            if time.monotonic() - validated > self.settings.validate_every_s:
                self.checkpoint(log, bar)
                validated = time.monotonic()
            steps += 1

    def advance(self, batch: Batch) -> Mapping[str, Tensor]:
        """One step."""
        parts = self.stage.step(batch, self.progress)
        self.samples_seen += self.stage.count(batch)
        return parts

    def checkpoint(self, log: SummaryWriter, bar: tqdm[Any]) -> Mapping[str, float]:
        """Validate, keep the weights if they are the best, and save the state of the run."""
        figures = self.stage.validate()
        for name, value in figures.items():
            log.add_scalar(f"validation/{name}", value, self.samples_seen)
        bar.write(f"{self.samples_seen} samples, {self.trained_s / 60:.0f} min: {told(figures)}")
        decisive = next(iter(figures.values()))
        if decisive < self.best or self.settings.keep_last:
            self.best = min(decisive, self.best)
            self.stage.write(self._facts(figures))
        self.save()
        return figures

    def save(self) -> None:
        """Save the state of the run in OUT/checkpoint.pt."""
        self.settings.out.mkdir(parents=True, exist_ok=True)
        state = {
            "stage": self.stage.state(),
            "samples_seen": self.samples_seen,
            "trained_s": self.trained_s,
            "resumed": self.resumed,
            "best": self.best,
        }
        save_checkpoint(self.settings.out / "checkpoint.pt", state)

    def _facts(self, figures: Mapping[str, float]) -> dict[str, Any]:
        return {
            "seed": self.settings.seed,
            "samples_seen": self.samples_seen,
            "minutes": round(self.trained_s / 60, 1),
            "validation": {name: round(value, 3) for name, value in figures.items()},
        }

    def _resume(self) -> None:
        path = self.settings.out / "checkpoint.pt"
        if not path.exists():
            return
        state = load_checkpoint(path)
        self.stage.restore(state.get("stage", {}))
        self.samples_seen, self.trained_s = state["samples_seen"], state["trained_s"]
        self.resumed, self.best = state["resumed"] + 1, state["best"]


def run_settings(args: argparse.Namespace) -> RunSettings:
    """Of the command line."""
    return RunSettings(args.out, args.samples, args.minutes, args.seed)


def check_config(what: str, expected: dict[str, Any], state: Mapping[str, Any]) -> None:
    """Raise WeightsError unless a stored state is of a run with the same configuration."""
    if (found := state.get("config")) != expected:
        raise WeightsError(
            f"checkpoint: expected {what} {expected}, found {found}; give another --out, or the "
            "options that the run began with"
        )


def told(figures: Mapping[str, float]) -> str:
    """Figures in a line."""
    return ", ".join(f"{name} {value:.2f}" for name, value in figures.items())


def dropped_rate(peak: float, progress: float, drop_at: float) -> float:
    """The paper's schedule: `peak`, and a tenth of it from `drop_at` of the run on."""
    return peak if progress < drop_at else 0.1 * peak
