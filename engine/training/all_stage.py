"""Stage 3 of Ren et al. 2022: both networks learn, from hands with labels and from hands without.

`python main.py train all`. The paper trains 10 epochs at 1e-4, from the fifth on at 1e-5: here the
rate drops at half of the run. Synthetic depth keeps its own style in this stage, unless `--style`
asks for another one. Each step takes a batch as stage 1 does (so that what is no hand is not
forgotten), one as stage 2 does, and made-up views of hands without labels. Batch norms keep the
statistics that they have: three kinds of images would tear at them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from engine.errors import UserError, WeightsError
from engine.hand.model import load_hand_model
from engine.losses.supervised import SupervisedLoss
from engine.nets.fusion import FusionNet, fusion_input
from engine.nets.module_file import FUSION, load_module, save_module
from engine.nets.single_view import SingleViewNet
from engine.nets.single_view_features import feature_channels, observe
from engine.nets.weights_file import load_network
from engine.training.all_data import (
    AllBatch,
    Unlabelled,
    all_batches,
    held_out_views,
    unlabelled_hands,
)
from engine.training.average import Average
from engine.training.checkpoint import export_weights
from engine.training.data import Batch, validation_batch
from engine.training.fusion_data import HELD_OUT_SEED, FusionBatch, pseudo_batch
from engine.training.fusion_observed import ObservedHands, observed
from engine.training.fusion_stage import FusionLoss
from engine.training.label_free import LabelFreeLoss
from engine.training.optimizers import set_rate
from engine.training.pseudo_views import ViewBatch
from engine.training.stages import StageRun, check_config, dropped_rate, run_settings, told
from engine.training.trainer import validation_error_mm
from engine.weights_manifest import sha256_of

RATE, DROP_AT = 1e-4, 0.5
LABEL_FREE_SHARE = 0.08
"""The paper counts labelled joints 100, engine.losses.supervised 8: so the rest shrinks as well."""


def run(args: argparse.Namespace) -> int:
    """Train (or resume from OUT/checkpoint.pt). Returns the exit status."""
    torch.set_num_threads(args.threads)
    both = Both(load_network(args.weights), load_module(args.fusion, FUSION))
    settings = AllSettings(
        single_view_out=args.weights_out or args.out / "weights.safetensors",
        fusion_out=args.fusion_out or args.out / "fusion.safetensors",
        batch=args.batch,
        distillation=args.distillation,
        without=tuple(args.without),
        workers=args.workers,
        style=args.style,
        seed=args.seed,
    )
    unlabelled = unlabelled_hands(args.unlabelled, args.frames)
    figures = StageRun(run_settings(args), AllStage(settings, both, unlabelled)).run()
    print(f"{settings.single_view_out}, {settings.fusion_out}: {told(figures)}")
    return 0


@dataclass(frozen=True, slots=True)
class AllSettings:
    """What stage 3 trains with."""

    single_view_out: Path
    fusion_out: Path
    batch: int = 8
    """Hands without labels a step, and as many with labels in several views."""
    views: int = 3
    distillation: float = 1.0
    """The paper's w_ms: 10, and 1 for one stack on the images of a single camera."""
    without: tuple[str, ...] = ()
    """Terms of the label-free objective to leave out."""
    workers: int = 0
    rate: float = RATE
    style: Path | None = None
    validation_hands: int = 64
    seed: int = 1


class Both(nn.Module):
    """The networks that are trained together."""

    def __init__(self, single_view: SingleViewNet, fusion: FusionNet) -> None:
        """Raises WeightsError where the fusion network expects other features."""
        super().__init__()
        given, expected = feature_channels(single_view), fusion.config.features
        if given != expected:
            raise WeightsError(
                f"expected a single-view network with {expected} features, which the fusion "
                f"network was trained on, found one with {given}; train its fusion with "
                "`python main.py train fusion --weights FILE`"
            )
        self.single_view = single_view
        self.fusion = fusion


class HeldOut(NamedTuple):
    """What nothing is trained on."""

    crops: Batch
    several: FusionBatch
    unlabelled: ViewBatch


