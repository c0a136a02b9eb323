"""ROS: a camera_info YAML for each camera, as camera_calibration writes them.

The pair's geometry stands in the rectification: R of each camera, and -fx b in the right P.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from calibration.distorted_camera import DistortedCamera
from calibration.estimate import opencv_coefficients
from calibration.formats.parts import (
    array,
    bad_file,
    camera_of,
    entry,
    size_of,
    subtable,
    yaml_mapping,
)
from calibration.lens import LensModel
from calibration.rectification import rectification
from calibration.rig import StereoRig, check_rotation
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform

Matrix = npt.NDArray[np.float64]

MODELS = {
    LensModel.PINHOLE: "plumb_bob",
    LensModel.BROWN_CONRADY: "plumb_bob",
    LensModel.RATIONAL: "rational_polynomial",
    LensModel.FISHEYE: "equidistant",
}


def write(stored: StoredRig) -> tuple[str, str]:
    """The YAML of the left and of the right camera."""
    rig, straight = stored.rig, rectification(stored.rig)
    P_left = np.hstack([straight.camera.K, np.zeros((3, 1))])
    P_right = P_left.copy()
    P_right[0, 3] = -straight.camera.fx * straight.baseline_m
    return (
        _text(rig.left, stored.left_serial or "left", straight.R_rectified_from_left, P_left),
        _text(rig.right, stored.right_serial or "right", straight.R_rectified_from_right, P_right),
    )


def read(left: str, right: str, name: str) -> StoredRig:
    """The rig of the two texts.

    Raises:
        CalibrationError: something is missing or impossible; one sentence.
    """
    try:
        (a, R_a, P_a), (b, R_b, P_b) = _read(left), _read(right)
        if abs(P_a[0, 0] - P_b[0, 0]) > 1e-6 * P_a[0, 0]:
            raise ValueError("the rectified cameras of a pair should have one focal length")
        x = -(P_b[0, 3] - P_a[0, 3]) / P_b[0, 0]
        # A point's place in the rectified right camera is the left one's less the baseline.
        R = R_b.T @ R_a
        T = RigidTransform(R, R_b.T @ np.array([-x, 0.0, 0.0]))
        return StoredRig(StereoRig(a, b, T))
    except ValueError as error:
        raise bad_file(name, str(error)) from error


def _text(camera: DistortedCamera, name: str, R: Matrix, P: Matrix) -> str:
    width, height = camera.size_px
    coefficients = opencv_coefficients(camera)
    document = {
        "image_width": width,
        "image_height": height,
        "camera_name": name,
        "camera_matrix": _matrix(camera.K),
        "distortion_model": MODELS[camera.lens],
        "distortion_coefficients": _matrix(coefficients[None]),
        "rectification_matrix": _matrix(R),
        "projection_matrix": _matrix(P),
    }
    return str(yaml.safe_dump(document, sort_keys=False))


def _matrix(values: Matrix) -> dict[str, Any]:
    rows, columns = values.shape
    return {"rows": rows, "cols": columns, "data": values.ravel().tolist()}


def _read(text: str) -> tuple[DistortedCamera, Matrix, Matrix]:
    table = yaml_mapping(text)
    size = size_of(entry(table, "image_width"), entry(table, "image_height"))
    K = array(_data(table, "camera_matrix"), (3, 3), "camera_matrix")
    model = entry(table, "distortion_model")
    if model not in MODELS.values():
        raise ValueError(f"the distortion_model '{model}' is not one of plumb_bob, "
                         "rational_polynomial, equidistant")  # fmt: skip
    values = _data(table, "distortion_coefficients")
    D = array(values, (len(values),), "distortion_coefficients")
    R = array(_data(table, "rectification_matrix"), (3, 3), "rectification_matrix")
    check_rotation(R)
    P = array(_data(table, "projection_matrix"), (3, 4), "projection_matrix")
    return camera_of(size, K, D.tolist(), fisheye=model == "equidistant"), R, P


def _data(table: Mapping[str, Any], name: str) -> list[Any]:
    data = entry(subtable(table, name), "data")
    if not isinstance(data, list):
        raise ValueError(f"'{name}' should hold a list of numbers")
    return data
