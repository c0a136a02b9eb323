"""A camera as it is built: a pinhole behind a lens.

`PinholeCamera` stays the camera of everything after rectification. Pixels here are those of the
picture as the device gives it, with pixel centres at integers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.lens import LensModel, distort, largest_radius, straighten

FloatArray = npt.NDArray[np.floating]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DistortedCamera:
    """Intrinsics in pixels, and the coefficients of a lens in OpenCV's order (see lens.py)."""

    pinhole: PinholeCamera
    lens: LensModel = LensModel.PINHOLE
    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        expected = self.lens.coefficient_count
        if len(self.coefficients) != expected:
            raise ValueError(
                f"a {self.lens.value} lens has {expected} coefficients, found "
                f"{len(self.coefficients)}"
            )
        if not np.isfinite(self.coefficients).all():
            raise ValueError(f"lens coefficients must be finite, found {self.coefficients}")

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.pinhole.width_px, self.pinhole.height_px

    @property
    def K(self) -> Points:
        """The 3x3 intrinsic matrix."""
        return self.pinhole.K

    @property
    def largest_radius(self) -> float:
        """Of x / z and y / z: rays further out would fold back into the picture."""
        return largest_radius(self.lens, self.coefficients)

    def project(self, points: FloatArray) -> Points:
        """Pixels [..., 2] of camera-frame points [..., 3] in metres; z must be positive."""
        p = np.asarray(points, np.float64)
        return self.pixels_of_rays(p[..., :2] / p[..., 2:])

    def pixels_of_rays(self, rays: FloatArray) -> Points:
        """Pixels [..., 2] of the rays x / z, y / z [..., 2]."""
        bent = distort(self.lens, self.coefficients, rays)
        p = self.pinhole
        return bent * [p.fx, p.fy] + [p.cx, p.cy]

    def rays(self, pixels: npt.NDArray[np.number]) -> Points:
        """Rays x / z, y / z [..., 2] of pixels [..., 2]; NaN where the lens bends none there."""
        p = self.pinhole
        bent = (np.asarray(pixels, np.float64) - [p.cx, p.cy]) / [p.fx, p.fy]
        return straighten(self.lens, self.coefficients, bent)

    def unproject(self, pixels: npt.NDArray[np.number], depth_m: FloatArray) -> Points:
        """Camera-frame points [..., 3] in metres of pixels [..., 2] at z-depth [...] in metres."""
        z = np.asarray(depth_m, np.float64)[..., None]
        return np.concatenate([self.rays(pixels) * z, z], -1)

    def undistorted(self, pixels: npt.NDArray[np.number]) -> Points:
        """Where the pinhole without the lens sees what is at these pixels [..., 2]."""
        p = self.pinhole
        return self.rays(pixels) * [p.fx, p.fy] + [p.cx, p.cy]

    def scaled(self, factor: float) -> DistortedCamera:
        """The camera of the same view resampled by `factor`; the lens does not change."""
        return replace(self, pinhole=self.pinhole.scaled(factor))
