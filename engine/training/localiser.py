"""Training of the localiser on synthetic scenes: `python main.py train localiser`.

One process, bfloat16, resumable. What ships is an exponential moving average of the weights.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from engine.inference.localiser_peaks import MapPeak, find_peaks
from engine.nets.localiser_file import save_localiser
from engine.nets.localiser_net import REFERENCE_M, STRIDE, LocaliserNet
from engine.training.checkpoint import load_checkpoint, save_checkpoint
from engine.training.localiser_scenes import (
    HandMark,
    LocaliserSample,
    ScenePool,
    prepare_looks,
    sample_clean,
    target_maps,
    with_sensor,
)
from engine.training.muon import Muon
from engine.training.schedule import Schedule

VALIDATION_SEED = 987_654_321
SIDE_WEIGHT, OFFSET_WEIGHT, DISTANCE_WEIGHT = 3.0, 1.0, 3.0


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
    scene_uses: int = 4
    pool: int = 6000
    """Scenes kept for use again."""
    looks: int = 3000
    """Posed hands prepared in advance."""
    validate_every_s: float = 180.0
    validation_samples: int = 600


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


@dataclass(frozen=True, slots=True)
class LocaliserScores:
    """How well hands are found in unseen synthetic frames; shares in 0..1."""

    found: float
    """Of the clear hands, within half a palm's width or 60 mm along the view."""
    right_side: float
    """Of the found hands."""
    false_frames: float
    """Of the frames without any hand: one is claimed."""
    distance_error_m: float
    """Median, of the found hands."""

    def __str__(self) -> str:
        return (
            f"found {100 * self.found:.1f} %, side right {100 * self.right_side:.1f} %, "
            f"claimed in {100 * self.false_frames:.1f} % of empty frames, "
            f"distance {1000 * self.distance_error_m:.0f} mm off"
        )


