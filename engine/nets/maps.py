"""Dense joint maps and their differentiable decode (Ren et al. 2022; AWR, Huang et al. 2020).

For joint j and map pixel p with crop coordinates q_p = (u, v, depth): heat H is 1 at the joint and
falls linearly to 0 at distance KERNEL; offset D is the unit vector from q_p to the joint. A third
map W, which has no target of its own, says how much each pixel's vote counts:

    J_j = sum_p softmax_p(W_jp) (q_p + KERNEL (1 - H_jp) D_jp)

The spread of the votes about J_j is the joint's uncertainty. Pixels without depth do not vote.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.messages import KEYPOINT_COUNT

MAP_SIZE = 32
PIXELS = MAP_SIZE * MAP_SIZE
KERNEL = 0.8
"""Reach of the heat map in half cubes."""
SHARPNESS = 10.0
"""Factor before the softmax: lets W stay of order 1, like the other maps."""
MAP_CHANNELS = KEYPOINT_COUNT * 5
_MASKED = -1e4


class JointMaps(NamedTuple):
    """Maps of 21 joints; P = 1024 pixels."""

    heat: Tensor
    """[B, 21, P]."""
    offset: Tensor
    """[B, 21, 3, P]."""
    weight: Tensor
    """[B, 21, P], before the softmax."""


class PixelPoints(NamedTuple):
    """Crop coordinates of the map's pixels."""

    position: Tensor
    """[B, 3, P]: (u, v, depth)."""
    foreground: Tensor
    """[B, P] bool."""


def split_maps(raw: Tensor) -> JointMaps:
    """Maps of the head's output [B, 105, 32, 32]."""
    flat = raw.float().flatten(2)
    joints = KEYPOINT_COUNT
    offset = flat[:, joints : 4 * joints].reshape(-1, joints, 3, PIXELS)
    return JointMaps(flat[:, :joints], offset, flat[:, 4 * joints :])


def pixel_points(image: Tensor) -> PixelPoints:
    """Points of the map's pixels in an image [B, 1, 128, 128]; the nearest surface of each 4x4."""
    depth = -nn.functional.max_pool2d(-image.float(), 4, 4)  # [B, 1, 32, 32]
    centres = (torch.arange(MAP_SIZE, device=image.device) + 0.5) * (2.0 / MAP_SIZE) - 1.0
    u = centres.view(1, 1, 1, -1).expand(depth.shape)
    v = centres.view(1, 1, -1, 1).expand(depth.shape)
    position = torch.cat([u, v, depth], 1).flatten(2)
    return PixelPoints(position, (depth < 0.99).flatten(1))


def vote_weights(maps: JointMaps, points: PixelPoints) -> Tensor:
    """[B, 21, P], adding up to 1 over the foreground."""
    logits = maps.weight * SHARPNESS
    return logits.masked_fill(~points.foreground[:, None], _MASKED).softmax(-1)


def decode_joints(maps: JointMaps, points: PixelPoints) -> Tensor:
    """Joints [B, 21, 3] in crop coordinates."""
    weights = vote_weights(maps, points)
    shared = weights @ points.position.transpose(1, 2)
    # One joint at a time, as a batch of matrix products: no [B, 21, 3, P] is ever made.
    reach = weights * (KERNEL - KERNEL * maps.heat)
    towards = maps.offset.flatten(0, 1) @ reach.flatten(0, 1)[..., None]
    return shared + towards.view(shared.shape)


def vote_spread(maps: JointMaps, points: PixelPoints, joints: Tensor) -> Tensor:
    """Spread [B, 21] of the pixels' votes about the joints: the uncertainty, in half cubes."""
    reach = KERNEL * (1.0 - maps.heat)
    votes = points.position[:, None] + maps.offset * reach[:, :, None]  # [B, 21, 3, P]
    deviation = ((votes - joints[..., None]) ** 2).sum(2)
    return ((deviation * vote_weights(maps, points)).sum(-1) + 1e-8).sqrt()


def encode_joints(joints: Tensor, points: PixelPoints) -> tuple[Tensor, Tensor]:
    """Target heat [B, 21, P] and offset [B, 21, 3, P] of joints [B, 21, 3]."""
    towards = joints[..., None] - points.position[:, None]
    distance = towards.norm(dim=2).clamp_min(1e-4)
    heat = ((KERNEL - distance) / KERNEL).clamp_min(0.0)
    return heat, towards / distance[:, :, None]
