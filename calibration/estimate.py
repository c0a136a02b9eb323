"""What a calibration solves for: cameras, where they stand, and where the board was.

An `Estimate` is a value; a solution takes one and gives a better one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.distorted_camera import DistortedCamera
from calibration.lens import LensModel
from calibration.transforms import (
    RigidTransform,
    axis_angle_from_rotation,
    rotation_from_axis_angle,
)
from calibration.views import View

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """N cameras; the rig's frame is the first camera's."""

    cameras: tuple[DistortedCamera, ...]
    T_camera_from_rig: tuple[RigidTransform, ...]
    T_rig_from_board: tuple[RigidTransform, ...]
    """One a view."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The board's points in one picture."""

    view: int
    camera: int
    ids: npt.NDArray[np.int64]
    points_m: Matrix
    """[N, 3] in the board's frame."""
    pixels: Matrix
    """[N, 2]"""


def observations(views: Sequence[View], board: Board) -> tuple[Observation, ...]:
    """Everything that was seen, view by view and camera by camera."""
    points = board.points_m
    return tuple(
        Observation(v, c, seen.ids, points[seen.ids], seen.pixels)
        for v, view in enumerate(views)
        for c, seen in enumerate(view.detections)
        if seen is not None
    )


def residuals(estimate: Estimate, seen: Sequence[Observation]) -> tuple[Matrix, ...]:
    """Projected minus seen pixels [N, 2] of each observation."""
    return tuple(
        project_board(
            estimate.cameras[o.camera],
            estimate.T_camera_from_rig[o.camera] @ estimate.T_rig_from_board[o.view],
            o.points_m,
        )
        - o.pixels
        for o in seen
    )


def project_board(
    camera: DistortedCamera, T_camera_from_board: RigidTransform, points_m: Matrix
) -> Matrix:
    """Pixels [N, 2] of board points [N, 3]."""
    return camera.project(T_camera_from_board.apply(points_m))


def rms_px(errors: Sequence[Matrix]) -> float:
    """Root of the mean squared distance over all points; 0 where there is none."""
    if not errors:
        return 0.0
    squared = np.concatenate([(e**2).sum(-1) for e in errors])
    return float(np.sqrt(squared.mean())) if len(squared) else 0.0


def opencv_coefficients(camera: DistortedCamera) -> Matrix:
    """What OpenCV's functions take as distortion."""
    if camera.lens is LensModel.PINHOLE:
        return np.zeros(5)
    return np.array(camera.coefficients, np.float64)


def pose_of_board(
    camera: DistortedCamera, points_m: Matrix, pixels: Matrix
) -> RigidTransform | None:
    """`T_camera_from_board` of a flat board [N, 3] seen at [N, 2]; None where there is no pose.

    Of the two poses that a small flat thing can have (Schweighofer and Pinz 2006), the one with
    the smaller error.
    """
    rays = camera.rays(pixels)
    good = np.isfinite(rays).all(1)
    if good.sum() < 4:
        return None
    points, rays = np.ascontiguousarray(points_m[good]), np.ascontiguousarray(rays[good])
    found, turns, moves, errors = cv2.solvePnPGeneric(
        points, rays, np.eye(3), None, flags=cv2.SOLVEPNP_IPPE
    )
    if not found:
        return None
    best = int(np.argmin(np.ravel(errors)))
    rvec, tvec = cv2.solvePnPRefineLM(points, rays, np.eye(3), None, turns[best], moves[best])
    pose = RigidTransform(
        rotation_from_axis_angle(np.ravel(rvec).astype(np.float64)),
        np.ravel(tvec).astype(np.float64),
    )
    return pose if pose.translation[2] > 0 else None


def vector_of(transform: RigidTransform) -> Matrix:
    """Axis-angle and translation [6]."""
    return np.concatenate([axis_angle_from_rotation(transform.rotation), transform.translation])
