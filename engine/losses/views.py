"""Everything the label-free losses look at, gathered once for a batch of N crops.

Distances in space are measured in half cubes, like crop coordinates, so that hands of all sizes and
distances count alike (Ren et al. 2022: the gates are in these units).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from engine.hand.model import HandModel
from engine.hand.torch_skinning import TorchHand
from engine.inference.fitting.kernels.surface import surface_of
from engine.losses.hand_spheres import FINGER_BONES, HandSpheres, Spheres
from engine.losses.observed import Observed, observe, observed_points
from engine.losses.surface_search import ANY_PART, nearest_surface, search_mesh
from engine.nets.crop_geometry import CropGeometry
from engine.nets.pose_vector import PoseVector
from engine.render.differentiable import DepthRenderer, Rendered

POINTS = 512
"""Observed points a crop that are held against the mesh."""


class PointDistances(NamedTuple):
    """Squared distances of observed points to the mesh; half cubes squared."""

    whole: Tensor
    """[N, M] to the nearest surface."""
    weight: Tensor
    """[N, M]: 1, or 0 in empty crops."""
    part: Tensor
    """[N, M] to the nearest surface of the point's own finger bone."""
    bone: Tensor
    """[N, M]: 0..14, or -1 for points of the palm."""


class Fused(NamedTuple):
    """What the fusion network says of the same N crops; never has a gradient here."""

    joints: Tensor
    """[N, 21, 3] crop coordinates."""
    keypoints: Tensor
    """[N, 21, 3] crop coordinates, of the fused hand model."""
    vertices: Tensor
    """[N, V, 3] crop coordinates."""
    confidence: Tensor
    """[N, 21] in 0..1."""


class FittedViews(NamedTuple):
    """N crops, the network's answers and the posed, rendered hand model."""

    image: Tensor
    """[N, 1, 128, 128]."""
    geometry: CropGeometry
    joints: Tensor
    """[N, 21, 3] crop coordinates: the joint maps' answer (HPE)."""
    pose: PoseVector
    """The parameter head's answer (HME), relative to the crop."""
    vertices: Tensor
    """[N, V, 3] of the posed model, crop coordinates."""
    keypoints: Tensor
    """[N, 21, 3] of the posed model, crop coordinates."""
    points: PointDistances
    spheres: Spheres
    observed: Observed
    rendered: Rendered
    fused: Fused | None = None
    known_shape: Tensor | None = None
    """[N, 10]: the person's; the mean hand where None."""

    def as_fused(self, confidence: Tensor) -> Fused:
        """These answers as what single views are to learn from; confidence [N, 21]."""
        answers = (self.joints, self.keypoints, self.vertices, confidence)
        return Fused(*(value.detach() for value in answers))


class ViewFitter(nn.Module):
    """Poses and renders a network's answers, and measures them against their crops."""

    def __init__(self, model: HandModel, size: int = 64, points: int = POINTS) -> None:
        """A RIGHT hand model; images of `size` pixels a side (64 or 128)."""
        super().__init__()
        self.hand = TorchHand(model)
        self.spheres = HandSpheres(model)
        self.renderer = DepthRenderer(model.faces)
        self.size, self.count = size, points
        surface = surface_of(model)
        joint = np.argmax(model.weights[: model.vertex_count], axis=1)
        vertex_bone = joint.astype(np.int64) - 1  # the wrist's become ANY_PART
        self._mesh = search_mesh(
            surface.faces, surface.ring_start, surface.ring_face, vertex_bone, FINGER_BONES
        )

    def forward(
        self, image: Tensor, geometry: CropGeometry, joints: Tensor, pose: PoseVector
    ) -> FittedViews:
        """Fit views of images [N, 1, H, H], HPE joints [N, 21, 3] and the HME pose."""
        rotation, position = geometry.pose_to_camera(pose)
        posed = self.hand(pose.angles, pose.shape, rotation, position)
        vertices, keypoints = geometry.to_uvd(posed.vertices), geometry.to_uvd(posed.keypoints)
        near = in_half_cubes(posed.vertices, geometry)
        spheres = self.spheres(in_half_cubes(posed.keypoints, geometry), near)
        return FittedViews(
            image=image,
            geometry=geometry,
            joints=joints,
            pose=pose,
            vertices=vertices,
            keypoints=keypoints,
            points=self._distances(image, geometry, joints.detach(), near, spheres.radius),
            spheres=spheres,
            observed=observe(image, joints, self.size),
            rendered=self.renderer(vertices, self.size),
        )

    def _distances(
        self, image: Tensor, geometry: CropGeometry, joints: Tensor, near: Tensor, radius: Tensor
    ) -> PointDistances:
        observed = observed_points(image, joints, self.count)
        points = in_half_cubes(geometry.to_camera(observed.uvd), geometry)
        centres = self.spheres.centres(in_half_cubes(geometry.to_camera(joints), geometry))
        with torch.no_grad():
            outside = torch.cdist(points, centres) - radius[:, None]
            bone = self.spheres.bone[outside.argmin(-1)]
        anywhere = torch.full_like(bone, ANY_PART)
        return PointDistances(
            whole=self._squared(points, anywhere, near),
            weight=observed.weight,
            part=self._squared(points, bone, near),
            bone=bone,
        )

    def _squared(self, points: Tensor, bone: Tensor, near: Tensor) -> Tensor:
        """[N, M] squared distance to the surface of a bone, or to all of it."""
        corners = np.zeros(points.shape, np.int64)
        shares = np.zeros(points.shape)
        nearest_surface(
            _array(points), bone.cpu().numpy(), _array(near), self._mesh, corners, shares
        )
        index = torch.from_numpy(corners).to(near.device).flatten(1)
        met = near.gather(1, index[..., None].expand(-1, -1, 3)).unflatten(1, (-1, 3))
        nearest = (met * torch.from_numpy(shares).to(near)[..., None]).sum(2)
        return (points - nearest).square().sum(-1)


def in_half_cubes(points: Tensor, geometry: CropGeometry) -> Tensor:
    """Points [N, P, 3] of the camera frame, relative to the crop's centre."""
    return (points - geometry.centre[:, None]) / geometry.half_cube_m[:, None, None]


def bone_means(points: PointDistances) -> tuple[Tensor, Tensor]:
    """Mean squared distance [N, 15] of each finger bone's points, and how many they are."""
    bones = torch.arange(FINGER_BONES, device=points.bone.device)
    of_bone = (points.bone[..., None] == bones) * points.weight[..., None]
    count = of_bone.sum(1)
    return (points.part[..., None] * of_bone).sum(1) / count.clamp_min(1.0), count


def _array(tensor: Tensor) -> npt.NDArray[np.float64]:
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), np.float64)
