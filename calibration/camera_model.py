"""Pinhole cameras.

Conventions: OpenCV axes (x right, y down, z forward), metres, pixel centres at integer coordinates,
so the left border of the image lies at u = -0.5. Distortion is removed before images get here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """Intrinsics of an undistorted camera; all in pixels."""

    width_px: int
    height_px: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width_px <= 0 or self.height_px <= 0:
            raise ValueError(
                f"camera size must be positive, found {self.width_px} x {self.height_px} px"
            )
        if not (self.fx > 0 and self.fy > 0 and np.isfinite(self.fx) and np.isfinite(self.fy)):
            raise ValueError(
                f"focal lengths must be positive, found fx = {self.fx}, fy = {self.fy}"
            )
        if not (np.isfinite(self.cx) and np.isfinite(self.cy)):
            raise ValueError(f"principal point must be finite, found ({self.cx}, {self.cy})")

    @property
    def K(self) -> npt.NDArray[np.float64]:
        """The 3x3 intrinsic matrix."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def project(self, points: FloatArray) -> npt.NDArray[np.float64]:
        """Pixels [..., 2] of camera-frame points [..., 3] in metres; z must be positive."""
        p = np.asarray(points, np.float64)
        z = p[..., 2]
        return np.stack([self.fx * p[..., 0] / z + self.cx, self.fy * p[..., 1] / z + self.cy], -1)

    def unproject(
        self, pixels: npt.NDArray[np.number], depth_m: FloatArray
    ) -> npt.NDArray[np.float64]:
        """Camera-frame points [..., 3] in metres of pixels [..., 2] at z-depth [...] in metres."""
        uv = np.asarray(pixels, np.float64)
        z = np.asarray(depth_m, np.float64)
        x = (uv[..., 0] - self.cx) / self.fx * z
        y = (uv[..., 1] - self.cy) / self.fy * z
        return np.stack([x, y, z], -1)

    def scaled(self, factor: float) -> PinholeCamera:
        """The camera of the same view resampled by `factor` (0.5 halves the resolution)."""
        return PinholeCamera(
            width_px=round(self.width_px * factor),
            height_px=round(self.height_px * factor),
            fx=self.fx * factor,
            fy=self.fy * factor,
            cx=(self.cx + 0.5) * factor - 0.5,
            cy=(self.cy + 0.5) * factor - 0.5,
        )
