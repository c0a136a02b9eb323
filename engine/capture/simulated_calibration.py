"""A calibration of a simulated rig, with the errors of a real one.

A board is shown to the two cameras in poses as a person would choose them; its points are seen with
the noise of a detector, and the solver of the calibration wizard does the rest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from calibration.board import CharucoBoard
from calibration.distorted_camera import DistortedCamera
from calibration.rig import StereoRig
from calibration.solve import calibrate_stereo
from calibration.stored_rig import StoredRig, quality_of
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from calibration.views import Detection, View

BOARD = CharucoBoard(8, 6, 0.030, 0.022)
VIEWS = 25
DETECTOR_NOISE_PX = 0.1
"""Standard deviation of a corner on a rendered or a good real picture."""
DISTANCES_M = (0.30, 0.75)
TILT_RAD = np.radians(40.0)


def calibrated(rig: StereoRig, rng: np.random.Generator) -> StoredRig:
    """What the wizard would say of a rig."""
    views = [_view(rig, _pose(rig, rng), f"{k:02}", rng) for k in range(VIEWS)]
    result = calibrate_stereo(views, BOARD)
    return StoredRig(result.rig, board=BOARD.spec, quality=quality_of(result.report))


def _pose(rig: StereoRig, rng: np.random.Generator) -> RigidTransform:
    """T_left_from_board of a board that both cameras see whole."""
    width_m, height_m = BOARD.size_m
    middle = np.array([width_m / 2, height_m / 2, 0.0])
    corners = np.array([[0, 0, 0], [width_m, 0, 0], [width_m, height_m, 0], [0, height_m, 0]])
    p = rig.left.pinhole
    while True:
        z = np.exp(rng.uniform(*np.log(DISTANCES_M)))
        R = rotation_from_axis_angle(np.array([*rng.uniform(-TILT_RAD, TILT_RAD, 2), 0.0]))
        place = p.unproject(rng.uniform([0, 0], [p.width_px, p.height_px]), np.array(z))
        pose = RigidTransform(R, place - R @ middle)
        if all(_whole(camera, (T @ pose).apply(corners)) for camera, T in _cameras(rig)):
            return pose


def _whole(camera: DistortedCamera, corners: npt.NDArray[np.float64]) -> bool:
    if corners[:, 2].min() < 0.1:
        return False
    uv = camera.project(corners)
    return bool(((uv > 2) & (uv < np.array(camera.size_px) - 3)).all())


def _view(rig: StereoRig, pose: RigidTransform, name: str, rng: np.random.Generator) -> View:
    detections = []
    for camera, T in _cameras(rig):
        uv = camera.project((T @ pose).apply(BOARD.points_m))
        uv = uv + rng.normal(0, DETECTOR_NOISE_PX, uv.shape)
        detections.append(Detection(np.arange(len(uv)), uv, camera.size_px))
    return View(name, tuple(detections))


def _cameras(rig: StereoRig) -> tuple[tuple[DistortedCamera, RigidTransform], ...]:
    return (rig.left, RigidTransform.identity()), (rig.right, rig.T_right_from_left)
