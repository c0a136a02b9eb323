"""The viewer's eye: an orbit around a target, with pan, zoom and mirroring.

Angles in radians, lengths in metres, in the depth camera's frame (x right, y down, z forward). With
yaw and pitch at zero the eye looks along +z, as the depth camera does; a positive pitch lifts the
eye above the target, a positive yaw moves it to the target's right-hand side of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.transforms import RigidTransform

MIN_DISTANCE_M = 0.12
MAX_DISTANCE_M = 3.0
MAX_PITCH = np.deg2rad(89.0)
FIELD_OF_VIEW = np.deg2rad(38.0)
"""Vertical. Narrow, so that fingers keep their proportions."""
HOME_TARGET = (0.0, 0.0, 0.45)
HOME_YAW = np.deg2rad(18.0)
HOME_PITCH = np.deg2rad(16.0)
HOME_DISTANCE_M = 0.56


@dataclass(frozen=True, slots=True)
class ViewPose:
    """Where the viewer's eye is."""

    target: tuple[float, float, float] = HOME_TARGET
    """Metres; the point the eye turns around."""
    yaw: float = HOME_YAW
    pitch: float = HOME_PITCH
    distance_m: float = HOME_DISTANCE_M
    mirrored: bool = False
    """Swap left and right of the picture, as a mirror does."""

    def focal_px(self, height_px: int) -> float:
        """Focal length in pixels for a picture of this height."""
        return float(height_px / (2.0 * np.tan(FIELD_OF_VIEW / 2.0)))

    def T_eye_from_camera(self) -> RigidTransform:
        """Depth-camera frame to the eye's frame (OpenCV axes)."""
        rotation = _rotation(self.yaw, self.pitch)
        centred = -rotation @ np.asarray(self.target) + np.array([0.0, 0.0, self.distance_m])
        return RigidTransform(rotation, centred)

    def project(
        self, points: npt.NDArray[np.floating], size_px: tuple[int, int]
    ) -> npt.NDArray[np.float64]:
        """Pixels [..., 2] of points [..., 3] in metres; NaN where behind the eye."""
        width, height = size_px
        p = self.T_eye_from_camera().apply(points)
        z = np.where(p[..., 2] > 0.01, p[..., 2], np.nan)
        scale = self.focal_px(height) / z
        sign = -1.0 if self.mirrored else 1.0
        u = (width - 1) / 2.0 + sign * scale * p[..., 0]
        v = (height - 1) / 2.0 + scale * p[..., 1]
        return np.stack([u, v], -1)

    def orbited(self, dx_px: float, dy_px: float, height_px: int) -> ViewPose:
        """Turned by a drag; a drag over the whole height turns by half a circle."""
        step = np.pi / height_px
        sign = -1.0 if self.mirrored else 1.0
        yaw = self.yaw - sign * dx_px * step
        pitch = float(np.clip(self.pitch + dy_px * step, -MAX_PITCH, MAX_PITCH))
        return replace(self, yaw=float((yaw + np.pi) % (2 * np.pi) - np.pi), pitch=pitch)

    def panned(self, dx_px: float, dy_px: float, height_px: int) -> ViewPose:
        """Moved sideways so that the target follows the pointer."""
        metres = self.distance_m / self.focal_px(height_px)
        sign = -1.0 if self.mirrored else 1.0
        right, down = _rotation(self.yaw, self.pitch)[:2]
        shift = -(right * sign * dx_px + down * dy_px) * metres
        x, y, z = np.asarray(self.target) + shift
        return replace(self, target=(float(x), float(y), float(z)))

    def zoomed(self, steps: float) -> ViewPose:
        """Nearer for positive steps (one notch of a wheel is one step)."""
        distance = float(np.clip(self.distance_m * 0.88**steps, MIN_DISTANCE_M, MAX_DISTANCE_M))
        return replace(self, distance_m=distance)

    def aimed_at(self, target: npt.NDArray[np.floating]) -> ViewPose:
        """The same view around another target [3] in metres."""
        x, y, z = (float(c) for c in target)
        return replace(self, target=(x, y, z))

    def home(self) -> ViewPose:
        """The first view, around the present target, mirroring kept."""
        return replace(ViewPose(), target=self.target, mirrored=self.mirrored)


def _rotation(yaw: float, pitch: float) -> npt.NDArray[np.float64]:
    """Rows: the eye's right, down and forward axes in the depth camera's frame."""
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    return np.array([[cy, 0.0, sy], [sy * sp, cp, -cy * sp], [-sy * cp, sp, cy * cp]])
