"""What an infrared imager with a lamp beside it sees of a depth image.

Matt surfaces under one light at the imager: brightness falls with the square of the distance and
with the slant. There are no textures and no projected dots.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from calibration.camera_model import PinholeCamera
from engine.messages import Float32

FULL_AT_M = 0.45
"""A wall this far away, seen straight, is as bright as the image goes."""
NOISE = 3.0
"""Standard deviation of the imager's noise, in grey values."""

Grey = npt.NDArray[np.uint8]


def infrared_image(depth_m: Float32, camera: PinholeCamera, noise: Float32) -> Grey:
    """Grey values [H, W] of a noise-free depth image (0 = nothing there); `noise` [H, W] has a
    standard deviation of 1."""
    image: Grey = np.empty(depth_m.shape, np.uint8)
    _shade(depth_m, noise, image, camera.fx, camera.fy, camera.cx, camera.cy)
    return image


@njit(cache=True, nogil=True)
def _shade(
    depth: Float32, noise: Float32, image: Grey, fx: float, fy: float, cx: float, cy: float
) -> None:
    height, width = depth.shape
    for v in range(height):
        y = (v - cy) / fy
        above, below = max(v - 1, 0), min(v + 1, height - 1)
        for u in range(width):
            z = depth[v, u]
            grey = NOISE * noise[v, u]
            if z > 0:
                x = (u - cx) / fx
                before, behind = max(u - 1, 0), min(u + 1, width - 1)
                right = (depth[v, behind] - depth[v, before]) / (behind - before)
                down = (depth[below, u] - depth[above, u]) / (below - above)
                # Normal of the surface z(u, v), and the ray (x, y, 1) that meets it.
                n_x, n_y = fx * right, fy * down
                n_z = -(z + (u - cx) * right + (v - cy) * down)
                facing = abs(n_x * x + n_y * y + n_z)
                ray2 = x * x + y * y + 1.0
                length = math.sqrt((n_x * n_x + n_y * n_y + n_z * n_z) * ray2)
                grey += 255.0 * FULL_AT_M * FULL_AT_M * facing / (length * z * z * ray2)
            image[v, u] = np.uint8(min(max(grey, 0.0), 255.0))
