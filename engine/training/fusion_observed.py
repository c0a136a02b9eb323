"""Views with what the frozen single-view network says of them, ready for the fusion network."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.losses.supervised import Targets
from engine.nets.crop_geometry import CropGeometry
from engine.nets.fusion import FusionInput, fusion_input
from engine.nets.fusion_frame import crops_from_rig, rig_from_crops, vectors_of_poses
from engine.nets.single_view import SingleViewNet
from engine.nets.single_view_features import observe
from engine.training.fusion_data import FusionBatch, FusionTruth
from engine.training.pseudo_views import ViewBatch


class ObservedHands(NamedTuple):
    """B hands: answers of the single-view network, and the truth."""

    views: FusionInput
    truth: FusionTruth

    def choose(self, which: Tensor) -> ObservedHands:
        """Some views of every hand, in the order of `which`."""
        views = self.views
        size = views.T_rig_from_camera.shape[:2]
        geometry = CropGeometry(
            *(value.unflatten(0, size)[:, which].flatten(0, 1) for value in views.geometry)
        )
        chosen = FusionInput(
            views.joints[:, which],
            views.confidence[:, which],
            views.features[:, which],
            geometry,
            views.T_rig_from_camera[:, which],
        )
        return ObservedHands(chosen, self.truth)


@torch.no_grad()
def observed(net: SingleViewNet, batch: FusionBatch) -> ObservedHands:
    """Run the frozen network; bfloat16 where the processor has it."""
    views = batch.views
    image = views.flat_image.contiguous(memory_format=torch.channels_last)
    with torch.autocast(image.device.type, dtype=torch.bfloat16):
        observation = observe(net, image)
    return ObservedHands(
        fusion_input(observation, views.geometry, views.T_rig_from_camera), batch.truth
    )


def targets_in_views(truth: FusionTruth, views: ViewBatch | FusionInput) -> Targets:
    """Targets of B * V crops, as the single-view network's loss takes them."""
    geometry, T = views.geometry, views.T_rig_from_camera
    everywhere = torch.ones_like(geometry.half_cube_m)
    return Targets(
        joints=crops_from_rig(truth.joints, geometry, T).flatten(0, 1),
        pose=vectors_of_poses(truth.pose, geometry, T).flatten(0, 1),
        present=everywhere,
        same_side=everywhere,
        half_cube_m=geometry.half_cube_m,
    )


def joints_in_rig(views: FusionInput) -> Tensor:
    """[B, V, 21, 3] metres: what every view says alone, in the rig's frame."""
    return rig_from_crops(views.joints, views.geometry, views.T_rig_from_camera)
