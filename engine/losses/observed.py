"""What a crop shows of the hand: images at the renderer's size and points, limited to the joints.

Foreground outside the joints' bounding volume is the forearm, the body or a thing held. It is not
background either: such pixels are unknown, and no term counts them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.inference.crops import BACKGROUND

FOREGROUND_BELOW = 0.99
FLESH = 0.2
"""How far the hand reaches beyond its joints: about 25 mm, in half cubes."""


class Observed(NamedTuple):
    """Images [N, S, S] of N crops."""

    depth: Tensor
    """Crop units: means of the pixels below, background included, as the renderer mixes them."""
    silhouette: Tensor
    """0..1: share of foreground."""
    known: Tensor
    """0 or 1: whether a pixel says anything about the hand."""


class ObservedPoints(NamedTuple):
    """M points a crop, spread evenly over what is known of the hand."""

    uvd: Tensor
    """[N, M, 3] crop coordinates."""
    weight: Tensor
    """[N, M]: 1, or 0 for the points of an empty crop."""


def hand_pixels(image: Tensor, joints: Tensor) -> tuple[Tensor, Tensor]:
    """Foreground [N, H, W] bool, and which of it lies within reach of joints [N, 21, 3] uvd."""
    depth = image[:, 0]
    box = joints.detach()
    low, high = (box.amin(1) - FLESH)[..., None, None], (box.amax(1) + FLESH)[..., None, None]
    axis = pixel_axis(depth.shape[-1], depth)
    u, v = axis[None, None, :], axis[None, :, None]
    inside = (depth > low[:, 2]) & (depth < high[:, 2])
    inside = inside & (u > low[:, 0]) & (u < high[:, 0]) & (v > low[:, 1]) & (v < high[:, 1])
    foreground = depth < FOREGROUND_BELOW
    return foreground, foreground & inside


def observe(image: Tensor, joints: Tensor, size: int) -> Observed:
    """Images of `size` pixels a side of crops [N, 1, H, H]; `size` divides H."""
    if image.shape[-1] % size:
        raise ValueError(
            f"the size must divide the crop's {image.shape[-1]} pixels, found {size}; use 64 or 128"
        )
    foreground, hand = hand_pixels(image, joints)
    pool = nn.functional.avg_pool2d
    factor = image.shape[-1] // size
    depth = torch.where(hand, image[:, 0], torch.full_like(image[:, 0], BACKGROUND))
    unknown = pool((foreground & ~hand).to(image)[:, None], factor)[:, 0]
    return Observed(
        pool(depth[:, None], factor)[:, 0],
        pool(hand.to(image)[:, None], factor)[:, 0],
        (unknown == 0).to(image),
    )


def observed_points(image: Tensor, joints: Tensor, count: int) -> ObservedPoints:
    """`count` points of crops [N, 1, H, H]; always the same ones of the same crop."""
    _, hand = hand_pixels(image, joints)
    flat = hand.flatten(1)
    total = flat.sum(1, keepdim=True)
    order = torch.argsort(flat.to(torch.uint8), dim=1, descending=True, stable=True)
    steps = torch.arange(count, device=image.device) + 0.5
    chosen = order.gather(1, (steps * total / count).long())
    axis = pixel_axis(image.shape[-1], image)
    row, column = chosen // image.shape[-1], chosen % image.shape[-1]
    depth = image.flatten(1).gather(1, chosen)
    weight = (total > 0).to(image).expand(-1, count)
    return ObservedPoints(torch.stack([axis[column], axis[row], depth], -1), weight)


def pixel_axis(size: int, like: Tensor) -> Tensor:
    """[size] crop coordinate of pixel centres."""
    return (torch.arange(size, device=like.device, dtype=like.dtype) + 0.5) * (2.0 / size) - 1.0
