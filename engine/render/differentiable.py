"""Depth and silhouette of posed meshes in crops, with gradients to the vertices.

Vertices are given in crop coordinates (engine.nets.crop_geometry). Depth d is interpolated linearly
across a triangle in the window; true depth is not quite linear there, but a hand's triangles are
millimetres across, and the difference is hundredths of a millimetre. See decision 0016.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from engine.inference.crops import BACKGROUND
from engine.render.outline_mixing import back, mix
from engine.render.window_raster import NOTHING, draw


class Rendered(NamedTuple):
    """Images of N meshes, S pixels a side."""

    depth: Tensor
    """[N, S, S] crop units; BACKGROUND where nothing is hit, mixed along outlines."""
    silhouette: Tensor
    """[N, S, S] in 0..1: how much of a pixel is covered."""
    triangle: Tensor
    """[N, S, S] int32: the face seen at a pixel's centre, -1 where there is none."""
    mixed: Tensor
    """[N, S, S] bool: pixels beside an outline, whose depth may be mixed of two surfaces."""

    @property
    def covered(self) -> Tensor:
        """[N, S, S] bool: whether a pixel's centre is hit."""
        return self.triangle != NOTHING


class DepthRenderer(nn.Module):
    """Renders meshes of one topology. On the CPU; tensors of other devices take the way there."""

    def __init__(self, faces: npt.NDArray[np.integer]) -> None:
        """Faces [F, 3] of a closed surface, anticlockwise seen from outside.

        Raises ValueError where the surface is not closed.
        """
        super().__init__()
        self._faces = np.ascontiguousarray(faces, np.int64)
        self._edges = shared_edges(self._faces)

    def forward(self, uvd_vertices: Tensor, size: int = 64) -> Rendered:
        """Images of vertices [N, V, 3] in crop coordinates.

        Nothing is cut at the cube's front and back, so that a hand that has left it is drawn back.
        """
        scale = uvd_vertices.new_tensor([0.5 * size, 0.5 * size, 1.0])
        shift = uvd_vertices.new_tensor([0.5 * size - 0.5, 0.5 * size - 0.5, 0.0])
        depth, silhouette, triangle, mixed = _Window.apply(
            uvd_vertices * scale + shift, self._faces, self._edges, size
        )
        return Rendered(depth, silhouette.clamp(0.0, 1.0), triangle, mixed)


def shared_edges(faces: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """[E, 4]: the two vertices of each edge, and the two faces that share it.

    Raises ValueError where an edge has not two faces.
    """
    sides = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, of_side, count = np.unique(sides, axis=0, return_inverse=True, return_counts=True)
    if (count != 2).any():
        raise ValueError(
            f"the renderer needs a closed surface, found {int((count != 2).sum())} edges "
            "without exactly two faces; close the mesh first"
        )
    owners = np.argsort(of_side.ravel(), kind="stable").reshape(-1, 2) // 3
    return np.ascontiguousarray(np.concatenate([edges, owners], 1))


class _Window(torch.autograd.Function):
    """window_raster and outline_mixing as a torch operation, computed in float64."""

    @staticmethod
    def forward(
        ctx: Any, vertices: Tensor, faces: Any, edges: Any, size: int
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        at = np.ascontiguousarray(vertices.detach().cpu().numpy(), np.float64)
        depth = np.empty((len(at), size, size))
        mixed, coverage = np.empty_like(depth), np.empty_like(depth)
        triangle = np.empty(depth.shape, np.int32)
        outline = np.empty((len(at), 2, size, size), np.int32)
        draw(at, faces, edges, BACKGROUND, depth, triangle, outline)
        mix(at, edges, depth, triangle, outline, mixed, coverage)
        ctx.kept = at, faces, edges, depth, triangle, outline
        images = (torch.from_numpy(image).to(vertices) for image in (mixed, coverage))
        seen = torch.from_numpy(triangle).to(vertices.device)
        beside = torch.from_numpy(_beside(outline)).to(vertices.device)
        ctx.mark_non_differentiable(seen, beside)
        return (*images, seen, beside)  # type: ignore[return-value]

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        at, faces, edges, depth, triangle, outline = ctx.kept
        by_depth, by_coverage = (
            np.ascontiguousarray(slope.detach().cpu().numpy(), np.float64) for slope in slopes[:2]
        )
        slope = np.empty_like(at)
        back(at, faces, edges, depth, triangle, outline, by_depth, by_coverage, slope)
        return torch.from_numpy(slope).to(slopes[0]), None, None, None


def _beside(outline: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """[N, S, S]: pixels of a pair [N, 2, S, S] that an outline crosses."""
    crossed = outline != NOTHING
    right, below = crossed[:, 0], crossed[:, 1]
    beside = right | below
    beside[:, :, 1:] |= right[:, :, :-1]
    beside[:, 1:] |= below[:, :-1]
    return np.asarray(beside)
