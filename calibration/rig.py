"""Rigs: several cameras that do not move against each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.distorted_camera import DistortedCamera
from calibration.transforms import RigidTransform, axis_angle_from_rotation, skew

Matrix = npt.NDArray[np.float64]

ORTHOGONAL = 1e-5
"""How far R R^T may be from the identity: files of other programs keep six digits or more."""


def check_rotation(rotation: Matrix) -> None:
    """
    Raises:
        ValueError: the matrix holds NaN, is not orthogonal, or mirrors.
    """
    if rotation.shape != (3, 3) or not np.isfinite(rotation).all():
        raise ValueError("a rotation must be nine finite numbers")
    error = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if error > ORTHOGONAL:
        raise ValueError(
            f"a rotation matrix must be orthogonal, found R R^T off the identity by {error:.2g}"
        )
    if np.linalg.det(rotation) < 0:
        raise ValueError("a rotation matrix must not mirror, found determinant -1")


def angle_of(rotation: Matrix) -> float:
    """How far a rotation turns, in radians, 0..pi."""
    return float(np.linalg.norm(axis_angle_from_rotation(rotation)))


@dataclass(frozen=True, slots=True)
class RigCamera:
    """One camera of a rig, with its place in it; `serial` is empty where it is unknown."""

    name: str
    camera: DistortedCamera
    T_camera_from_rig: RigidTransform
    serial: str = ""


@dataclass(frozen=True, slots=True)
class StereoRig:
    """Two cameras: x_right = R x_left + T, metres. The right one stands at +x of the left one."""

    left: DistortedCamera
    right: DistortedCamera
    T_right_from_left: RigidTransform

    def __post_init__(self) -> None:
        check_rotation(self.T_right_from_left.rotation)
        if not np.isfinite(self.T_right_from_left.translation).all():
            raise ValueError("a translation must be three finite numbers")
        if self.baseline_m < 1e-6:
            raise ValueError("two cameras of a rig cannot stand at the same place")

    @property
    def baseline_m(self) -> float:
        """Distance of the two cameras."""
        return float(np.linalg.norm(self.T_right_from_left.translation))

    @property
    def rotation_rad(self) -> float:
        """How far the right camera is turned against the left one."""
        return angle_of(self.T_right_from_left.rotation)

    @property
    def essential(self) -> Matrix:
        """E [3, 3] with ray_right^T E ray_left = 0, rays as (x / z, y / z, 1)."""
        T = self.T_right_from_left
        return skew(T.translation) @ T.rotation

    @property
    def fundamental(self) -> Matrix:
        """F [3, 3] with pixel_right^T F pixel_left = 0, for undistorted pixels (u, v, 1)."""
        F = np.linalg.inv(self.right.K).T @ self.essential @ np.linalg.inv(self.left.K)
        return F / np.linalg.norm(F)

    @property
    def cameras(self) -> tuple[RigCamera, RigCamera]:
        """The two as cameras of a general rig whose frame is the left camera's."""
        return (
            RigCamera("left", self.left, RigidTransform.identity()),
            RigCamera("right", self.right, self.T_right_from_left),
        )

    def triangulate(
        self, left_px: npt.NDArray[np.number], right_px: npt.NDArray[np.number]
    ) -> Matrix:
        """Points [..., 3] in the left camera's frame, metres: middle of the rays' nearest points.

        `left_px` and `right_px` [..., 2] are pixels of the pictures as they are.
        """
        R, T = self.T_right_from_left.rotation, self.T_right_from_left.translation
        a = _directions(self.left.rays(left_px))
        b = _directions(self.right.rays(right_px)) @ R  # right rays in the left frame
        centre = -R.T @ T
        along_a, along_b = _nearest(a, b, centre)
        return (along_a[..., None] * a + centre + along_b[..., None] * b) / 2


def stereo_rig(left: RigCamera, right: RigCamera) -> StereoRig:
    """The pair of two cameras of any rig."""
    T_right_from_left = right.T_camera_from_rig @ left.T_camera_from_rig.inverse()
    return StereoRig(left.camera, right.camera, T_right_from_left)


def _directions(rays: Matrix) -> Matrix:
    return np.concatenate([rays, np.ones_like(rays[..., :1])], -1)


def _nearest(a: Matrix, b: Matrix, centre: Matrix) -> tuple[Matrix, Matrix]:
    """Lengths along the rays a from 0 and b from `centre` to where they come nearest."""
    aa, bb, ab = (a * a).sum(-1), (b * b).sum(-1), (a * b).sum(-1)
    ac, bc = a @ centre, b @ centre
    scale = np.maximum(aa * bb - ab * ab, 1e-15)
    return (bb * ac - ab * bc) / scale, (ab * ac - aa * bc) / scale
