"""The infrared imagers of the simulated camera: what never moves is drawn once for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.capture.simulated import SimulatedPicture
from engine.render.infrared import infrared_image
from engine.render.mesh import Mesh
from engine.render.zbuffer import DepthCanvas

BASELINE_M = 0.05
"""Between the two imagers, as in most short-range stereo cameras."""
NOISE_SEED = 77_001


@dataclass(frozen=True, slots=True)
class ImagerPlace:
    """Where an imager stands, with the axes of the depth image."""

    name: str
    position_m: tuple[float, float, float]


IMAGER_PLACES = (
    ImagerPlace("left", (0.0, 0.0, 0.0)),
    ImagerPlace("right", (BASELINE_M, 0.0, 0.0)),
)


class Imager:
    """One infrared imager before a scene; all have the intrinsics of the depth image."""

    def __init__(self, place: ImagerPlace, camera: PinholeCamera, things: Mesh) -> None:
        """`things` never move; meshes are in the depth image's frame."""
        self._place = place
        self._camera = camera
        self._position = np.array(place.position_m)
        self._background = DepthCanvas(camera)
        self._background.draw(self._seen_from_here(things))
        shape = (camera.height_px, 2 * camera.width_px)
        self._noise = np.random.default_rng(NOISE_SEED).standard_normal(shape, np.float32)

    def picture(self, meshes: Sequence[Mesh], rng: np.random.Generator) -> SimulatedPicture:
        """With these meshes in front of what never moves."""
        canvas = self._background.copy()
        for mesh in meshes:
            canvas.draw(self._seen_from_here(mesh))
        start = int(rng.integers(0, self._camera.width_px))
        noise = self._noise[:, start : start + self._camera.width_px]
        return SimulatedPicture(
            name=self._place.name,
            pixels=infrared_image(canvas.depth_m(), self._camera, noise),
            T_depth_from_picture=RigidTransform(np.eye(3), self._position),
        )

    def _seen_from_here(self, mesh: Mesh) -> Mesh:
        return mesh.moved(np.eye(3), -self._position)
