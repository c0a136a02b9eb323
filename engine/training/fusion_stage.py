"""Stage 2 of Ren et al. 2022: the fusion network learns; the single-view network is frozen.

`python main.py train fusion`. The paper trains 10 epochs at 1e-3, from the fifth on at 1e-4: here
the rate drops at half of the run. Since the single-view network does not change, its answers are
kept for a while and used again with other views chosen: they cost more than the fusion.
"""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.hand.model import load_hand_model
from engine.hand.torch_skinning import TorchHand
from engine.losses.supervised import SupervisedLoss
from engine.nets.fusion import FusionConfig, FusionNet, FusionOutput
from engine.nets.module_file import FUSION, save_module
from engine.nets.single_view import SingleViewNet
from engine.nets.single_view_features import feature_channels
from engine.nets.weights_file import load_network
from engine.training.average import Average
from engine.training.fusion_data import FusionBatch, fusion_batches
from engine.training.fusion_figures import FusionFigures
from engine.training.fusion_observed import ObservedHands, observed, targets_in_views
from engine.training.optimizers import set_rate
from engine.training.stages import StageRun, check_config, dropped_rate, run_settings, told
from engine.weights_manifest import sha256_of

RATE, DROP_AT = 1e-3, 0.5


def run(args: argparse.Namespace) -> int:
    """Train (or resume from OUT/checkpoint.pt). Returns the exit status."""
    torch.set_num_threads(args.threads)
    weights_out = args.weights_out or args.out / "fusion.safetensors"
    settings = FusionSettings(weights_out, batch=args.batch, workers=args.workers, seed=args.seed)
    stage = FusionStage(settings, load_network(args.weights), sha256_of(args.weights))
    figures = StageRun(run_settings(args), stage).run()
    print(f"{weights_out}: {told(figures)}")
    return 0


@dataclass(frozen=True, slots=True)
class FusionSettings:
    """What stage 2 trains with."""

    weights_out: Path
    channels: tuple[int, int, int] = (32, 64, 128)
    batch: int = 32
    workers: int = 0
    replays: int = 16
    """Further steps after each fresh batch, on kept ones."""
    kept: int = 200
    """Batches kept for that."""
    rate: float = RATE
    validation_hands: int = 128
    seed: int = 1


class FusionStage:
    """Owns the fusion network, its average and its optimiser; see engine.training.stages."""

    def __init__(
        self, settings: FusionSettings, single_view: SingleViewNet, single_view_sha256: str = ""
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self._single_view_sha256 = single_view_sha256
        self.single_view = single_view.eval().requires_grad_(False)
        self.net = FusionNet(FusionConfig(feature_channels(single_view), settings.channels))
        self.average = Average(self.net)
        self.loss = FusionLoss()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=settings.rate)
        self._kept: deque[ObservedHands] = deque(maxlen=settings.kept)
        self._figures: FusionFigures | None = None

    def batches(self, seed: int) -> Iterator[FusionBatch]:
        torch.manual_seed(seed)
        return fusion_batches(seed, self.settings.batch, self.settings.workers)

    def count(self, batch: FusionBatch) -> int:
        return len(batch.truth.joints)

    def step(self, batch: FusionBatch, progress: float) -> Mapping[str, Tensor]:
        set_rate(self.optimizer, dropped_rate(self.settings.rate, progress, DROP_AT))
        hands = observed(self.single_view, batch)
        parts = self._learn(hands)
        self._kept.append(hands)
        for _ in range(self.settings.replays):
            self._learn(self._kept[int(torch.randint(len(self._kept), ()))])
        return parts

    def _learn(self, hands: ObservedHands) -> Mapping[str, Tensor]:
        """From a random choice of the views, in random order."""
        self.net.train()
        views = hands.views.joints.shape[1]
        count = int(torch.randint(1, views + 1, ()))
        some = hands.choose(torch.randperm(views)[:count])
        total, parts = self.loss(self.net(some.views), some)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimizer.step()
        self.average.follow(self.net)
        return {name: value.detach() for name, value in parts.items()}

    def validate(self) -> Mapping[str, float]:
        if self._figures is None:
            self._figures = FusionFigures(self.single_view, self.settings.validation_hands)
        return self._figures.of(self.average.net)

    def write(self, facts: dict[str, Any]) -> None:
        facts = {
            "task": "cross-view fusion of depth views (Ren et al. 2022, stage 2)",
            "data": "synthetic only: engine.training.fusion_data",
            "single_view_sha256": self._single_view_sha256,
        } | facts
        save_module(self.settings.weights_out, FUSION, self.average.net, facts)

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "average": self.average.state(),
            "optimizer": self.optimizer.state_dict(),
            "config": self._config(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        check_config("a run of stage 2 with", self._config(), state)
        self.net.load_state_dict(state["net"])
        self.average.restore(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])

    def _config(self) -> dict[str, Any]:
        """What a resumed run must have in common with the run before."""
        return {"fusion": asdict(self.net.config), "single_view": self._single_view_sha256}


class FusionLoss(nn.Module):
    """Fused joints and hand parameters against the truth, in every view's crop coordinates."""

    def __init__(self) -> None:
        super().__init__()
        self.supervised = SupervisedLoss(TorchHand(load_hand_model()))

    def forward(
        self, output: FusionOutput, hands: ObservedHands
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum of the parts by `LossWeights`, and the parts; `error_mm` is for people."""
        targets = targets_in_views(hands.truth, hands.views)
        apart = nn.functional.smooth_l1_loss(output.joints.flatten(0, 1), targets.joints, beta=0.01)
        parts = {"joints": apart} | self.supervised.pose_losses(
            output.pose.flatten(0, 1), targets, targets.present
        )
        weights = self.supervised.weights
        total = torch.stack([getattr(weights, name) * part for name, part in parts.items()]).sum()
        error = (output.rig_joints - hands.truth.joints).norm(dim=-1).mean()
        return total, parts | {"error_mm": 1000 * error.detach()}
