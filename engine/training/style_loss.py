"""Losses of CycleGAN (Zhu et al. 2017) and a measure of how far two styles of depth are apart."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.nets.style_transfer import Discriminator, StyleNet

CYCLE, IDENTITY = 10.0, 5.0
"""What coming back, and leaving one's own domain alone, count against looking real."""
_QUANTILES = 33


class StyleImages(NamedTuple):
    """Images of both domains and what the generators make of them."""

    synthetic: Tensor
    real: Tensor
    as_real: Tensor
    as_synthetic: Tensor


def translated(net: StyleNet, synthetic: Tensor, real: Tensor) -> StyleImages:
    """Both domains in the other's style."""
    return StyleImages(
        synthetic, real, net.real_from_synthetic(synthetic), net.synthetic_from_real(real)
    )


def generator_losses(
    net: StyleNet, judges: nn.ModuleDict, images: StyleImages
) -> tuple[Tensor, dict[str, Tensor]]:
    """Total of the generators, and its parts unweighted."""
    synthetic, real, as_real, as_synthetic = images
    fooled = _judged(judges["real"](as_real), 1.0) + _judged(judges["synthetic"](as_synthetic), 1.0)
    cycle = _apart(net.synthetic_from_real(as_real), synthetic)
    cycle = cycle + _apart(net.real_from_synthetic(as_synthetic), real)
    same = _apart(net.real_from_synthetic(real), real)
    same = same + _apart(net.synthetic_from_real(synthetic), synthetic)
    parts = {"fooled": fooled, "cycle": cycle, "identity": same}
    return fooled + CYCLE * cycle + IDENTITY * same, parts


def discriminator_loss(judges: nn.ModuleDict, images: StyleImages) -> Tensor:
    """Least squares: 1 for images of the domain, 0 for made ones."""
    synthetic, real, as_real, as_synthetic = images
    loss = _judged(judges["real"](real), 1.0) + _judged(judges["real"](as_real.detach()), 0.0)
    loss = loss + _judged(judges["synthetic"](synthetic), 1.0)
    return 0.5 * (loss + _judged(judges["synthetic"](as_synthetic.detach()), 0.0))


def judges_for(net: StyleNet) -> nn.ModuleDict:
    """A discriminator for each domain."""
    return nn.ModuleDict({name: Discriminator(net.config) for name in ("real", "synthetic")})


@torch.no_grad()
def style_gap(first: Tensor, second: Tensor) -> float:
    """How differently rough two sets of images [B, 1, S, S] are; 0 for the same style.

    Mean distance between the quantiles of |Laplacian| over the foreground, in crop units: noise,
    smoothing, steps and edges all change it, and no network judges its own work.
    """
    return float((_roughness(first) - _roughness(second)).abs().mean())


def _roughness(image: Tensor) -> Tensor:
    kernel = image.new_tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
    curved = nn.functional.conv2d(image, kernel[None, None]).abs()
    foreground = image[:, :, 1:-1, 1:-1] < 0.99
    seen = curved[foreground]
    levels = torch.linspace(0, 1, _QUANTILES, device=image.device)
    # Not torch.quantile, which refuses more than 16 million values.
    ordered = seen.sort().values
    return ordered[(levels * max(len(ordered) - 1, 0)).long()]


def _judged(answer: Tensor, truth: float) -> Tensor:
    return (answer - truth).square().mean()


def _apart(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).abs().mean()