class AllStage:
    """Owns both networks, their averages and the optimiser; see engine.training.stages."""

    def __init__(self, settings: AllSettings, both: Both, unlabelled: Unlabelled) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.unlabelled = settings, unlabelled
        self.net = both.eval().requires_grad_(True)
        self.average = Average(both)
        self.fusion_loss = FusionLoss()
        self.supervised: SupervisedLoss = self.fusion_loss.supervised
        self.label_free = _label_free(settings)
        self.optimizer = torch.optim.AdamW(both.parameters(), lr=settings.rate)
        self._held_out: HeldOut | None = None

    def batches(self, seed: int) -> Iterator[AllBatch]:
        s = self.settings
        return all_batches(self.unlabelled, seed, s.batch, s.views, s.workers, s.style)

    def count(self, batch: AllBatch) -> int:
        return len(batch.unlabelled.image)

    def step(self, batch: AllBatch, progress: float) -> Mapping[str, Tensor]:
        set_rate(self.optimizer, dropped_rate(self.settings.rate, progress, DROP_AT))
        self.optimizer.zero_grad(set_to_none=True)
        parts: dict[str, Tensor] = {}
        for learn in (self._crops, self._several, self._unlabelled):
            total, named = learn(batch)  # one at a time: each frees its graph before the next
            total.backward()
            parts |= named
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimizer.step()
        self.average.follow(self.net)
        return {name: value.detach() for name, value in parts.items()}

    def _crops(self, batch: AllBatch) -> tuple[Tensor, dict[str, Tensor]]:
        outputs = self.net.single_view(batch.crops.image)
        total, parts = self.supervised(outputs, batch.crops.image, batch.crops.targets)
        return total, {f"crops.{name}": part for name, part in parts.items()}

    def _several(self, batch: AllBatch) -> tuple[Tensor, dict[str, Tensor]]:
        views = batch.several.views
        observation = observe(self.net.single_view, views.flat_image)
        seen = fusion_input(observation, views.geometry, views.T_rig_from_camera)
        hands = ObservedHands(seen, batch.several.truth)
        total, parts = self.fusion_loss(self.net.fusion(seen), hands)
        return total, {f"several.{name}": part for name, part in parts.items()}

    def _unlabelled(self, batch: AllBatch) -> tuple[Tensor, dict[str, Tensor]]:
        both = self.net
        total, parts = self.label_free(both.single_view, both.fusion, batch.unlabelled)
        return LABEL_FREE_SHARE * total, parts

    def validate(self) -> Mapping[str, float]:
        """The label-free objective on held-out hands, and errors in mm on synthetic ones."""
        if self._held_out is None:
            self._held_out = self._made_held_out()
        both, held_out = self.average.net, self._held_out
        with torch.no_grad():
            total, _ = self.label_free(both.single_view, both.fusion, held_out.unlabelled)
            fused_mm = self._fused_mm(both, held_out.several)
        return {
            "label_free": float(total),
            "single_mm": validation_error_mm(both.single_view, held_out.crops, torch.device("cpu")),
            "fused_mm": fused_mm,
        }

    def _made_held_out(self) -> HeldOut:
        rng = np.random.default_rng(HELD_OUT_SEED)
        count, views = self.settings.validation_hands, self.settings.views
        return HeldOut(
            validation_batch(4 * count),
            pseudo_batch(rng, load_hand_model(), count, views),
            held_out_views(self.unlabelled, views),
        )

    def _fused_mm(self, both: Both, batch: FusionBatch) -> float:
        hands = observed(both.single_view, batch)
        apart = both.fusion(hands.views).rig_joints - hands.truth.joints
        return 1000 * float(apart.norm(dim=-1).mean())

    def write(self, facts: dict[str, Any]) -> None:
        settings, both = self.settings, self.average.net
        facts = {
            "task": "single views and their fusion (Ren et al. 2022, stage 3)",
            "data": f"synthetic with labels, {self.unlabelled.source} without",
            "without": list(settings.without),
        } | facts
        net = both.single_view
        settings.single_view_out.parent.mkdir(parents=True, exist_ok=True)
        export_weights(settings.single_view_out, net, net.config, facts)
        facts |= {"single_view_sha256": sha256_of(settings.single_view_out)}
        save_module(settings.fusion_out, FUSION, both.fusion, facts)

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "average": self.average.state(),
            "optimizer": self.optimizer.state_dict(),
            "config": self._config(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        check_config("a run of stage 3 with", self._config(), state)
        self.net.load_state_dict(state["net"])
        self.average.restore(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])

    def _config(self) -> dict[str, Any]:
        """What a resumed run must have in common with the run before."""
        return {
            "single_view": asdict(self.net.single_view.config),
            "fusion": asdict(self.net.fusion.config),
            "without": sorted(self.settings.without),
            "distillation": self.settings.distillation,
        }


def _label_free(settings: AllSettings) -> LabelFreeLoss:
    """Raises UserError where a term to leave out is none."""
    try:
        return LabelFreeLoss(settings.distillation, settings.without)
    except ValueError as error:
        raise UserError(f"--without: {error}") from error
