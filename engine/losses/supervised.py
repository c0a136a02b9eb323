"""Losses on synthetic truth for the single-view network (weights as in DSF and Ren et al. 2022).

All are means over what they apply to, in crop coordinates; samples without a hand, or with one of
the wrong side, count for the decisions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.hand.torch_skinning import TorchHand
from engine.nets.maps import PixelPoints, encode_joints, pixel_points
from engine.nets.pose_vector import split_pose
from engine.nets.single_view import SingleViewOutput

MAP_SAMPLES = 16
"""Maps are compared on so many samples of a batch: they are the slow part of the loss."""


@dataclass(frozen=True, slots=True)
class LossWeights:
    """What each part counts."""

    joints: float = 8.0
    heat: float = 1.0
    offset: float = 0.5
    pose_joints: float = 4.0
    angles: float = 0.3
    rotation: float = 0.5
    shape: float = 0.02
    decisions: float = 0.3


class Targets(NamedTuple):
    """A batch of truth; see engine.training.synthesis.Sample."""

    joints: Tensor
    pose: Tensor
    present: Tensor
    same_side: Tensor
    half_cube_m: Tensor


class SupervisedLoss(nn.Module):
    """Sum of the parts over all stacks, and the parts by name."""

    def __init__(self, hand: TorchHand, weights: LossWeights = LossWeights()) -> None:
        super().__init__()
        self.hand = hand
        self.weights = weights

    def forward(
        self, outputs: list[SingleViewOutput], image: Tensor, targets: Targets
    ) -> tuple[Tensor, dict[str, Tensor]]:
        points = pixel_points(image)
        total, parts = image.new_zeros(()), {}
        for output in outputs:
            parts = self._parts(output, points, targets)
            for name, value in parts.items():
                total = total + getattr(self.weights, name) * value
        return total, parts

    def _parts(
        self, output: SingleViewOutput, points: PixelPoints, targets: Targets
    ) -> dict[str, Tensor]:
        shown = ((targets.present > 0.5) & (targets.same_side > 0.5)).float()
        parts = {"joints": _mean(_huber(output.joints, targets.joints).mean((1, 2)), shown)}
        parts |= _map_losses(output, points, targets, shown)
        parts |= self.pose_losses(output.pose, targets, shown)
        parts["decisions"] = _decision_loss(output.logits, targets)
        return parts

    def pose_losses(self, vectors: Tensor, targets: Targets, shown: Tensor) -> dict[str, Tensor]:
        """The hand model's parts for pose vectors [B, 41]; `shown` [B] is 1 where they count."""
        found, truth = split_pose(vectors), split_pose(targets.pose)
        half = targets.half_cube_m[:, None]
        keypoints = self.hand.keypoints(
            found.angles, found.shape, found.rotation, found.position * half
        )
        with torch.no_grad():
            expected = self.hand.keypoints(
                truth.angles, truth.shape, truth.rotation, truth.position * half
            )
        apart = _huber(keypoints / half[..., None], expected / half[..., None]).mean((1, 2))
        rotation = (found.rotation - truth.rotation).square().mean((1, 2))
        return {
            "pose_joints": _mean(apart, shown),
            "angles": _mean(_huber(found.angles, truth.angles, 0.1).mean(1), shown),
            "rotation": _mean(rotation, shown),
            "shape": _mean((found.shape - truth.shape).square().mean(1), shown),
        }


def _map_losses(
    output: SingleViewOutput, points: PixelPoints, targets: Targets, shown: Tensor
) -> dict[str, Tensor]:
    n = min(MAP_SAMPLES, len(shown))
    with torch.no_grad():
        few = PixelPoints(points.position[:n], points.foreground[:n])
        heat, offset = encode_joints(targets.joints[:n], few)
        counts = few.foreground[:, None] * shown[:n, None, None]  # [n, 1, P]
        near = (heat > 0) * counts
    heat_loss = (_huber(output.maps.heat[:n], heat) * counts).sum() / (21 * counts.sum() + 1)
    offset_loss = _huber(output.maps.offset[:n], offset) * near[:, :, None]
    return {"heat": heat_loss, "offset": offset_loss.sum() / (3 * near.sum() + 1)}


def _decision_loss(logits: Tensor, targets: Targets) -> Tensor:
    cross_entropy = nn.functional.binary_cross_entropy_with_logits
    present = cross_entropy(logits[:, 0].float(), targets.present)
    side = cross_entropy(logits[:, 1].float(), targets.same_side, reduction="none")
    return present + _mean(side, targets.present)


def _huber(found: Tensor, truth: Tensor, switch: float = 0.01) -> Tensor:
    return nn.functional.smooth_l1_loss(found, truth, beta=switch, reduction="none")


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp_min(1.0)
