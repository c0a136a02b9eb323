"""Exact depth images of triangle meshes by ray casting (Open3D's Embree), one thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import open3d as o3d

from calibration.camera_model import PinholeCamera

NO_TRIANGLE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class DepthHit:
    """What each pixel's ray meets first."""

    depth_m: npt.NDArray[np.float32]
    """[H, W] z-depth in metres; 0 where nothing is hit."""
    triangle: npt.NDArray[np.uint32]
    """[H, W] face index; NO_TRIANGLE where nothing is hit."""


def cast_depth(
    camera: PinholeCamera, vertices: npt.NDArray[np.floating], faces: npt.NDArray[np.integer]
) -> DepthHit:
    """Depth of a mesh (vertices [V, 3] metres, camera frame; faces [F, 3]) in `camera`."""
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(
        o3d.core.Tensor(np.ascontiguousarray(vertices, np.float32)),
        o3d.core.Tensor(np.ascontiguousarray(faces, np.uint32)),
    )
    hits = scene.cast_rays(o3d.core.Tensor(_rays(camera)), nthreads=1)
    depth = hits["t_hit"].numpy()
    depth[~np.isfinite(depth)] = 0.0
    return DepthHit(depth, hits["primitive_ids"].numpy())


@lru_cache(maxsize=8)
def _rays(camera: PinholeCamera) -> npt.NDArray[np.float32]:
    """[H, W, 6] origin and direction; with z = 1 in the direction, the hit parameter is z-depth."""
    u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    rays = np.zeros((camera.height_px, camera.width_px, 6), np.float32)
    rays[..., 3] = (u - camera.cx) / camera.fx
    rays[..., 4] = (v - camera.cy) / camera.fy
    rays[..., 5] = 1.0
    return rays


def join_meshes(
    *meshes: tuple[npt.NDArray[np.floating], npt.NDArray[np.integer]],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint32]]:
    """One mesh of several (vertices, faces), in order."""
    offsets = np.cumsum([0] + [len(vertices) for vertices, _ in meshes])
    vertices = np.concatenate([v for v, _ in meshes]).astype(np.float32)
    faces = np.concatenate([f + o for (_, f), o in zip(meshes, offsets, strict=False)])
    return vertices, faces.astype(np.uint32)
