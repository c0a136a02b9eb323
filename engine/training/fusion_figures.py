"""What fusion gains, on held-out synthetic hands with exact truth."""

from __future__ import annotations

from collections import defaultdict

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
    PAPER_CHANGE,
    pseudo_views,
    rig_views,
)

MADE_UP = 3
"""Made-up views of every hand."""
_PART = 16
"""Hands observed at a time."""


class FusionFigures:
    """A fixed set of hands, before one camera and amid several, and mean joint errors in mm.

    `plain`: the tracker's crop. `mild`: three crops turned at random and moved a little. `pseudo`:
    three views as the paper makes them up. `rig`: three cameras 15 to 120 degrees apart.
    """

    def __init__(self, single_view: SingleViewNet, hands: int, seed: int = HELD_OUT_SEED) -> None:
        cv2.setNumThreads(1)
        rng, model = np.random.default_rng(seed), load_hand_model()
        self._sets: dict[str, list[ObservedHands]] = defaultdict(list)
        for start in range(0, hands, _PART):
            count = min(_PART, hands - start)
            seen = [one_camera_hand(rng, model) for _ in range(count)]
            amid = [rig_hand(rng, model, MOST_CAMERAS) for _ in range(count)]
            patches = [hand.views[0][0] for hand in seen]
            for kind, hands_seen, views in (
                ("plain", seen, pseudo_views(patches, rng, 1, NO_CHANGE)),
                ("mild", seen, pseudo_views(patches, rng, MADE_UP, JITTER)),
                ("pseudo", seen, pseudo_views(patches, rng, MADE_UP, PAPER_CHANGE)),
                ("rig", amid, rig_views([hand.views for hand in amid], rng, JITTER)),
            ):
                batch = FusionBatch(views, truth_of(hands_seen))
                self._sets[kind].append(observed(single_view, batch))

    def of(self, net: FusionNet) -> dict[str, float]:
        """KIND_VIEWS_fused and their mean, which comes first; and what there is without fusion."""
        fused = {
            f"{kind}_{count}_fused": _fused_mm(net, hands, count)
            for kind, hands in self._sets.items()
            for count in range(1, hands[0].views.joints.shape[1] + 1)
        }
        return {"fused_mm": float(np.mean(list(fused.values())))} | fused | self.alone()

    def alone(self) -> dict[str, float]:
        """KIND_single: every view by itself; KIND_VIEWS_mean: the first views' mean in the rig."""
        figures = {}
        for kind, hands in self._sets.items():
            figures[f"{kind}_single"] = _single_mm(hands)
            most = hands[0].views.joints.shape[1]
            figures |= {f"{kind}_{n}_mean": _mean_mm(hands, n) for n in range(1, most + 1)}
        return figures


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
