"""From light to the picture of a real camera: lens, vignetting, exposure, noise, grey values.

A scene is rendered as a pinhole sees it, somewhat larger and finer than the picture; the lens then
bends it and blurs it a little, and the sensor does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from engine.messages import Float32

Pixels = npt.NDArray[np.uint8]

TARGET_LIGHT = 0.30
"""Automatic exposure brings the brighter part of the picture here, of 1 = white."""
BRIGHTER_PART = 75
"""Percentile."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One camera's own ways; two of the same kind are never quite alike."""

    gain: float = 1.0
    """Exposure against what the automatic would choose."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignetting: float = 0.15
    """Share of the light that is lost in the corners."""
    noise: float = 1.0
    """Strength; 1 is a good webcam in a room."""
    blur_px: float = 0.5
    """Of lens and sensor, standard deviation in pixels of the picture."""


def rendering_camera(camera: DistortedCamera, oversampling: float) -> PinholeCamera:
    """The pinhole whose picture holds all that `camera` sees, with finer pixels."""
    width, height = camera.size_px
    border = _border(width, height)
    rays = camera.rays(border)
    low, high = rays.min(0), rays.max(0)
    f = camera.pinhole.fx * oversampling
    margin = 2.0
    size = np.ceil((high - low) * f + 2 * margin).astype(int)
    return PinholeCamera(
        int(size[0]), int(size[1]), f, f, float(margin - low[0] * f), float(margin - low[1] * f)
    )


class Imager:
    """Turns light in the rendering camera into pictures of one camera."""

    def __init__(self, camera: DistortedCamera, sensor: Sensor, oversampling: float) -> None:
        self.sensor = sensor
        self.rendered = rendering_camera(camera, oversampling)
        self._oversampling = oversampling
        width, height = camera.size_px
        u, v = np.meshgrid(np.arange(width), np.arange(height))
        rays = camera.rays(np.stack([u, v], -1))
        maps = self.rendered.project(np.concatenate([rays, np.ones((height, width, 1))], -1))
        self._maps = maps[..., 0].astype(np.float32), maps[..., 1].astype(np.float32)
        radius = np.hypot(u - (width - 1) / 2, v - (height - 1) / 2) / np.hypot(width, height) * 2
        self._falloff = (1 - sensor.vignetting * radius**2).astype(np.float32)[..., None]

    def bent(self, light: Float32) -> Float32:
        """Light [H, W, 3] on the sensor from that of the rendering camera."""
        blurred = cv2.GaussianBlur(light, (0, 0), self.sensor.blur_px * self._oversampling)
        on_sensor = cv2.remap(
            blurred, *self._maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        seen: Float32 = on_sensor * self._falloff * np.array(self.sensor.tint, np.float32)
        return seen

    def picture(self, on_sensor: Float32, exposure: float, rng: np.random.Generator) -> Pixels:
        """[H, W, 3] RGB; `exposure` is common to the cameras of a rig."""
        light = on_sensor * np.float32(exposure * self.sensor.gain)
        # Shot noise grows with the root of the light; reading adds the same everywhere.
        sigma = 0.004 * self.sensor.noise * np.sqrt(np.maximum(light, 0) * 9 + 0.25)
        noise = rng.standard_normal(light.shape, np.float32)
        grey = np.clip(light + sigma * noise, 0, 1) ** np.float32(1 / 2.2)
        return np.round(grey * 255).astype(np.uint8)


def automatic_exposure(on_sensor: Float32) -> float:
    """What brings the picture to a usual brightness."""
    light = on_sensor[::4, ::4].mean(-1)
    bright, brightest = np.percentile(light, (BRIGHTER_PART, 98))
    return float(min(TARGET_LIGHT / max(bright, 1e-4), 0.85 / max(brightest, 1e-4)))


def _border(width: int, height: int) -> npt.NDArray[np.float64]:
    x, y = np.arange(-1.0, width + 1, 8), np.arange(-1.0, height + 1, 8)
    sides = [
        np.stack([x, np.full_like(x, -1)], -1),
        np.stack([x, np.full_like(x, height)], -1),
        np.stack([np.full_like(y, -1), y], -1),
        np.stack([np.full_like(y, width), y], -1),
    ]
    return np.concatenate(sides)
