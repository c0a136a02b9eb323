"""Losses towards the fused views' answer (L_ms of Ren et al. 2022), which teaches single views.

All targets are constants, and each joint counts by how far its target is believed.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.losses.terms import huber
from engine.losses.views import FittedViews, Fused


@dataclass(frozen=True, slots=True)
class DistilJoints:
    """Fused joints teach the joint maps of single views (L_ms)."""

    name: str = "distil_joints"

    def __call__(self, views: FittedViews) -> Tensor:
        fused = _fused(views)
        return (huber(views.joints, fused.joints) * fused.confidence).mean()


@dataclass(frozen=True, slots=True)
class DistilMesh:
    """The fused hand teaches the hand of single views, joints and surface (L_ms)."""

    name: str = "distil_mesh"

    def __call__(self, views: FittedViews) -> Tensor:
        fused = _fused(views)
        joints = (huber(views.keypoints, fused.keypoints) * fused.confidence).mean()
        surface = huber(views.vertices, fused.vertices).mean(1) * fused.confidence.mean(1)
        return joints + surface.mean()


def _fused(views: FittedViews) -> Fused:
    if views.fused is None:
        raise ValueError("distillation needs fused answers in the views, found none")
    return views.fused
