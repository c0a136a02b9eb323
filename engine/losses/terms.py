"""Label-free losses: one small object a term (Ren et al. 2022, supplement).

A term takes fitted views and returns a scalar: a mean over samples, each of which counts once. It
falls when the hand moves towards what was seen. The same objects serve single views and fused ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from engine.losses.views import FittedViews, bone_means

HUBER_SWITCH = 0.01


class LossTerm(Protocol):
    """One summand of an objective."""

    @property
    def name(self) -> str: ...

    def __call__(self, views: FittedViews) -> Tensor:
        """Scalar of views."""


@dataclass(frozen=True, slots=True)
class DepthDifference:
    """Mean |observed - rendered depth| over the union of both foregrounds (m2d)."""

    name: str = "depth"

    def __call__(self, views: FittedViews) -> Tensor:
        return depth_difference(views).mean()


@dataclass(frozen=True, slots=True)
class SilhouetteDifference:
    """Mean |observed - rendered silhouette| over the union of both: 1 - IoU for sharp ones."""

    name: str = "silhouette"

    def __call__(self, views: FittedViews) -> Tensor:
        apart = (views.observed.silhouette - views.rendered.silhouette).abs()
        return _over_union(apart, views).mean()


@dataclass(frozen=True, slots=True)
class PointsToMesh:
    """Mean squared distance of observed points to the mesh (d2m)."""

    name: str = "points"

    def __call__(self, views: FittedViews) -> Tensor:
        return points_to_mesh(views).mean()


@dataclass(frozen=True, slots=True)
class PartPointsToMesh:
    """The same for the points of finger bones, each to the surface of its own bone (pd2m)."""

    name: str = "part_points"

    def __call__(self, views: FittedViews) -> Tensor:
        points = views.points
        of_finger = points.weight * (points.bone >= 0)
        return (points.part * of_finger).sum(1).div(of_finger.sum(1).clamp_min(1.0)).mean()


def depth_difference(views: FittedViews) -> Tensor:
    """[N] mean depth difference; 0 where there is nothing on either side."""
    return _over_union((views.observed.depth - views.rendered.depth).abs(), views)


def depth_difference_inside(views: FittedViews) -> Tensor:
    """[N] the same without pixels on the mesh's outlines: 0 for a perfect hand.

    On an outline even the true hand differs from its picture, by how a pixel is shared out: on a
    slanted hand by as much as the gate allows.
    """
    apart = (views.observed.depth - views.rendered.depth).abs()
    return _over_union(apart, views, ~views.rendered.mixed)


def points_to_mesh(views: FittedViews) -> Tensor:
    """[N] mean squared distance of points to the mesh; 0 where nothing was seen."""
    points = views.points
    return (points.whole * points.weight).sum(1) / points.weight.sum(1).clamp_min(1.0)


def _over_union(values: Tensor, views: FittedViews, where: Tensor | None = None) -> Tensor:
    with torch.no_grad():
        either = (views.observed.silhouette > 0) | (views.rendered.silhouette > 0)
        weight = views.observed.known * (either if where is None else either & where)
    return (values * weight).sum((1, 2)) / weight.sum((1, 2)).clamp_min(1.0)


def huber(found: Tensor, wanted: Tensor) -> Tensor:
    """[N, P] of points [N, P, 3], Huber-like with the switch at 0.01 half cubes; `wanted` fixed."""
    loss = nn.functional.smooth_l1_loss
    return loss(found, wanted.detach(), beta=HUBER_SWITCH, reduction="none").mean(-1)


@dataclass(frozen=True, slots=True)
class JointsTeachMesh:
    """The joint maps' joints teach the hand model's (P2M)."""

    name: str = "joints_to_mesh"

    def __call__(self, views: FittedViews) -> Tensor:
        return huber(views.keypoints, views.joints).mean()


@dataclass(frozen=True, slots=True)
class ReliabilityGates:
    """Where the posed hand explains the crop so well that it may teach; in half cubes."""

    depth: float = 0.04
    points: float = 1e-3
    bone: float = 1e-3

    @torch.no_grad()
    def __call__(self, views: FittedViews) -> Tensor:
        """[N, 21]: 1 for joints that may teach. A bone vouches for the joint at either end."""
        seen = views.points.weight.sum(1) > 0
        sample = seen & (depth_difference_inside(views) < self.depth)
        sample = sample & (points_to_mesh(views) < self.points)
        mean, count = bone_means(views.points)
        bone = ((mean < self.bone) & (count > 0)).unflatten(1, (5, 3))
        ends = torch.stack(
            [bone[..., 0], bone[..., 0] & bone[..., 1], bone[..., 1] & bone[..., 2], bone[..., 2]],
            -1,
        )
        wrist = torch.ones_like(sample)[:, None]
        return (torch.cat([wrist, ends.flatten(1)], 1) & sample[:, None]).to(views.joints)


@dataclass(frozen=True, slots=True)
class MeshTeachesJoints:
    """The hand model's joints teach the joint maps, where it is reliable (M2P)."""

    gates: ReliabilityGates = ReliabilityGates()
    name: str = "mesh_to_joints"

    def __call__(self, views: FittedViews) -> Tensor:
        return (huber(views.joints, views.keypoints) * self.gates(views)).mean()
