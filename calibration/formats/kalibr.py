"""Kalibr's camchain YAML: cam0 is the left camera, cam1 the right, T_cn_cnm1 between them.

Pinhole cameras with radtan (k1 k2 p1 p2), equi (fisheye) or no distortion. A third radial
coefficient has no place in it, so a rig that needs one is not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import yaml

from calibration.distorted_camera import DistortedCamera
from calibration.errors import CalibrationError, CalibrationProblem
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
from calibration.rig import StereoRig
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform


def write(stored: StoredRig) -> str:
    """The camchain of a rig.

    Raises:
        CalibrationError: Kalibr has no such lens.
    """
    rig = stored.rig
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = rig.T_right_from_left.rotation, rig.T_right_from_left.translation
    right = _camera(rig.right, 1)
    document = {"cam0": _camera(rig.left, 0), "cam1": {"T_cn_cnm1": T.tolist(), **right}}
    return str(yaml.safe_dump(document, sort_keys=False))


def read(text: str, name: str) -> StoredRig:
    """The rig of a camchain's first two cameras.

    Raises:
        CalibrationError: something is missing or impossible; one sentence.
    """
    try:
        table = yaml_mapping(text)
        left, right = subtable(table, "cam0"), subtable(table, "cam1")
        T = array(entry(right, "T_cn_cnm1"), (4, 4), "T_cn_cnm1")
        return StoredRig(StereoRig(_read(left), _read(right), RigidTransform(T[:3, :3], T[:3, 3])))
    except ValueError as error:
        raise bad_file(name, str(error)) from error


def _camera(camera: DistortedCamera, number: int) -> dict[str, Any]:
    p = camera.pinhole
    model, coefficients = _distortion(camera)
    return {
        "cam_overlaps": [1 - number],
        "camera_model": "pinhole",
        "distortion_coeffs": coefficients,
        "distortion_model": model,
        "intrinsics": [p.fx, p.fy, p.cx, p.cy],
        "resolution": [p.width_px, p.height_px],
        "rostopic": f"/cam{number}/image_raw",
    }


def _distortion(camera: DistortedCamera) -> tuple[str, list[float]]:
    values = list(camera.coefficients)
    if camera.lens is LensModel.PINHOLE:
        return "none", []
    if camera.lens is LensModel.FISHEYE:
        return "equi", values
    if any(values[4:]):
        raise CalibrationError(
            CalibrationProblem.INPUT,
            "Kalibr's files have no lens with more than two radial coefficients, and this rig has "
            "one; export it in another format.",
        )
    return "radtan", values[:4]


def _read(table: Mapping[str, Any]) -> DistortedCamera:
    if (kind := entry(table, "camera_model")) != "pinhole":
        raise ValueError(f"the camera_model 'pinhole' is expected, found '{kind}'")
    fx, fy, cx, cy = array(entry(table, "intrinsics"), (4,), "intrinsics")
    K = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    resolution = array(entry(table, "resolution"), (2,), "resolution")
    size = size_of(*resolution.tolist())
    model = entry(table, "distortion_model")
    if model == "none":
        return camera_of(size, K, ())
    if model not in ("radtan", "equi"):
        raise ValueError(f"the distortion_model radtan, equi or none is expected, found '{model}'")
    coefficients = array(entry(table, "distortion_coeffs"), (4,), "distortion_coeffs").tolist()
    return camera_of(size, K, coefficients, fisheye=model == "equi")
