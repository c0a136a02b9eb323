"""What the fusion network takes from a view: pooled features and a confidence for each joint.

A joint's feature is the decoder's feature map averaged with the joint's own softmax weight map; its
confidence comes from the spread of the pixels' votes, not from the weight map's peak
(docs/decisions/0017-fusion-network.md).
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from engine.nets.backbone import DECODER_CHANNELS, scaled
from engine.nets.maps import pixel_points, vote_spread, vote_weights
from engine.nets.single_view import SingleViewNet, SingleViewOutput

SURE = 0.1
"""Spread of the votes, in half cubes, at which a joint's confidence is one half (about 12 mm)."""


class Observation(NamedTuple):
    """What the single-view network says of N crops."""

    outputs: list[SingleViewOutput]
    """One a stack, the last being the best."""
    features: Tensor
    """[N, 21, C]."""
    confidence: Tensor
    """[N, 21] in 0..1."""

    @property
    def joints(self) -> Tensor:
        """[N, 21, 3] crop coordinates."""
        return self.outputs[-1].joints


def observe(net: SingleViewNet, image: Tensor) -> Observation:
    """Run `net` on crops [N, 1, 128, 128] and pool its features at the joints."""
    outputs, decoded = net.with_features(image)
    maps, points = outputs[-1].maps, pixel_points(image)
    features = vote_weights(maps, points) @ decoded.float().flatten(2).transpose(1, 2)
    spread = vote_spread(maps, points, outputs[-1].joints)
    return Observation(outputs, features, 1.0 / (1.0 + (spread / SURE) ** 2))


def feature_channels(net: SingleViewNet) -> int:
    """C of the features that `observe` gives."""
    return scaled(DECODER_CHANNELS, net.config.width)
