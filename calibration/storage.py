"""Rig files: one TOML that says everything, strictly read.

Lengths in metres, angles as rotation matrices, pixels with centres at integers, x_right =
R x_left + T, lens coefficients in OpenCV's order. Text in, text out; who writes the file does it
whole or not at all.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from calibration.camera_model import PinholeCamera
from calibration.depth_error import DepthError
from calibration.distorted_camera import DistortedCamera
from calibration.errors import CalibrationError, CalibrationProblem
from calibration.lens import LensModel
from calibration.report import Verdict
from calibration.rig import StereoRig
from calibration.stored_rig import RigQuality, StoredRig
from calibration.toml_fields import Fields
from calibration.transforms import RigidTransform

FORMAT = "handtune rig"
VERSION = 1


def to_toml(stored: StoredRig) -> str:
    """The text of a rig file; `from_toml` gives the same rig back, to the last bit."""
    T = stored.rig.T_right_from_left
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "created": stored.created,
        "board": stored.board,
        "left": _camera(stored.rig.left, stored.left_serial),
        "right": _camera(stored.rig.right, stored.right_serial),
        "right_from_left": {
            "rotation": T.rotation.tolist(),
            "translation_m": T.translation.tolist(),
        },
    }
    if stored.quality is not None:
        document["quality"] = _quality(stored.quality)
    return tomli_w.dumps(document)


def from_toml(text: str, name: str) -> StoredRig:
    """The rig of a text; `name` is what to call it in an error.

    Raises:
        CalibrationError: it is no rig file, or says something impossible; one sentence.
    """
    try:
        return _stored(Fields(tomllib.loads(text)))
    except ValueError as error:  # of TOML, of a field, of a camera or a rotation
        reason = str(error).rstrip(".")
        raise CalibrationError(
            CalibrationProblem.FILE,
            f"Rig file '{name}' cannot be used: {reason}; calibrate again, or restore the file.",
        ) from error


def load_rig(path: Path) -> StoredRig:
    """The rig of a file.

    Raises:
        CalibrationError: the file is not there, unreadable, or no good rig file; one sentence.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text"
        raise CalibrationError(
            CalibrationProblem.FILE,
            f"Cannot read the rig file '{path}': {reason}; name a file that 'calibrate' wrote.",
        ) from error
    return from_toml(text, str(path))


def _camera(camera: DistortedCamera, serial: str) -> dict[str, Any]:
    p = camera.pinhole
    return {
        "serial": serial,
        "width_px": p.width_px,
        "height_px": p.height_px,
        "fx": p.fx,
        "fy": p.fy,
        "cx": p.cx,
        "cy": p.cy,
        "lens": camera.lens.value,
        "coefficients": list(camera.coefficients),
    }


def _quality(quality: RigQuality) -> dict[str, Any]:
    return {
        "verdict": quality.verdict.value,
        "rms_px": quality.rms_px,
        "held_out_px": quality.held_out_px,
        "epipolar_px": quality.epipolar_px,
        "views": quality.views,
        "baseline_deviation_m": quality.baseline_deviation_m,
        "faults": list(quality.faults),
        "depth_error": [
            {
                "distance_m": e.distance_m,
                "matching_m": e.matching_m,
                "calibration_m": e.calibration_m,
            }
            for e in quality.depth_errors
        ],
    }


def _stored(fields: Fields) -> StoredRig:
    if fields.text("format", "") != FORMAT:
        raise ValueError(f'it is no rig file (its first line should be: format = "{FORMAT}")')
    if (version := fields.whole("version")) != VERSION:
        raise ValueError(f"version {VERSION} is expected, found {version}")
    left, right = fields.table("left"), fields.table("right")
    placed = fields.table("right_from_left")
    T = RigidTransform(placed.numbers("rotation", (3, 3)), placed.numbers("translation_m", (3,)))
    quality = fields.table("quality") if fields.has("quality") else None
    return StoredRig(
        rig=StereoRig(_read_camera(left), _read_camera(right), T),
        left_serial=left.text("serial", ""),
        right_serial=right.text("serial", ""),
        created=fields.text("created", ""),
        board=fields.text("board", ""),
        quality=None if quality is None else _read_quality(quality),
    )


def _read_camera(fields: Fields) -> DistortedCamera:
    pinhole = PinholeCamera(
        fields.whole("width_px"),
        fields.whole("height_px"),
        *(fields.number(name) for name in ("fx", "fy", "cx", "cy")),
    )
    lens = fields.one_of("lens", LensModel)
    values = fields.numbers("coefficients", (lens.coefficient_count,))
    return DistortedCamera(pinhole, lens, tuple(values.tolist()))


def _read_quality(fields: Fields) -> RigQuality:
    return RigQuality(
        verdict=fields.one_of("verdict", Verdict),
        rms_px=fields.number("rms_px"),
        held_out_px=fields.number("held_out_px", finite=False),
        epipolar_px=fields.number("epipolar_px", finite=False),
        views=fields.whole("views"),
        baseline_deviation_m=fields.number("baseline_deviation_m", finite=False),
        depth_errors=tuple(
            DepthError(
                e.number("distance_m"),
                e.number("matching_m"),
                e.number("calibration_m", finite=False),
            )
            for e in fields.tables("depth_error")
        ),
        faults=fields.texts("faults"),
    )
