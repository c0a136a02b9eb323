"""What fusion gains, on held-out synthetic hands with exact truth."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.hand.model import load_hand_model
from engine.nets.fusion import FusionNet
from engine.nets.single_view import SingleViewNet
from engine.training.fusion_data import (
    HELD_OUT_SEED,
    MOST_CAMERAS,
    FusionBatch,
    truth_of,
)
from engine.training.fusion_observed import ObservedHands, joints_in_rig, observed
from engine.training.fusion_scenes import one_camera_hand, rig_hand
from engine.training.pseudo_views import (
    JITTER,
    NO_CHANGE,
    pseudo_views,
    rig_views,
)

PSEUDO_VIEWS = 3
_PART = 16
"""Hands observed at a time."""


class FusionFigures:
    """A fixed set of hands, half before one camera and half amid several, and figures on it."""

    def __init__(self, single_view: SingleViewNet, hands: int, seed: int = HELD_OUT_SEED) -> None:
        cv2.setNumThreads(1)
        rng, model = np.random.default_rng(seed), load_hand_model()
        self._pseudo: list[ObservedHands] = []
        self._rigs: list[ObservedHands] = []
        self._plain: list[ObservedHands] = []
        for start in range(0, hands, _PART):
            count = min(_PART, hands - start)
            seen = [one_camera_hand(rng, model) for _ in range(count)]
            patches = [hand.views[0][0] for hand in seen]
            for kept, views in (
                (self._plain, pseudo_views(patches, rng, 1, NO_CHANGE)),
                (self._pseudo, pseudo_views(patches, rng, PSEUDO_VIEWS)),
            ):
                kept.append(observed(single_view, FusionBatch(views, truth_of(seen))))
            amid = [rig_hand(rng, model, MOST_CAMERAS) for _ in range(count)]
            views = rig_views([hand.views for hand in amid], rng, JITTER)
            self._rigs.append(observed(single_view, FusionBatch(views, truth_of(amid))))

    def of(self, net: FusionNet) -> dict[str, float]:
        """Mean joint errors in mm; the first figure is the mean of the fused ones."""
        fused = {
            f"{kind}_{count}_fused": _fused_mm(net, hands, count)
            for kind, hands, most in self._sets
            for count in range(1 if kind == "pseudo" else 2, most + 1)
        }
        return {"fused_mm": float(np.mean(list(fused.values())))} | fused | self.alone()

    def alone(self) -> dict[str, float]:
        """Errors in mm without fusion: of single views, and of their mean in the rig's frame."""
        figures = {"plain_single": _single_mm(self._plain)}
        for kind, hands, most in self._sets:
            figures[f"{kind}_single"] = _single_mm(hands)
            figures |= {f"{kind}_{n}_mean": _mean_mm(hands, n) for n in range(2, most + 1)}
        return figures

    @property
    def _sets(self) -> tuple[tuple[str, list[ObservedHands], int], ...]:
        return (("pseudo", self._pseudo, PSEUDO_VIEWS), ("rig", self._rigs, MOST_CAMERAS))


@torch.no_grad()
def _fused_mm(net: FusionNet, parts: list[ObservedHands], views: int) -> float:
    net.eval()
    some = [hands.choose(torch.arange(views)) for hands in parts]
    return _mm([net(hands.views).rig_joints[:, None] for hands in some], parts)


def _single_mm(parts: list[ObservedHands]) -> float:
    return _mm([joints_in_rig(hands.views) for hands in parts], parts)


def _mean_mm(parts: list[ObservedHands], views: int) -> float:
    return _mm([joints_in_rig(h.views)[:, :views].mean(1, keepdim=True) for h in parts], parts)


def _mm(joints: list[Tensor], parts: list[ObservedHands]) -> float:
    """Mean error of joints [B, V, 21, 3] in the rig's frame."""
    apart = [
        (found - hands.truth.joints[:, None]).norm(dim=-1).flatten()
        for found, hands in zip(joints, parts, strict=True)
    ]
    return 1000 * float(torch.cat(apart).mean())
