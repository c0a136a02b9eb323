"""The fusion network of Ren et al. 2022: what several views say of one hand becomes one hand.

Nodes are the 21 joints in every view. An encoder-decoder of graph blocks climbs from the joints
over the parts to the whole hand and back; in the end every node says how much its view's joint
counts and how it is off. The counted mean is the fused joint (HPE), the hand's coarsest feature
with the fused joints gives the hand model's parameters (HME); both are then told to every view.
Works with one view and up, in any order. B is hands, V views, C channels of the features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.nets.crop_geometry import CropGeometry
from engine.nets.fusion_frame import FusionFrame
from engine.nets.graph_blocks import GraphBlock, LevelLinear, NonLocalBlock
from engine.nets.pose_vector import POSE_SIZE, PoseVector, split_pose
from engine.nets.single_view_features import Observation
from engine.nets.skeleton_graph import (
    JOINTS,
    PARTS,
    averaging,
    hand_neighbours,
    joint_neighbours,
    part_neighbours,
    part_of_joint,
)


@dataclass(frozen=True, slots=True)
class FusionConfig:
    """Size of the network; stored with its weights."""

    features: int = 64
    """Channels of the single-view network's pooled features."""
    channels: tuple[int, int, int] = (32, 64, 128)
    """At joints, parts and the whole hand; even numbers."""

    def __post_init__(self) -> None:
        sizes = (self.features, *self.channels)
        if len(self.channels) != 3 or min(sizes) < 2 or any(size % 2 for size in sizes):
            raise ValueError(f"expected even channel numbers from 2 up, found {sizes}")


class FusionInput(NamedTuple):
    """What the single-view network says of B hands in V views, and how the views lie."""

    joints: Tensor
    """[B, V, 21, 3] crop coordinates."""
    confidence: Tensor
    """[B, V, 21] in 0..1."""
    features: Tensor
    """[B, V, 21, C]."""
    geometry: CropGeometry
    """Of B * V crops, the views of a hand one after the other."""
    T_rig_from_camera: Tensor
    """[B, V, 4, 4]."""


class FusionOutput(NamedTuple):
    """The fused hands."""

    joints: Tensor
    """[B, V, 21, 3] crop coordinates of every view."""
    pose: Tensor
    """[B, V, 41] relative to every view's crop: see engine.nets.pose_vector."""
    rig_joints: Tensor
    """[B, 21, 3] metres, rig frame: the same joints once."""
    shares: Tensor
    """[B, V, 21] how much each view counts, adding up to 1 over the views."""


def fusion_input(
    observation: Observation, geometry: CropGeometry, T_rig_from_camera: Tensor
) -> FusionInput:
    """An observation of B * V crops, hand by hand and view by view."""
    batch, views = T_rig_from_camera.shape[:2]
    joints, confidence, features = (
        value.float().unflatten(0, (batch, views))
        for value in (observation.joints, observation.confidence, observation.features)
    )
    return FusionInput(joints, confidence, features, geometry, T_rig_from_camera)


class FusionNet(nn.Module):
    """FusionInput -> FusionOutput."""

    pool_parts: Tensor
    part_of_joint: Tensor

    def __init__(self, config: FusionConfig) -> None:
        super().__init__()
        self.config = config
        at_joints, at_parts, at_hand = config.channels
        parts = len(PARTS)
        self.register_buffer("part_of_joint", part_of_joint(), persistent=False)
        self.register_buffer("pool_parts", averaging(part_of_joint()), persistent=False)
        self.look = nn.Linear(config.features, at_joints)
        self.place = LevelLinear(3 + 1 + 6, at_joints)
        self.down_joints = GraphBlock(at_joints, JOINTS, joint_neighbours())
        self.non_local = NonLocalBlock(at_joints)
        self.to_parts = nn.Linear(at_joints, at_parts)
        self.down_parts = GraphBlock(at_parts, parts, part_neighbours())
        self.to_hand = nn.Linear(at_parts, at_hand)
        self.whole = GraphBlock(at_hand, 1, hand_neighbours())
        self.from_hand = nn.Linear(at_hand, at_parts)
        self.up_parts = GraphBlock(at_parts, parts, part_neighbours())
        self.from_parts = nn.Linear(at_parts, at_joints)
        self.up_joints = GraphBlock(at_joints, JOINTS, joint_neighbours())
        self.answer = LevelLinear(at_joints, 1 + 3)
        self.pose = nn.Sequential(
            nn.Linear(at_hand + 3 * JOINTS, at_hand),
            nn.ReLU(inplace=True),
            nn.Linear(at_hand, POSE_SIZE),
        )
        self._begin_with_the_mean()

    def _begin_with_the_mean(self) -> None:
        """Untrained, views count by their squared confidence and nothing is corrected.

        The square is measured (docs/decisions/0017-fusion-network.md). The pose begins upright.
        """
        nn.init.normal_(self.answer.weight, 0, 1e-3)
        last = self.pose[-1]
        assert isinstance(last, nn.Linear)
        nn.init.normal_(last.weight, 0, 1e-2)
        nn.init.zeros_(last.bias)
        with torch.no_grad():
            last.bias[32:38] = torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])

    def forward(self, views: FusionInput) -> FusionOutput:
        """What all views together say of B hands; any number of views, in any order."""
        frame = FusionFrame.of(views.joints, views.geometry, views.T_rig_from_camera)
        places = frame.to_palm(views.joints)
        at_joints, at_hand = self._climb(self._embed(views, frame, places))
        answer = self.answer(at_joints)
        shares = (answer[..., 0] + 2.0 * views.confidence.clamp_min(1e-4).log()).softmax(1)
        fused = (shares[..., None] * (places + answer[..., 1:])).sum(1)  # [B, 21, 3]
        rig_joints = frame.palm_to_rig(fused)
        pose = self._pose(at_hand.mean(1)[:, 0], fused)
        return FusionOutput(
            frame.rig_to_crops(rig_joints), frame.pose_vectors(pose), rig_joints, shares
        )

    def _embed(self, views: FusionInput, frame: FusionFrame, places: Tensor) -> Tensor:
        """Node features [B, V, 21, Z]."""
        axes = frame.crop_axes()[:, :, None].expand(*places.shape[:3], -1)
        known = torch.cat([places, views.confidence[..., None], axes], -1)
        return self.look(views.features) + self.place(known)

    def _climb(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Encoder and decoder: features of the joints [B, V, 21, Z] and the hand [B, V, 1, Z]."""
        joints = self.non_local(self.down_joints(x))
        parts = self.down_parts(self.to_parts(self.pool_parts @ joints))
        hand = self.whole(self.to_hand(parts.mean(2, keepdim=True)))
        parts = self.up_parts(parts + self.from_hand(hand))
        spread = self.from_parts(parts)[:, :, self.part_of_joint]
        return self.up_joints(joints + spread), hand

    def _pose(self, hand: Tensor, fused: Tensor) -> PoseVector:
        """The hand model's parameters in the palm's frame; the wrist is told from its joint."""
        pose = split_pose(self.pose(torch.cat([hand, fused.flatten(1)], -1)))
        return pose._replace(position=fused[:, 0] + pose.position)
