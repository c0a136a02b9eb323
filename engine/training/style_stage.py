"""Style transfer between synthetic and real depth: `python main.py train style --real SOURCE`.

CycleGAN as in Ren et al. 2022: Adam at 2e-4, from half of the run on falling linearly to nothing
(the paper: from epoch 20 to 40). The last weights are kept: the losses of the two sides do not say
which are better.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.adaptation.patch import HandPatch
from engine.nets.module_file import STYLE, save_module
from engine.nets.style_transfer import StyleConfig, StyleNet
from engine.training.optimizers import set_rate
from engine.training.stages import RunSettings, StageRun, check_config, told
from engine.training.style_data import real_crops, synthetic_crops
from engine.training.style_loss import (
    discriminator_loss,
    generator_losses,
    judges_for,
    style_gap,
    translated,
)
from engine.training.unlabelled import split, tracked_patches

RATE, BETAS = 2e-4, (0.5, 0.999)
_HELD_OUT_SEED = 987_654_323


def run(args: argparse.Namespace) -> int:
    """Train (or resume from OUT/checkpoint.pt). Returns the exit status."""
    torch.set_num_threads(args.threads)
    settings = StyleSettings(
        weights_out=args.weights_out or args.out / "style.safetensors",
        batch=args.batch,
        workers=args.workers,
        network=StyleConfig(args.width, args.blocks),
        seed=args.seed,
    )
    stage = StyleStage(settings, tracked_patches(args.real, args.frames), args.real)
    limits = RunSettings(args.out, args.samples, args.minutes, args.seed, keep_last=True)
    figures = StageRun(limits, stage).run()
    print(f"{settings.weights_out}: {told(figures)}")
    return 0


@dataclass(frozen=True, slots=True)
class StyleSettings:
    """What the style transfer trains with."""

    weights_out: Path
    batch: int = 4
    workers: int = 0
    network: StyleConfig = field(default_factory=StyleConfig)
    rate: float = RATE
    validation_images: int = 32
    seed: int = 1


class StyleBatch(NamedTuple):
    """Images [B, 1, S, S] that do not belong together."""

    synthetic: Tensor
    real: Tensor


class StyleStage:
    """Owns generators, discriminators and their optimisers; see engine.training.stages."""

    def __init__(
        self, settings: StyleSettings, patches: Sequence[HandPatch], source: str = ""
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self._source = settings, source
        self._patches, self._held_out_patches = split(patches)
        self.net = StyleNet(settings.network)
        self.judges = judges_for(self.net)
        self.optimizers = [
            torch.optim.Adam(part.parameters(), lr=settings.rate, betas=BETAS)
            for part in (self.net, self.judges)
        ]
        self._held_out: StyleBatch | None = None

    def batches(self, seed: int) -> Iterator[StyleBatch]:
        return self._batches(self._patches, seed, self.settings.batch, self.settings.workers)

    def _batches(
        self, patches: Sequence[HandPatch], seed: int, batch: int, workers: int
    ) -> Iterator[StyleBatch]:
        both = zip(
            synthetic_crops(seed, batch, workers), real_crops(patches, seed, batch), strict=False
        )
        return (StyleBatch(synthetic, real) for synthetic, real in both)

    def count(self, batch: StyleBatch) -> int:
        return len(batch.synthetic)

    def step(self, batch: StyleBatch, progress: float) -> Mapping[str, Tensor]:
        for optimizer in self.optimizers:
            set_rate(optimizer, self.settings.rate * min(1.0, 2.0 * (1.0 - progress)))
        of_generators, of_judges = self.optimizers
        images = translated(self.net, batch.synthetic, batch.real)
        self.judges.requires_grad_(False)
        total, parts = generator_losses(self.net, self.judges, images)
        of_generators.zero_grad(set_to_none=True)
        total.backward()
        of_generators.step()
        self.judges.requires_grad_(True)
        judged = discriminator_loss(self.judges, images)
        of_judges.zero_grad(set_to_none=True)
        judged.backward()
        of_judges.step()
        return {name: value.detach() for name, value in (parts | {"judged": judged}).items()}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Gaps between the styles, in thousandths of a half cube, and what a round trip changes."""
        if self._held_out is None:
            count = self.settings.validation_images
            self._held_out = next(self._batches(self._held_out_patches, _HELD_OUT_SEED, count, 0))
        synthetic, real = self._held_out
        images = translated(self.net, synthetic, real)
        back = self.net.synthetic_from_real(images.as_real)
        return {
            "gap": 1000 * style_gap(images.as_real, real),
            "gap_before": 1000 * style_gap(synthetic, real),
            "round_trip": 1000 * float((back - synthetic).abs().mean()),
            "changed": 1000 * float((images.as_real - synthetic).abs().mean()),
        }

    def write(self, facts: dict[str, Any]) -> None:
        facts = {
            "task": "style transfer between synthetic and real depth (Ren et al. 2022)",
            "data": f"engine.training.synthesis; without labels {self._source}",
        } | facts
        save_module(self.settings.weights_out, STYLE, self.net, facts)

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "judges": self.judges.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "config": asdict(self.net.config),
        }

    def restore(self, state: dict[str, Any]) -> None:
        check_config("a style transfer of", asdict(self.net.config), state)
        self.net.load_state_dict(state["net"])
        self.judges.load_state_dict(state["judges"])
        for optimizer, stored in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)
