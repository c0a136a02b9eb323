"""Importing and exporting rigs by the kind of file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path

from calibration.errors import CalibrationError, CalibrationProblem
from calibration.formats import anipose, kalibr, opencv_text, opencv_yaml, ros_camera_info
from calibration.rig import StereoRig
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform


class RigFormat(Enum):
    """A format of another program; the value is its name for people."""

    OPENCV = "OpenCV YAML"
    ROS = "ROS camera_info"
    KALIBR = "Kalibr camchain"
    ANIPOSE = "Anipose TOML"
    OPENCV_TEXT = "OpenCV matrices as text"

    @property
    def file_count(self) -> int:
        """How many files make a rig."""
        return {RigFormat.ROS: 2, RigFormat.OPENCV_TEXT: 4}.get(self, 1)

    @property
    def can_export(self) -> bool:
        return self is not RigFormat.OPENCV_TEXT


def import_rig(
    kind: RigFormat,
    paths: Sequence[Path],
    *,
    size_px: tuple[int, int] | None = None,
    unit_m: float = 1.0,
) -> StoredRig:
    """The rig of another program's files.

    `paths`: one file; for ROS left and right; for matrices as text the intrinsics of left and
    right, then their places. `size_px`: of the pictures, for formats that leave it out. `unit_m`:
    the files' unit of length in metres (0.001 for millimetres).

    Raises:
        CalibrationError: a file is unreadable or says something impossible; one sentence.
    """
    if len(paths) != kind.file_count:
        raise CalibrationError(
            CalibrationProblem.INPUT,
            f"Cannot import: {kind.value} is {kind.file_count} files, found {len(paths)}; name "
            "all of them, left before right.",
        )
    texts, name = [_text(path) for path in paths], str(paths[0])
    return _scaled(_read(kind, texts, name, size_px), unit_m)


def export_rig(kind: RigFormat, stored: StoredRig) -> Mapping[str, str]:
    """File name -> text of a rig in another program's format; lengths in metres.

    Raises:
        CalibrationError: the format cannot say what the rig is.
    """
    if kind is RigFormat.OPENCV:
        return {"stereo.yaml": opencv_yaml.write(stored)}
    if kind is RigFormat.ROS:
        left, right = ros_camera_info.write(stored)
        return {"left.yaml": left, "right.yaml": right}
    if kind is RigFormat.KALIBR:
        return {"camchain.yaml": kalibr.write(stored)}
    if kind is RigFormat.ANIPOSE:
        return {"calibration.toml": anipose.write(stored)}
    raise CalibrationError(
        CalibrationProblem.INPUT,
        f"Cannot export: {kind.value} is read only; choose another format.",
    )


def _read(
    kind: RigFormat, texts: Sequence[str], name: str, size_px: tuple[int, int] | None
) -> StoredRig:
    if kind is RigFormat.OPENCV:
        return opencv_yaml.read(texts[0], name, size_px)
    if kind is RigFormat.ROS:
        return ros_camera_info.read(texts[0], texts[1], name)
    if kind is RigFormat.KALIBR:
        return kalibr.read(texts[0], name)
    if kind is RigFormat.ANIPOSE:
        return anipose.read(texts[0], name)
    if size_px is None:
        raise CalibrationError(
            CalibrationProblem.INPUT,
            f"Cannot import: {kind.value} leaves out the size of the pictures; say it as well.",
        )
    return opencv_text.read((texts[0], texts[1]), (texts[2], texts[3]), size_px, name)


def _scaled(stored: StoredRig, unit_m: float) -> StoredRig:
    rig = stored.rig
    T = RigidTransform(rig.T_right_from_left.rotation, unit_m * rig.T_right_from_left.translation)
    return replace(stored, rig=StereoRig(rig.left, rig.right, T))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text"
        raise CalibrationError(
            CalibrationProblem.FILE, f"Cannot read '{path}': {reason}; name another file."
        ) from error
