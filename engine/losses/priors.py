"""What is known of hands before anything is seen (L_prior of Ren et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.losses.hand_spheres import HandSpheres
from engine.losses.views import FittedViews

BROKEN = 0.1
"""Samples whose spheres overlap by more in all are no hands yet; their gradient would explode."""


@dataclass(frozen=True, slots=True)
class ShapePrior:
    """|shape - expected|^2: the person's known shape, or the mean hand."""

    name: str = "shape"

    def __call__(self, views: FittedViews) -> Tensor:
        shape = views.pose.shape
        if views.known_shape is not None:
            shape = shape - views.known_shape.detach()
        return shape.square().sum(1).mean()


@dataclass(frozen=True, slots=True)
class Collision:
    """How deep spheres overlap that may not: sum of A_mn max(r_m + r_n - |c_m - c_n|, 0)."""

    spheres: HandSpheres
    name: str = "collision"

    def __call__(self, views: FittedViews) -> Tensor:
        found = views.spheres
        apart = found.centre[:, :, None] - found.centre[:, None]
        distance = (apart.square().sum(-1) + 1e-12).sqrt()
        deep = (found.radius[:, :, None] + found.radius[:, None] - distance).clamp_min(0.0)
        total = (deep * self.spheres.apart.to(deep)).sum((1, 2))
        return torch.where(total > BROKEN, torch.zeros_like(total), total).mean()
