"""Rectification: both pictures turned so that a point lies on the same row of each.

The two cameras become pinholes of one kind, side by side, with the same principal point; then
depth is focal length times baseline by disparity. The common frame is turned half way between the
cameras (Bouguet), so that neither picture is bent more than it must be.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.rig import StereoRig
from calibration.transforms import RigidTransform

Matrix = npt.NDArray[np.float64]
Map = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

OUTSIDE = -2.0
"""Map entry of a pixel that the camera does not see."""


@dataclass(frozen=True, slots=True)
class Rectification:
    """How a rig's pictures become rows that match."""

    rig: StereoRig
    camera: PinholeCamera
    """Both cameras after rectification."""
    R_rectified_from_left: Matrix
    R_rectified_from_right: Matrix
    baseline_m: float
    """How far the right camera stands at +x; below 0 where the pair is swapped."""

    @property
    def T_rectified_from_left(self) -> RigidTransform:
        """From the left camera's frame to that of the rectified left camera."""
        return RigidTransform(self.R_rectified_from_left, np.zeros(3))

    @property
    def Q(self) -> Matrix:
        """OpenCV's Q [4, 4]: (u, v, disparity, 1) to homogeneous metres."""
        c = self.camera
        return np.array(
            [
                [1.0, 0.0, 0.0, -c.cx],
                [0.0, 1.0, 0.0, -c.cy],
                [0.0, 0.0, 0.0, c.fx],
                [0.0, 0.0, 1.0 / self.baseline_m, 0.0],
            ]
        )

    def depth_m(self, disparity_px: npt.NDArray[np.floating]) -> Matrix:
        """Depth of disparities, left u minus right u; 0 where there is no positive one."""
        d = np.asarray(disparity_px, np.float64)
        scale = self.camera.fx * self.baseline_m
        return np.where(d > 0, scale / np.where(d > 0, d, 1.0), 0.0)

    def maps(self) -> tuple[tuple[Map, Map], tuple[Map, Map]]:
        """For `cv2.remap`, left and right: where [H, W] in the picture each pixel comes from."""
        return (
            _maps(self.rig.left, self.R_rectified_from_left, self.camera),
            _maps(self.rig.right, self.R_rectified_from_right, self.camera),
        )

    def left_points(self, pixels: npt.NDArray[np.number]) -> Matrix:
        """Where pixels [..., 2] of the left picture lie in the rectified one."""
        return _points(self.rig.left, self.R_rectified_from_left, self.camera, pixels)

    def right_points(self, pixels: npt.NDArray[np.number]) -> Matrix:
        """Where pixels [..., 2] of the right picture lie in the rectified one."""
        return _points(self.rig.right, self.R_rectified_from_right, self.camera, pixels)


def rectification(rig: StereoRig, focal_px: float | None = None) -> Rectification:
    """The rectification of a rig, with the left picture's size.

    `focal_px`: of the rectified cameras; the mean of both cameras' focal lengths where it is
    None, which keeps the resolution in the middle of the picture.
    """
    R, T = rig.T_right_from_left.rotation, rig.T_right_from_left.translation
    centre = -R.T @ T
    sign = -1.0 if centre[0] < 0 else 1.0
    x = sign * centre / np.linalg.norm(centre)
    forward = np.array([0.0, 0.0, 1.0]) + R[2]
    z = forward - (forward @ x) * x
    z /= np.linalg.norm(z)
    from_left = np.stack([x, np.cross(z, x), z])
    from_right = from_left @ R.T
    if focal_px is None:
        cameras = (rig.left.pinhole, rig.right.pinhole)
        focal_px = float(np.mean([[c.fx, c.fy] for c in cameras]))
    width, height = rig.left.size_px
    middle = (_middle_ray(rig.left, from_left) + _middle_ray(rig.right, from_right)) / 2
    cx, cy = np.array([(width - 1) / 2, (height - 1) / 2]) - focal_px * middle
    camera = PinholeCamera(width, height, focal_px, focal_px, float(cx), float(cy))
    return Rectification(rig, camera, from_left, from_right, sign * rig.baseline_m)


def rectify(picture: Picture, maps: tuple[Map, Map], border: int = 0) -> Picture:
    """A picture [H, W] or [H, W, 3] resampled by its maps; `border` where it sees nothing."""
    resampled = cv2.remap(
        picture, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=border
    )
    return np.asarray(resampled, np.uint8)


def _middle_ray(camera: DistortedCamera, R_rectified_from_camera: Matrix) -> Matrix:
    """Where the middle of a picture lies in the rectified normalised image."""
    width, height = camera.size_px
    ray = camera.rays(np.array([(width - 1) / 2, (height - 1) / 2]))
    x, y, z = R_rectified_from_camera @ [*ray, 1.0]
    return np.array([x / z, y / z])


def _points(
    camera: DistortedCamera,
    R_rectified_from_camera: Matrix,
    rectified: PinholeCamera,
    pixels: npt.NDArray[np.number],
) -> Matrix:
    rays = camera.rays(pixels)
    directions = np.concatenate([rays, np.ones_like(rays[..., :1])], -1)
    return rectified.project(directions @ R_rectified_from_camera.T)


def _maps(
    camera: DistortedCamera, R_rectified_from_camera: Matrix, rectified: PinholeCamera
) -> tuple[Map, Map]:
    u, v = np.meshgrid(np.arange(rectified.width_px), np.arange(rectified.height_px))
    pixels = np.stack([u, v], -1)
    directions = rectified.unproject(pixels, np.ones(u.shape)) @ R_rectified_from_camera
    ahead = directions[..., 2] > 1e-6
    rays = directions[..., :2] / np.where(ahead, directions[..., 2], 1.0)[..., None]
    seen = ahead & (np.linalg.norm(rays, axis=-1) < camera.largest_radius)
    source = np.where(seen[..., None], camera.pixels_of_rays(rays), OUTSIDE).astype(np.float32)
    return np.ascontiguousarray(source[..., 0]), np.ascontiguousarray(source[..., 1])
