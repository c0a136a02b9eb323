"""Anipose's calibration TOML: one table a camera, each with its place in a common world.

The first camera of the file is the left one. Anipose's lengths are in the unit of its board; here
they are metres.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import numpy as np
import tomli_w

from calibration.distorted_camera import DistortedCamera
from calibration.estimate import opencv_coefficients
from calibration.formats.parts import array, bad_file, camera_of, entry, size_of
from calibration.lens import LensModel
from calibration.rig import RigCamera, stereo_rig
from calibration.stored_rig import StoredRig
from calibration.transforms import (
    RigidTransform,
    axis_angle_from_rotation,
    rotation_from_axis_angle,
)


def write(stored: StoredRig) -> str:
    """The TOML of a rig; the world is the left camera's frame."""
    cameras = {
        f"cam_{k}": _table(part.camera, part.name, part.T_camera_from_rig)
        for k, part in enumerate(stored.rig.cameras)
    }
    return tomli_w.dumps({**cameras, "metadata": {"adjusted": False, "error": 0.0}})


def read(text: str, name: str) -> StoredRig:
    """The rig of the first two cameras.

    Raises:
        CalibrationError: something is missing or impossible; one sentence.
    """
    try:
        document = tomllib.loads(text)
        tables = [document[key] for key in sorted(document) if key.startswith("cam_")]
        if len(tables) < 2 or not all(isinstance(table, Mapping) for table in tables):
            raise ValueError(f"two cameras (cam_0, cam_1) are expected, found {len(tables)}")
        left, right = _read(tables[0], "left"), _read(tables[1], "right")
        return StoredRig(stereo_rig(left, right))
    except ValueError as error:
        raise bad_file(name, str(error)) from error


def _table(camera: DistortedCamera, name: str, T: RigidTransform) -> dict[str, Any]:
    return {
        "name": name,
        "size": list(camera.size_px),
        "matrix": camera.K.tolist(),
        "distortions": opencv_coefficients(camera).tolist(),
        "rotation": axis_angle_from_rotation(T.rotation).tolist(),
        "translation": T.translation.tolist(),
        "fisheye": camera.lens is LensModel.FISHEYE,
    }


def _read(table: Mapping[str, Any], name: str) -> RigCamera:
    width, height = array(entry(table, "size"), (2,), "size").tolist()
    K = array(entry(table, "matrix"), (3, 3), "matrix")
    values = entry(table, "distortions")
    D = array(values, (len(values),), "distortions").tolist()
    rotation = rotation_from_axis_angle(array(entry(table, "rotation"), (3,), "rotation"))
    translation = array(entry(table, "translation"), (3,), "translation")
    camera = camera_of(
        size_of(width, height), np.asarray(K), D, fisheye=bool(table.get("fisheye", False))
    )
    return RigCamera(name, camera, RigidTransform(rotation, translation))
