"""The two cameras of a rig, as they take pictures of lit surfaces."""

from __future__ import annotations

import numpy as np

from calibration.rig import StereoRig
from calibration.transforms import RigidTransform
from engine.render.imager import Imager, Sensor, automatic_exposure
from engine.render.lighting import Lighting
from engine.render.shading import Shaded, shaded
from engine.render.surface import Surfaces
from engine.stereo.pair import Pixels

OVERSAMPLING = 1.25


class RigImagers:
    """The two cameras of a rig, as they take pictures."""

    def __init__(self, rig: StereoRig, noise: float, rng: np.random.Generator) -> None:
        self._places = (RigidTransform.identity(), rig.T_right_from_left)
        self._imagers = tuple(
            Imager(camera, _sample_sensor(rng, noise), OVERSAMPLING)
            for camera in (rig.left, rig.right)
        )

    def shaded(
        self,
        surfaces: Surfaces,
        lighting: Lighting,
        before: tuple[Shaded, Shaded] | None = None,
    ) -> tuple[Shaded, Shaded]:
        """What both see of surfaces in the left camera's frame."""
        left, right = (
            shaded(surfaces, imager.rendered, T, lighting, None if before is None else before[k])
            for k, (imager, T) in enumerate(zip(self._imagers, self._places, strict=True))
        )
        return left, right

    def pictures(
        self, seen: tuple[Shaded, Shaded], rng: np.random.Generator
    ) -> tuple[Pixels, Pixels]:
        """Both with the exposure that the left one chooses."""
        lights = [imager.bent(view.light) for imager, view in zip(self._imagers, seen, strict=True)]
        exposure = automatic_exposure(lights[0])
        left, right = (
            imager.picture(light, exposure, rng)
            for imager, light in zip(self._imagers, lights, strict=True)
        )
        return left, right


def _sample_sensor(rng: np.random.Generator, noise: float) -> Sensor:
    red, green, blue = (float(t) for t in rng.normal(1.0, 0.015, 3))
    return Sensor(
        gain=float(rng.normal(1.0, 0.03)),
        tint=(red, green, blue),
        vignetting=rng.uniform(0.05, 0.35),
        noise=noise * rng.uniform(0.7, 1.5),
        blur_px=rng.uniform(0.4, 0.7),
    )
