"""One depth device with fixed properties, cheap enough for a live simulation.

`sensor_noise.apply_sensor` draws a new device for every image, which is right for training and
wrong for a film. Here the strengths are fixed and white noise comes from a stored field that is
read at a random place, which costs a tenth of drawing it.
"""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.messages import Float32
from engine.render.sensor_noise import depth_edges, disparity_quantised, quantised

NOISE_AT_HALF_METRE_M = {
    "ideal": 0.0001,
    "structured_light": 0.0006,
    "time_of_flight": 0.0016,
    "active_stereo": 0.0010,
}
LOST_EDGES = {"ideal": 0.0, "structured_light": 0.5, "time_of_flight": 0.25, "active_stereo": 0.35}
QUANTUM_M = 0.00025
STEREO_STEP_M = 0.0008


class SteadySensor:
    """Applies the same device to successive perfect images."""

    def __init__(self, sensor: str, camera: PinholeCamera, rng: np.random.Generator) -> None:
        self._kind = "structured_light" if sensor == "any" else sensor
        shape = (camera.height_px, camera.width_px)
        count = 2 * camera.height_px * camera.width_px
        self._shape = shape
        self._noise = rng.standard_normal(count, np.float32) * (
            NOISE_AT_HALF_METRE_M[self._kind] / 0.25
        )
        self._uniform = rng.random(count, np.float32)

    @property
    def unit_m(self) -> float:
        """Depth is a whole number of these; 0 for a stereo device, whose steps grow with depth."""
        return 0.0 if self._kind == "active_stereo" else QUANTUM_M

    def apply(self, depth_m: Float32, rng: np.random.Generator) -> Float32:
        """The device's image [H, W] of a perfect one."""
        edge = depth_edges(depth_m)
        noise = self._window(self._noise, rng)
        noisy = depth_m + noise * (depth_m * depth_m)  # triangulation: error grows with z squared
        if self._kind == "active_stereo":
            noisy = disparity_quantised(noisy, STEREO_STEP_M)
        else:
            noisy = quantised(noisy, QUANTUM_M)
        lost = edge & (self._window(self._uniform, rng) < LOST_EDGES[self._kind])
        noisy[lost | (depth_m == 0)] = 0
        result: Float32 = noisy.astype(np.float32, copy=False)
        return result

    def _window(self, field: Float32, rng: np.random.Generator) -> Float32:
        size = self._shape[0] * self._shape[1]
        start = int(rng.integers(0, len(field) - size))
        return field[start : start + size].reshape(self._shape)
