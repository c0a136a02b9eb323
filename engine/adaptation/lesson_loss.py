"""The supervised loss on lessons, where every joint counts by how much it is to be believed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.hand.torch_skinning import TorchHand
from engine.losses.supervised import LossWeights
from engine.nets.maps import encode_joints, pixel_points
from engine.nets.pose_vector import split_pose
from engine.nets.single_view import SingleViewOutput

HUBER = 0.02
"""Half cubes (2.5 mm): below it a lesson's own error speaks, so the pull fades."""

DEFAULT_WEIGHTS = LossWeights()


class LessonTargets(NamedTuple):
    """A batch of what the teacher says; crop coordinates."""

    joints: Tensor
    """[B, 21, 3]."""
    weight: Tensor
    """[B, 21]."""
    pose: Tensor
    """[B, 41]."""
    half_cube_m: Tensor
    """[B]."""


class LessonLoss(nn.Module):
    """Sum of the parts, and the parts by name; weights as for synthetic truth."""

    def __init__(self, hand: TorchHand, weights: LossWeights = DEFAULT_WEIGHTS) -> None:
        super().__init__()
        self.hand = hand
        self.weights = weights

    def forward(
        self, outputs: list[SingleViewOutput], image: Tensor, targets: LessonTargets
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Of all stacks' outputs for `image` [B, 1, H, H]; the parts are the last stack's."""
        total, parts = image.new_zeros(()), {}
        for output in outputs:
            apart = _huber(output.joints, targets.joints).mean(-1)
            parts = {"joints": _mean(apart, targets.weight)}
            parts |= _maps(output, image, targets)
            parts |= self._pose(output, targets)
            for name, value in parts.items():
                total = total + getattr(self.weights, name) * value
        return total, parts

    def _pose(self, output: SingleViewOutput, targets: LessonTargets) -> dict[str, Tensor]:
        found, taught = split_pose(output.pose), split_pose(targets.pose)
        half = targets.half_cube_m[:, None]
        keypoints = self.hand.keypoints(
            found.angles, found.shape, found.rotation, found.position * half
        )
        with torch.no_grad():
            expected = self.hand.keypoints(
                taught.angles, taught.shape, taught.rotation, taught.position * half
            )
        apart = _huber(keypoints / half[..., None], expected / half[..., None]).mean(-1)
        return {
            "pose_joints": _mean(apart, targets.weight),
            "angles": _huber(found.angles, taught.angles, 0.1).mean(),
            "rotation": (found.rotation - taught.rotation).square().mean(),
            "shape": (found.shape - taught.shape).square().mean(),
        }


def _maps(output: SingleViewOutput, image: Tensor, targets: LessonTargets) -> dict[str, Tensor]:
    points = pixel_points(image)
    with torch.no_grad():
        heat, offset = encode_joints(targets.joints, points)
        counts = points.foreground[:, None] * targets.weight[..., None]  # [B, 21, P]
        near = (heat > 0) * counts
    heat_loss = (_huber(output.maps.heat, heat) * counts).sum() / (counts.sum() + 1)
    offset_loss = _huber(output.maps.offset, offset) * near[:, :, None]
    return {"heat": heat_loss, "offset": offset_loss.sum() / (3 * near.sum() + 1)}


def _huber(found: Tensor, taught: Tensor, switch: float = HUBER) -> Tensor:
    return nn.functional.smooth_l1_loss(found, taught, beta=switch, reduction="none")


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp_min(1e-3)
