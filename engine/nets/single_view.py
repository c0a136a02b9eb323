"""The single-view network of Ren et al. 2022: one depth crop in, joints and hand parameters out.

Two branches: the maps give joints (HPE); a small head gives the hand model's pose, shape, rotation
and position (HME), from the deepest features and the joints, so that both agree. One more head says
whether there is a hand at all and whether it is the side that the crop claims.
With two stacks the second refines the first from its features and maps (Newell et al. 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.messages import KEYPOINT_COUNT
from engine.nets.backbone import CHANNELS, DECODER_CHANNELS, Decoder, Encoder, Stem, scaled
from engine.nets.maps import (
    MAP_CHANNELS,
    JointMaps,
    decode_joints,
    pixel_points,
    split_maps,
    vote_spread,
)
from engine.nets.pose_vector import POSE_SIZE


@dataclass(frozen=True, slots=True)
class SingleViewConfig:
    """Size of the network; stored with its weights."""

    width: float = 0.5
    stacks: int = 1

    def __post_init__(self) -> None:
        if self.stacks not in (1, 2):
            raise ValueError(f"stacks must be 1 or 2, found {self.stacks}")
        if not 0.125 <= self.width <= 2.0:
            raise ValueError(f"width must lie in 0.125..2, found {self.width}")


class SingleViewOutput(NamedTuple):
    """What one stack says; crop coordinates."""

    joints: Tensor
    """[B, 21, 3]."""
    pose: Tensor
    """[B, 41]: see engine.nets.pose_vector."""
    logits: Tensor
    """[B, 2]: hand present, hand of the claimed side."""
    maps: JointMaps


class Stack(nn.Module):
    """One encoder-decoder with its heads."""

    def __init__(self, width: float, inputs: int) -> None:
        super().__init__()
        deepest, decoded = scaled(CHANNELS[-1], width), scaled(DECODER_CHANNELS, width)
        self.encoder = Encoder(width, inputs)
        self.decoder = Decoder(width)
        self.maps = nn.Conv2d(decoded, MAP_CHANNELS, 1)
        hidden = scaled(512, width)
        self.pose = nn.Sequential(
            nn.Linear(deepest + 3 * KEYPOINT_COUNT, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, POSE_SIZE),
        )
        self.decide = nn.Linear(deepest, 2)
        nn.init.normal_(self.maps.weight, 0, 1e-3)
        nn.init.zeros_(self.maps.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, image: Tensor) -> tuple[SingleViewOutput, Tensor, Tensor]:
        """Output, decoder features and raw maps (the last two feed the next stack)."""
        features = self.encoder(x)
        decoded = self.decoder(features)
        raw = self.maps(decoded)
        maps = split_maps(raw)
        joints = decode_joints(maps, pixel_points(image))
        deepest = features[-1].float().mean((2, 3))
        pose = self.pose(torch.cat([deepest, joints.detach().flatten(1)], 1))
        return SingleViewOutput(joints, pose, self.decide(deepest), maps), decoded, raw


class SingleViewNet(nn.Module):
    """Image [B, 1, 128, 128] -> one SingleViewOutput a stack, the last being the best."""

    def __init__(self, config: SingleViewConfig) -> None:
        super().__init__()
        self.config = config
        channels, decoded = (
            scaled(CHANNELS[0], config.width),
            scaled(DECODER_CHANNELS, config.width),
        )
        self.stem = Stem(config.width)
        self.stacks = nn.ModuleList([Stack(config.width, channels)])
        self.merge: nn.Module | None = None
        if config.stacks == 2:
            self.merge = nn.Sequential(
                nn.Conv2d(channels + decoded + MAP_CHANNELS, channels, 1, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(inplace=True),
            )
            self.stacks.append(Stack(config.width, channels))

    def forward(self, image: Tensor) -> list[SingleViewOutput]:
        outputs, _ = self.with_features(image)
        return outputs

    def with_features(self, image: Tensor) -> tuple[list[SingleViewOutput], Tensor]:
        """As `forward`, and the last stack's decoder features [B, C, 32, 32]."""
        stem = self.stem(image)
        first, decoded, raw = self.stacks[0](stem, image)
        if self.merge is None:
            return [first], decoded
        merged = self.merge(torch.cat([stem, decoded, raw], 1))
        second, decoded, _ = self.stacks[1](merged, image)
        return [first, second], decoded


class DeployedNet(nn.Module):
    """The network as inference runs it: joints, spread, pose and logits of the last stack."""

    def __init__(self, net: SingleViewNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        last = self.net(image)[-1]
        spread = vote_spread(last.maps, pixel_points(image), last.joints)
        return last.joints, spread, last.pose, last.logits
