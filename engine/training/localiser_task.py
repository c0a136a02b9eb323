"""What the localiser is trained for: samples, loss and scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.inference.localiser_peaks import REFERENCE_M, STRIDE, MapPeak, find_peaks
from engine.training.localiser_scenes import (
    HandMark,
    LocaliserSample,
    ScenePool,
    prepare_looks,
    sample_clean,
    target_maps,
    with_sensor,
)

VALIDATION_SEED = 987_654_321
SIDE_WEIGHT, OFFSET_WEIGHT, DISTANCE_WEIGHT = 3.0, 1.0, 3.0


@dataclass(frozen=True, slots=True)
class LocaliserTask:
    """Find the palms in whole frames. The numbers trade time for variety."""

    scene_uses: int = 4
    pool: int = 6000
    """Scenes kept for use again."""
    looks: int = 3000
    """Posed hands prepared in advance."""
    validation_samples: int = 600

    def batches(self, seed: int, size: int) -> Iterator[list[LocaliserSample]]:
        return ScenePool(seed, self.pool, self.scene_uses, self.looks).batches(size)

    def loss(self, net: nn.Module, batch: list[LocaliserSample]) -> dict[str, Tensor]:
        images = torch.from_numpy(np.stack([sample.depth_m for sample in batch]))[:, None]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            maps = net(images)
        return localiser_loss(maps.float(), batch)

    def figures(self, net: nn.Module) -> dict[str, float]:
        """What goes wrong in unseen frames, and the error of the distance in mm."""
        scores = localiser_scores(net, _validation_samples(self.validation_samples))
        return {
            "missed_percent": 100 * (1 - scores.found),
            "wrong_side_percent": 100 * (1 - scores.right_side),
            "false_frames_percent": 100 * scores.false_frames,
            "distance_mm": 1000 * scores.distance_error_m,
        }


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


@lru_cache(maxsize=1)
def _validation_samples(count: int) -> list[LocaliserSample]:
    """Fixed frames that no training seed reaches."""
    rng = np.random.default_rng(VALIDATION_SEED)
    looks = prepare_looks(rng, 400)
    return [with_sensor(rng, sample_clean(rng, looks)) for _ in range(count)]


@torch.no_grad()
def localiser_scores(net: nn.Module, samples: list[LocaliserSample]) -> LocaliserScores:
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
