"""OpenCV's stereo sample: one YAML with M1 D1 M2 D2 R T, here with the size and what follows of it.

`%YAML:1.0` and `!!opencv-matrix` are OpenCV's own dialect, so its FileStorage reads and writes it.
Metres; the sample leaves units and size open, so a file without a size takes it as an argument.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.estimate import opencv_coefficients
from calibration.formats.parts import array, bad_file, camera_of
from calibration.lens import LensModel
from calibration.rectification import rectification
from calibration.rig import StereoRig
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform


def write(stored: StoredRig) -> str:
    """The YAML of a rig, with the rectification that this program uses (R1 R2 P1 P2 Q)."""
    rig = stored.rig
    straight = rectification(rig)
    T = rig.T_right_from_left
    P1 = np.hstack([straight.camera.K, np.zeros((3, 1))])
    P2 = P1.copy()
    P2[0, 3] = -straight.camera.fx * straight.baseline_m
    matrices = {
        "M1": rig.left.K, "D1": opencv_coefficients(rig.left)[None],
        "M2": rig.right.K, "D2": opencv_coefficients(rig.right)[None],
        "R": T.rotation, "T": T.translation[:, None], "E": rig.essential, "F": rig.fundamental,
        "R1": straight.R_rectified_from_left, "R2": straight.R_rectified_from_right,
        "P1": P1, "P2": P2, "Q": straight.Q,
    }  # fmt: skip
    storage = cv2.FileStorage(".yaml", cv2.FILE_STORAGE_WRITE | cv2.FILE_STORAGE_MEMORY)
    for name, value in zip(("image_width", "image_height"), rig.left.size_px, strict=True):
        storage.write(name, value)
    for name, value in zip(
        ("image_width_right", "image_height_right"), rig.right.size_px, strict=True
    ):
        storage.write(name, value)
    storage.write("distortion_model", "fisheye" if _fisheye(rig) else "plumb_bob")
    for name, matrix in matrices.items():
        storage.write(name, np.ascontiguousarray(matrix))
    text = storage.releaseAndGetString()
    return str(text)


def read(text: str, name: str, size_px: tuple[int, int] | None = None) -> StoredRig:
    """The rig of a YAML; `size_px` of both cameras where the file does not say it.

    Raises:
        CalibrationError: something is missing or impossible; one sentence.
    """
    try:
        storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    except (cv2.error, SystemError) as error:
        raise bad_file(name, "it is no YAML of OpenCV") from error
    try:
        left_size = _size(storage, "image_width", "image_height") or size_px
        right_size = _size(storage, "image_width_right", "image_height_right") or left_size
        if left_size is None or right_size is None:
            raise ValueError("image_width and image_height are missing")
        fisheye = storage.getNode("distortion_model").string() == "fisheye"
        R, T = _matrix(storage, "R"), _matrix(storage, "T")
        rig = StereoRig(
            _camera(storage, "1", left_size, fisheye),
            _camera(storage, "2", right_size, fisheye),
            RigidTransform(array(R, (3, 3), "R"), array(T, (3,), "T")),
        )
    except ValueError as error:
        raise bad_file(name, str(error)) from error
    finally:
        storage.release()
    return StoredRig(rig)


def _fisheye(rig: StereoRig) -> bool:
    return rig.left.lens is LensModel.FISHEYE


def _camera(
    storage: cv2.FileStorage, number: str, size_px: tuple[int, int], fisheye: bool
) -> DistortedCamera:
    K = array(_matrix(storage, f"M{number}"), (3, 3), f"M{number}")
    D = np.ravel(_matrix(storage, f"D{number}"))
    camera = camera_of(size_px, K, D.tolist(), fisheye)
    p: PinholeCamera = camera.pinhole
    if not fisheye and len(D) == 5 and camera.lens is LensModel.PINHOLE:
        return DistortedCamera(p)
    return camera


def _matrix(storage: cv2.FileStorage, name: str) -> Any:
    node = storage.getNode(name)
    found = None if node.empty() else node.mat()
    if found is None:
        raise ValueError(f"the matrix '{name}' is missing")
    if not np.isfinite(found).all():
        raise ValueError(f"the matrix '{name}' should hold finite numbers")
    return found


def _size(storage: cv2.FileStorage, width: str, height: str) -> tuple[int, int] | None:
    nodes = storage.getNode(width), storage.getNode(height)
    if any(node.empty() for node in nodes):
        return None
    return int(nodes[0].real()), int(nodes[1].real())
