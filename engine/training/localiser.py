"""Training of the localiser on synthetic scenes: `python main.py train localiser`.

One process, bfloat16, resumable. What ships is an exponential moving average of the weights.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from engine.nets.localiser_file import save_localiser
from engine.nets.localiser_net import LocaliserNet
from engine.training.checkpoint import load_checkpoint, save_checkpoint
from engine.training.localiser_scenes import LocaliserSample
from engine.training.localiser_task import LocaliserTask
from engine.training.muon import Muon
from engine.training.schedule import Schedule

AVERAGE_KEEP = 0.998


@dataclass(frozen=True, slots=True)
class LocaliserSettings:
    """One run. It ends after `samples`, or after `minutes` if that comes first."""

    out: Path
    weights_out: Path
    samples: int = 400_000
    minutes: float | None = None
    batch: int = 48
    lr: float = 2e-3
    muon_lr: float = 0.01
    seed: int = 1
    validate_every_s: float = 180.0
    schedule: Schedule = field(default_factory=Schedule)


def run(args: argparse.Namespace) -> int:
    """Train (or resume from OUT/checkpoint.pt). Returns the exit status."""
    settings = LocaliserSettings(
        out=args.out,
        weights_out=args.weights_out or args.out / "localiser.safetensors",
        samples=args.samples,
        minutes=args.minutes,
        batch=args.batch,
        seed=args.seed,
    )
    torch.set_num_threads(args.threads)
    scores = LocaliserTrainer(settings).run()
    print(f"{settings.weights_out}: {scores}")
    return 0


class LocaliserTrainer:
    """Owns the network, its average, the optimisers and the run's files."""

    def __init__(self, settings: LocaliserSettings, task: LocaliserTask | None = None) -> None:
        self.settings, self.task = settings, task or LocaliserTask()
        torch.manual_seed(settings.seed)
        self.net = LocaliserNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.net).eval()
        self.optimizers = _optimizers(self.net, settings)
        self.samples_seen, self.trained_s, self.resumed = 0, 0.0, 0
        self._resume()

    @property
    def progress(self) -> float:
        done = self.samples_seen / self.settings.samples
        if self.settings.minutes is not None:
            done = max(done, self.trained_s / (60 * self.settings.minutes))
        return min(done, 1.0)

    def run(self) -> str:
        """Train to the end; scores of the weights written."""
        settings = self.settings
        settings.out.mkdir(parents=True, exist_ok=True)
        batches = self.task.batches(settings.seed + 1000 * self.resumed, settings.batch)
        log = SummaryWriter(settings.out / "log")
        bar = tqdm(total=100, initial=round(100 * self.progress), unit="%", bar_format=_BAR)
        started = validated = time.monotonic()
        before = self.trained_s
        while self.progress < 1.0:
            parts = self._step(next(batches))
            self.trained_s = before + time.monotonic() - started
            bar.update(100 * self.progress - bar.n)
            if self.samples_seen % (settings.batch * 50) < settings.batch:
                for name, value in parts.items():
                    log.add_scalar(f"training/{name}", float(value), self.samples_seen)
                bar.set_postfix_str(f"{self.samples_seen} samples")
            if time.monotonic() - validated > settings.validate_every_s:
                self._checkpoint(bar)
                validated = time.monotonic()
        scores = self._checkpoint(bar)
        bar.close()
        log.close()
        return scores

    def _step(self, batch: list[LocaliserSample]) -> dict[str, Tensor]:
        self.net.train()
        rate = self.settings.schedule.factor(self.progress)
        for optimizer in self.optimizers:
            peak = self.settings.muon_lr if isinstance(optimizer, Muon) else self.settings.lr
            for group in optimizer.param_groups:
                group["lr"] = peak * rate
            optimizer.zero_grad(set_to_none=True)
        parts = self.task.loss(self.net, batch)
        torch.stack(list(parts.values())).sum().backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.samples_seen += self.settings.batch
        self._follow()
        return {name: value.detach() for name, value in parts.items()}

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the network; slowly once it has somewhere to be."""
        steps = self.samples_seen / self.settings.batch
        keep = min(AVERAGE_KEEP, (1 + steps) / (20 + steps))
        theirs = self.net.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(theirs[name], 1 - keep)
            else:
                value.copy_(theirs[name])

    def _checkpoint(self, bar: tqdm[Any]) -> str:
        scores = self.task.evaluate(self.average)
        bar.write(f"{self.samples_seen} samples, {self.trained_s / 60:.0f} min: {scores}")
        save_checkpoint(self.settings.out / "checkpoint.pt", self._state())
        facts = {
            "task": self.task.purpose,
            "data": self.task.data,
            "seed": self.settings.seed,
            "samples_seen": self.samples_seen,
            "minutes": round(self.trained_s / 60, 1),
            "validation": scores,
        }
        save_localiser(self.settings.weights_out, self.average, facts)
        return scores

    def _state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "samples_seen": self.samples_seen,
            "trained_s": self.trained_s,
            "resumed": self.resumed,
        }

    def _resume(self) -> None:
        path = self.settings.out / "checkpoint.pt"
        if not path.exists():
            return
        state = load_checkpoint(path)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        for optimizer, stored in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)
        self.samples_seen, self.trained_s = state["samples_seen"], state["trained_s"]
        self.resumed = state["resumed"] + 1


_BAR = "{l_bar}{bar}| {elapsed}, {remaining} left{postfix}"


def _optimizers(net: nn.Module, settings: LocaliserSettings) -> list[torch.optim.Optimizer]:
    """Muon for the inner kernels, AdamW for the rest."""
    kernels: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in net.named_parameters():
        inner = parameter.ndim == 4 and not name.startswith(("stem", "head"))
        (kernels if inner else rest).append(parameter)
    return [
        torch.optim.AdamW(rest, lr=settings.lr, weight_decay=0.01),
        Muon(kernels, lr=settings.muon_lr),
    ]
