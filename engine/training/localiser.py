"""Training of the localiser on synthetic scenes: `python main.py train localiser`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.nets.localiser_file import save_localiser
from engine.nets.localiser_net import PLANES, LocaliserNet
from engine.training.average import Average
from engine.training.localiser_scenes import LocaliserSample
from engine.training.localiser_task import LocaliserTask
from engine.training.optimizers import Rates, muon_and_adamw, set_rates
from engine.training.schedule import Schedule
from engine.training.stages import StageRun, check_config, run_settings, told


def run(args: argparse.Namespace) -> int:
    """Train (or resume from OUT/checkpoint.pt). Returns the exit status."""
    torch.set_num_threads(args.threads)
    weights_out = args.weights_out or args.out / "localiser.safetensors"
    stage = LocaliserStage(LocaliserSettings(weights_out, args.batch, seed=args.seed))
    figures = StageRun(replace(run_settings(args), keep_last=True), stage).run()
    print(f"{weights_out}: {told(figures)}")
    return 0


@dataclass(frozen=True, slots=True)
class LocaliserSettings:
    """What the localiser trains with."""

    weights_out: Path
    batch: int = 48
    rates: Rates = field(default_factory=Rates)
    schedule: Schedule = field(default_factory=Schedule)
    seed: int = 1


class LocaliserStage:
    """Owns the network, its average and the optimisers; see engine.training.stages."""

    def __init__(self, settings: LocaliserSettings, task: LocaliserTask | None = None) -> None:
        self.settings, self.task = settings, task or LocaliserTask()
        torch.manual_seed(settings.seed)
        self.net = LocaliserNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.net)
        self.optimizers = muon_and_adamw(self.net, _inner, settings.rates)

    def batches(self, seed: int) -> Iterator[list[LocaliserSample]]:
        return self.task.batches(seed, self.settings.batch)

    def count(self, batch: list[LocaliserSample]) -> int:
        return len(batch)

    def step(self, batch: list[LocaliserSample], progress: float) -> Mapping[str, Tensor]:
        self.net.train()
        set_rates(self.optimizers, self.settings.rates, self.settings.schedule.factor(progress))
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        parts = self.task.loss(self.net, batch)
        torch.stack(list(parts.values())).sum().backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.average.follow(self.net)
        return {name: value.detach() for name, value in parts.items()}

    def validate(self) -> Mapping[str, float]:
        return self.task.figures(self.average.net)

    def write(self, facts: dict[str, Any]) -> None:
        facts = {
            "task": "where hands are in a whole depth frame, and which side",
            "data": "synthetic only: engine.training.localiser_scenes, pose_statistics.npz",
        } | facts
        save_localiser(self.settings.weights_out, self.average.net, facts)

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "average": self.average.state(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "config": _CONFIG,
        }

    def restore(self, state: dict[str, Any]) -> None:
        check_config("a localiser of", _CONFIG, state)
        self.net.load_state_dict(state["net"])
        self.average.restore(state["average"])
        for optimizer, stored in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)


_CONFIG = {"planes": list(PLANES)}


def _inner(name: str, parameter: nn.Parameter) -> bool:
    return parameter.ndim == 4 and not name.startswith(("stem", "head"))
