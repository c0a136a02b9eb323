"""Removal of lens distortion from depth images, for the few devices that deliver it.

Depth is resampled to the nearest pixel: averaging across a depth edge would make up points in mid
air. The lens model is Brown and Conrady's polynomial of the ideal ray. librealsense 2.59 projects
with it under each of its three names (brown_conrady, modified_..., inverse_...).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera

Plane = npt.NDArray[np.floating]


class DepthUndistorter:
    """Maps raw depth images [H, W] of one camera to what a pinhole camera would have seen."""

    def __init__(self, camera: PinholeCamera, coefficients: Sequence[float]) -> None:
        """`coefficients` are k1 k2 p1 p2 k3."""
        u, v = np.meshgrid(np.arange(float(camera.width_px)), np.arange(float(camera.height_px)))
        x = (u - camera.cx) / camera.fx
        y = (v - camera.cy) / camera.fy
        x, y = _distorted(x, y, coefficients)
        self._map_u = (x * camera.fx + camera.cx).astype(np.float32)
        self._map_v = (y * camera.fy + camera.cy).astype(np.float32)

    def __call__(self, raw: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
        """The image without distortion; 0 where it looks past the border of the raw one."""
        straight = cv2.remap(
            raw, self._map_u, self._map_v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT
        )
        return np.asarray(straight, np.uint16)


def _distorted(x: Plane, y: Plane, coefficients: Sequence[float]) -> tuple[Plane, Plane]:
    """Where the lens puts the ideal rays (x, y, 1)."""
    k1, k2, p1, p2, k3 = coefficients
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
        y * radial + 2 * p2 * x * y + p1 * (r2 + 2 * y * y),
    )
