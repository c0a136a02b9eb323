"""Training of the verifier on places in synthetic scenes: `python main.py train verifier`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.inference.localiser import Localiser, create_localiser
from engine.messages import Float32
from engine.nets.verifier_net import VerifierNet
from engine.training.localiser_scenes import prepare_looks
from engine.training.small_trainer import SmallSettings, SmallTrainer
from engine.training.verifier_scenes import (
    FRAME,
    Float64,
    Proposer,
    VerifierPool,
    noisy_view,
    scene_samples,
)

VALIDATION_SEED = 987_654_321


def run(args: argparse.Namespace) -> int:
    """Train (or resume from OUT/checkpoint.pt). Returns the exit status."""
    settings = SmallSettings(
        out=args.out,
        weights_out=args.weights_out or args.out / "verifier.safetensors",
        samples=args.samples,
        minutes=args.minutes,
        batch=args.batch,
        seed=args.seed,
    )
    torch.set_num_threads(args.threads)
    scores = SmallTrainer(settings, VerifierNet(), VerifierTask(args.localiser)).run()
    print(f"{settings.weights_out}: {scores}")
    return 0


@dataclass(frozen=True, slots=True)
class VerifierTask:
    """Tell palms from what is taken for palms, and right from left."""

    localiser: Path | None = None
    """Weights of the localiser whose mistakes are shown; None: the shipped ones."""
    sample_uses: int = 4
    pool: int = 20_000
    looks: int = 3000
    validation_scenes: int = 400
    purpose: str = "whether the middle of a palm is at a place in depth, and of which hand"
    data: str = "synthetic only: engine.training.verifier_scenes, pose_statistics.npz"

    def batches(self, seed: int, size: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Images [B, 1, 64, 64], present [B], right [B]."""
        propose = proposals_of(create_localiser(self.localiser))
        pool = VerifierPool(seed, self.pool, self.sample_uses, self.looks, propose)
        rng = np.random.default_rng([seed, 17])
        for samples in pool.batches(size):
            views = [noisy_view(rng, sample) for sample in samples]
            present = np.array([sample.present for sample in samples], np.float32)
            yield _tensors(views, present)

    def loss(self, net: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
        images, present, right = batch
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(images)
        presence, side = logits.float().unbind(1)
        bce = functional.binary_cross_entropy_with_logits
        count = present.sum().clamp(min=1.0)
        return {
            "presence": bce(presence, present),
            "side": bce(side, right, present, reduction="sum") / count,
        }

    @torch.no_grad()
    def evaluate(self, net: nn.Module) -> str:
        images, present, right = _validation_views(self.localiser, self.validation_scenes)
        net.eval()
        logits = torch.cat([net(part) for part in images.split(64)])
        there = present > 0.5
        kept = (logits[there, 0] > 0).float().mean()
        taken = (logits[~there, 0] > 0).float().mean()
        # The score that one palm in twenty falls below, and how many other places reach it.
        strict = torch.quantile(logits[there, 0], 0.05)
        beyond = (logits[~there, 0] > strict).float().mean()
        sided = ((logits[there, 1] > 0) == (right[there] > 0.5)).float().mean()
        return (
            f"palms kept {100 * kept:.1f} %, other places taken {100 * taken:.1f} %, where 95 % of "
            f"the palms are kept {100 * beyond:.2f} %; side right {100 * sided:.1f} %"
        )


def proposals_of(localiser: Localiser) -> Proposer:
    """What a localiser takes for hands in a coarse picture."""

    def propose(depth_m: Float32) -> list[Float64]:
        return [place.centre for place in localiser.find(depth_m, FRAME)]

    return propose


def _tensors(
    views: list[tuple[Float32, bool]], present: np.ndarray
) -> tuple[Tensor, Tensor, Tensor]:
    images = torch.from_numpy(np.stack([view for view, _ in views]))[:, None]
    right = torch.tensor([float(side) for _, side in views])
    return images, torch.from_numpy(present), right


@lru_cache(maxsize=1)
def _validation_views(localiser: Path | None, scenes: int) -> tuple[Tensor, Tensor, Tensor]:
    """Fixed views that no training seed reaches."""
    rng = np.random.default_rng(VALIDATION_SEED)
    looks = prepare_looks(rng, 400)
    propose = proposals_of(create_localiser(localiser))
    samples = [sample for _ in range(scenes) for sample in scene_samples(rng, looks, propose)]
    views = [noisy_view(rng, sample) for sample in samples]
    return _tensors(views, np.array([sample.present for sample in samples], np.float32))
