"""The network's view of a hand: a 128x128 window on a cube of space around it.

A crop is a depth window centred on the cube's centre, whose half side is the cube's half side
projected at the centre's depth. Crop coordinates are (u, v, d), each in [-1, 1] inside the cube:
u, v across the window, d along the camera's z axis (Ren et al. 2022, pre-processing). Training and
the live loop share this file, so they cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

CROP_SIZE = 128
CUBE_M = 0.25
"""Side of the cube for an adult hand."""
SMALLEST, LARGEST = 0.8, 1.15
"""Sizes of palms, relative to an adult's, beyond which the cube stays the same."""

BACKGROUND = 1.0
"""Crop value of pixels without data or outside the cube."""


@dataclass(frozen=True, slots=True)
class Crop:
    """Where a crop lies: converts between crop coordinates and the camera frame.

    `turn` (radians) rotates the window about its centre; `mirror` flips it left to right, which
    makes a left hand look like a right one. Both happen about the centre's ray.
    """

    camera: PinholeCamera
    centre: Float64
    """[3] metres, camera frame."""
    cube_m: float = CUBE_M
    turn: float = 0.0
    mirror: bool = False

    @property
    def centre_px(self) -> Float64:
        return self.camera.project(self.centre)

    @property
    def px_from_uv(self) -> Float64:
        """[2, 2]: pixel offset from the centre of a crop offset (u, v)."""
        half = 0.5 * self.cube_m / self.centre[2] * np.array([self.camera.fx, self.camera.fy])
        c, s = np.cos(self.turn), np.sin(self.turn)
        flip = np.array([-1.0 if self.mirror else 1.0, 1.0])
        return (half * flip)[:, None] * np.array([[c, s], [-s, c]])

    def to_camera(self, uvd: npt.NDArray[np.floating]) -> Float64:
        """Points [..., 3] in metres, camera frame, of crop coordinates [..., 3]."""
        uvd = np.asarray(uvd, np.float64)
        pixels = uvd[..., :2] @ self.px_from_uv.T + self.centre_px
        return self.camera.unproject(pixels, self.centre[2] + uvd[..., 2] * 0.5 * self.cube_m)

    def from_camera(self, points: npt.NDArray[np.floating]) -> Float64:
        """Crop coordinates [..., 3] of points [..., 3] in metres, camera frame."""
        points = np.asarray(points, np.float64)
        offset = self.camera.project(points) - self.centre_px
        uv = offset @ np.linalg.inv(self.px_from_uv).T
        d = (points[..., 2:] - self.centre[2]) / (0.5 * self.cube_m)
        return np.concatenate([uv, d], -1)


def cube_for(size: float) -> float:
    """Side in metres of the cube for a hand whose palm is of this size, relative to an adult's."""
    return CUBE_M * min(max(size, SMALLEST), LARGEST) ** 0.5


def extract_crop(depth_m: Float32, crop: Crop) -> Float32:
    """The normalised window [128, 128]: (z - centre) / half cube, BACKGROUND outside the cube."""
    step = 2.0 / CROP_SIZE
    A = crop.px_from_uv
    affine = np.empty((2, 3))
    affine[:, :2] = A * step
    affine[:, 2] = crop.centre_px + A @ np.full(2, 0.5 * step - 1.0)
    window = cv2.warpAffine(
        depth_m,
        affine,
        (CROP_SIZE, CROP_SIZE),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    normalised = (window - np.float32(crop.centre[2])) * np.float32(2.0 / crop.cube_m)
    outside = (window <= 0) | (normalised > 1) | (normalised < -1)
    normalised[outside] = BACKGROUND
    return normalised


def ray_rotation(centre: Float64) -> Float64:
    """R_camera_from_ray [3, 3]: the least rotation that turns the z axis into the centre's ray.

    Poses are learnt relative to the ray, so a hand looks the same to the network wherever it is.
    """
    ray = centre / np.linalg.norm(centre)
    axis = np.array([-ray[1], ray[0], 0.0])  # z cross ray
    cosine = ray[2]
    K = np.array([[0, 0, axis[1]], [0, 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + K + K @ K / (1.0 + cosine)