class LocaliserTrainer:
    """Owns the network, its average, the optimisers and the run's files."""

    def __init__(self, settings: LocaliserSettings) -> None:
        self.settings = settings
        torch.manual_seed(settings.seed)
        self.net = LocaliserNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.net).eval()
        self.optimizers = _optimizers(self.net, settings)
        self.schedule = Schedule()
        self.samples_seen, self.trained_s, self.resumed = 0, 0.0, 0
        self._resume()

    @property
    def progress(self) -> float:
        done = self.samples_seen / self.settings.samples
        if self.settings.minutes is not None:
            done = max(done, self.trained_s / (60 * self.settings.minutes))
        return min(done, 1.0)

    def run(self) -> LocaliserScores:
        """Train to the end; scores of the weights written."""
        settings = self.settings
        settings.out.mkdir(parents=True, exist_ok=True)
        seed = settings.seed + 1000 * self.resumed
        pool = ScenePool(seed, settings.pool, settings.scene_uses, settings.looks)
        batches = pool.batches(settings.batch)
        validation = validation_samples(settings.validation_samples)
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
                self._checkpoint(validation, bar)
                validated = time.monotonic()
        scores = self._checkpoint(validation, bar)
        bar.close()
        log.close()
        return scores

    def _step(self, samples: list[LocaliserSample]) -> dict[str, Tensor]:
        self.net.train()
        for optimizer in self.optimizers:
            peak = self.settings.muon_lr if isinstance(optimizer, Muon) else self.settings.lr
            for group in optimizer.param_groups:
                group["lr"] = peak * self.schedule.factor(self.progress)
            optimizer.zero_grad(set_to_none=True)
        images = torch.from_numpy(np.stack([sample.depth_m for sample in samples]))[:, None]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            maps = self.net(images)
        parts = localiser_loss(maps.float(), samples)
        torch.stack(list(parts.values())).sum().backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.samples_seen += len(samples)
        self._follow()
        return {name: value.detach() for name, value in parts.items()}

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the network; slowly once it has somewhere to be."""
        steps = self.samples_seen / self.settings.batch
        keep = min(0.998, (1 + steps) / (20 + steps))
        theirs = self.net.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(theirs[name], 1 - keep)
            else:
                value.copy_(theirs[name])

    def _checkpoint(self, validation: list[LocaliserSample], bar: tqdm[Any]) -> LocaliserScores:
        scores = evaluate(self.average, validation)
        bar.write(f"{self.samples_seen} samples, {self.trained_s / 60:.0f} min: {scores}")
        save_checkpoint(self.settings.out / "checkpoint.pt", self._state())
        save_localiser(self.settings.weights_out, self.average, self._facts(scores))
        return scores

    def _facts(self, scores: LocaliserScores) -> dict[str, Any]:
        return {
            "task": "where hands are in a whole depth frame, and which side",
            "data": "synthetic only: engine.training.localiser_scenes, pose_statistics.npz",
            "seed": self.settings.seed,
            "samples_seen": self.samples_seen,
            "minutes": round(self.trained_s / 60, 1),
            "validation": str(scores),
        }

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


def _optimizers(net: LocaliserNet, settings: LocaliserSettings) -> list[torch.optim.Optimizer]:
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


def localiser_loss(maps: Tensor, samples: list[LocaliserSample]) -> dict[str, Tensor]:
    """Weighted terms for maps [B, 5, h, w]; the presence term is CenterNet's focal loss."""
    targets = target_maps(samples, STRIDE, REFERENCE_M)
    presence, weight = torch.from_numpy(targets.presence), torch.from_numpy(targets.weight)
    counted = torch.from_numpy(~targets.ignored)
    count = float((targets.presence == 1).sum()) or 1.0
    logit = maps[:, 0]
    chance = torch.sigmoid(logit)
    positive = (presence == 1) * (1 - chance) ** 2 * functional.logsigmoid(logit)
    negative = (presence < 1) * (1 - presence) ** 4 * chance**2 * functional.logsigmoid(-logit)
    total = weight.sum().clamp(min=1.0)
    side = functional.binary_cross_entropy_with_logits(
        maps[:, 1], torch.from_numpy(targets.side), weight, reduction="sum"
    )
    off = torch.abs(maps[:, 2:] - torch.from_numpy(targets.geometry)) * weight[:, None]
    return {
        "presence": -((positive + negative) * counted).sum() / count,
        "side": SIDE_WEIGHT * side / total,
        "offset": OFFSET_WEIGHT * off[:, :2].sum() / total,
        "distance": DISTANCE_WEIGHT * off[:, 2].sum() / total,
    }


def validation_samples(count: int) -> list[LocaliserSample]:
    """Fixed frames that no training seed reaches."""
    rng = np.random.default_rng(VALIDATION_SEED)
    looks = prepare_looks(rng, 400)
    return [with_sensor(rng, sample_clean(rng, looks)) for _ in range(count)]


@torch.no_grad()
def evaluate(net: LocaliserNet, samples: list[LocaliserSample]) -> LocaliserScores:
    """Scores at the threshold that the live path uses."""
    net.eval()
    found, sides, errors, false_frames = [], [], [], []
    for sample in samples:
        maps = net(torch.from_numpy(sample.depth_m)[None, None])[0].numpy()
        peaks = find_peaks(maps)
        if not sample.hands:
            false_frames.append(bool(peaks))
        for hand in (hand for hand in sample.hands if hand.clear):
            match = _match(hand, peaks)
            found.append(match is not None)
            if match is not None:
                sides.append((match.right > 0.5) == hand.right)
                errors.append(abs(match.z - hand.z))
    return LocaliserScores(
        float(np.mean(found)), float(np.mean(sides or [False])), float(np.mean(false_frames)),
        float(np.median(errors or [np.nan])),
    )  # fmt: skip


def _match(hand: HandMark, peaks: list[MapPeak]) -> MapPeak | None:
    near = [
        peak
        for peak in peaks
        if np.hypot(peak.u - hand.u, peak.v - hand.v) < max(hand.radius_px, 3.0)
        and abs(peak.z - hand.z) < 0.1 * hand.z + 0.03
    ]
    return max(near, key=lambda peak: peak.score, default=None)
