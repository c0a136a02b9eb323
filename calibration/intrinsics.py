"""One camera alone: its focal lengths, principal point and lens, from pictures of a board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.errors import CalibrationError, CalibrationProblem
from calibration.estimate import (
    Estimate,
    Observation,
    observations,
    pose_of_board,
    project_board,
    rms_px,
)
from calibration.lens import LensModel
from calibration.refinement import Cancelled, Refined, never, refine
from calibration.transforms import RigidTransform
from calibration.views import Detection, View

Matrix = npt.NDArray[np.float64]

LEAST_VIEWS = 3
"""Of a tilted board: fewer do not determine a camera (Zhang 2000)."""
LEAST_POINTS = 6
FISHEYE_FOCALS = (0.25, 0.35, 0.45, 0.6, 0.8, 1.1)
"""Of the picture's width: where the search for a fisheye's focal length begins."""
BETTER = 0.97
"""A lens with more coefficients is taken where it brings the held-out error below this share."""


@dataclass(frozen=True, slots=True)
class LensChoice:
    """A lens and how many of its coefficients are solved for; the rest stay 0."""

    lens: LensModel
    free_coefficients: int


AUTOMATIC = (
    LensChoice(LensModel.BROWN_CONRADY, 4),
    LensChoice(LensModel.BROWN_CONRADY, 5),
    LensChoice(LensModel.FISHEYE, 4),
    LensChoice(LensModel.RATIONAL, 8),
)
"""From simple to flexible."""


@dataclass(frozen=True, slots=True)
class MonoCalibration:
    """A camera with where the board was in each of its pictures; None where it did not see it."""

    camera: DistortedCamera
    T_camera_from_board: tuple[RigidTransform | None, ...]
    refined: Refined

    @property
    def rms_px(self) -> float:
        return rms_px(self.refined.errors)


def calibrate_camera(
    detections: Sequence[Detection | None],
    board: Board,
    choice: LensChoice,
    cancelled: Cancelled = never,
) -> MonoCalibration:
    """The camera that explains its pictures best.

    Raises:
        CalibrationError: fewer than three pictures show the board well enough.
        CalibrationCancelled: `cancelled()` became true.
    """
    views = _usable(detections)
    if len(views) < LEAST_VIEWS:
        raise CalibrationError(
            CalibrationProblem.TOO_FEW_VIEWS,
            f"Cannot calibrate: at least {LEAST_VIEWS} pictures of the board are needed, found "
            f"{len(views)}; take more, each with the board held differently.",
        )
    seen = observations([View(str(v), (detections[v],)) for v in views], board)
    size = next(d.size_px for d in detections if d is not None)
    camera = _initial_camera(seen, size, choice)
    poses = [pose_of_board(camera, o.points_m, o.pixels) for o in seen]
    kept = [k for k, pose in enumerate(poses) if pose is not None]
    start = Estimate(
        (camera,), (RigidTransform.identity(),), tuple(p for p in poses if p is not None)
    )
    seen = tuple(
        Observation(k, 0, seen[v].ids, seen[v].points_m, seen[v].pixels) for k, v in enumerate(kept)
    )
    refined = refine(
        start, seen, free_coefficients=choice.free_coefficients, robust=True, cancelled=cancelled
    )
    places: list[RigidTransform | None] = [None] * len(detections)
    for k, v in enumerate(kept):
        places[views[v]] = refined.estimate.T_rig_from_board[k]
    return MonoCalibration(refined.estimate.cameras[0], tuple(places), refined)


def choose_lens(
    cameras: Sequence[Sequence[Detection | None]], board: Board, cancelled: Cancelled = never
) -> LensChoice:
    """The simplest lens that explains pictures it was not solved with about as well as the best.

    `cameras` holds the detections of each camera; all of a rig get the same kind of lens. A
    picture in five is left out of the solution and looked at.
    """
    scores = [_held_out_px(cameras, board, choice, cancelled) for choice in AUTOMATIC]
    best = AUTOMATIC[0]
    lowest = scores[0]
    for choice, score in zip(AUTOMATIC[1:], scores[1:], strict=True):
        if score < BETTER * lowest:
            best, lowest = choice, score
    return best


def _held_out_px(
    cameras: Sequence[Sequence[Detection | None]],
    board: Board,
    choice: LensChoice,
    cancelled: Cancelled,
) -> float:
    """RMS over all cameras of pictures that the solution did not use; inf where it fails."""
    errors: list[Matrix] = []
    for detections in cameras:
        used = [d for k, d in enumerate(_seen(detections)) if k % 5 != 4]
        unused = [d for k, d in enumerate(_seen(detections)) if k % 5 == 4] or used
        try:
            camera = calibrate_camera(used, board, choice, cancelled).camera
        except (CalibrationError, cv2.error):
            return np.inf
        for detection in unused:
            points = board.points_m[detection.ids]
            pose = pose_of_board(camera, points, detection.pixels)
            if pose is None:
                return np.inf
            errors.append(project_board(camera, pose, points) - detection.pixels)
    return rms_px(errors)


def _seen(detections: Sequence[Detection | None]) -> list[Detection]:
    return [d for d in detections if d is not None and len(d.ids) >= LEAST_POINTS]


def _usable(detections: Sequence[Detection | None]) -> list[int]:
    return [k for k, d in enumerate(detections) if d is not None and len(d.ids) >= LEAST_POINTS]


def _initial_camera(
    seen: Sequence[Observation], size_px: tuple[int, int], choice: LensChoice
) -> DistortedCamera:
    """A first guess without a lens; a fisheye needs one with the right kind of projection."""
    if choice.lens is LensModel.FISHEYE:
        return min(_fisheye_guesses(size_px), key=lambda camera: _misfit(camera, seen))
    K = cv2.initCameraMatrix2D(
        [o.points_m.astype(np.float32) for o in seen],
        [o.pixels.astype(np.float32) for o in seen],
        size_px,
    )
    width, height = size_px
    f = float(K[0, 0])
    if not (np.isfinite(f) and 0.2 * width < f < 20 * width):
        f = float(width)
    pinhole = PinholeCamera(width, height, f, f, (width - 1) / 2, (height - 1) / 2)
    return DistortedCamera(pinhole, choice.lens, (0.0,) * choice.lens.coefficient_count)


def _fisheye_guesses(size_px: tuple[int, int]) -> list[DistortedCamera]:
    width, height = size_px
    centre = (width - 1) / 2, (height - 1) / 2
    return [
        DistortedCamera(
            PinholeCamera(width, height, share * width, share * width, *centre),
            LensModel.FISHEYE,
            (0.0,) * 4,
        )
        for share in FISHEYE_FOCALS
    ]


def _misfit(camera: DistortedCamera, seen: Sequence[Observation]) -> float:
    """Median error of the boards' poses; inf where the camera sees none."""
    poses = [pose_of_board(camera, o.points_m, o.pixels) for o in seen]
    if any(pose is None for pose in poses):
        return np.inf
    errors = [
        rms_px([project_board(camera, pose, o.points_m) - o.pixels])
        for pose, o in zip(poses, seen, strict=True)
        if pose is not None
    ]
    return float(np.median(errors))
