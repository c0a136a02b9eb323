"""Pictures of surfaces under lamps: matt with a little gloss, shadows, solid textures.

A face canvas finds which face each pixel sees; every pixel is then shaded once. Light is linear;
sensors turn it into grey values (engine/render/imager.py). Nothing here depends on the camera but
the gloss, so two cameras see the same surfaces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.messages import Float32, Float64
from engine.render.lighting import Lighting
from engine.render.shading_kernels import shade
from engine.render.surface import Surfaces
from engine.render.zbuffer import draw_faces


@dataclass(frozen=True, slots=True)
class Shaded:
    """What a pinhole sees."""

    light: Float32
    """[H, W, 3] linear, 0 where nothing is."""
    inverse: Float32
    """[H, W] 1 / z, 0 where nothing is."""


def shaded(
    surfaces: Surfaces,
    camera: PinholeCamera,
    T_camera_from_scene: RigidTransform,
    lighting: Lighting,
    before: Shaded | None = None,
) -> Shaded:
    """Surfaces given in the scene's frame, in front of what was drawn `before`, if anything."""
    shape = (camera.height_px, camera.width_px)
    inverse = np.zeros(shape, np.float32) if before is None else before.inverse.copy()
    light = np.zeros((*shape, 3), np.float32) if before is None else before.light.copy()
    ids = np.full(shape, -1, np.int32)
    T = T_camera_from_scene
    vertices = np.ascontiguousarray(T.apply(surfaces.vertices))
    draw_faces(inverse, ids, vertices, surfaces.faces,
               camera.fx, camera.fy, camera.cx, camera.cy, 0, 1)  # fmt: skip
    lamp, dots = lighting.lamp, lighting.dots
    shade(
        light, inverse, ids, surfaces.vertices, surfaces.normals, surfaces.coordinates,
        surfaces.faces, surfaces.material, surfaces.materials,
        _rows(T.inverse()), np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
        lamp.position, lamp.strength, _rows(lamp.T_lamp_from_scene), lamp.camera.fx,
        lamp.depth_m, lighting.ambient, lighting.up,
        np.zeros(3) if dots is None else dots.position, 0.0 if dots is None else dots.strength,
        1.0 if dots is None else dots.spacing_rad, lighting.seed,
    )  # fmt: skip
    return Shaded(light, inverse)


def _rows(T: RigidTransform) -> Float64:
    """[3, 4], for compiled code."""
    return np.concatenate([T.rotation, T.translation[:, None]], -1)
