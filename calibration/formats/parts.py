"""What the formats share: errors, arrays of finite numbers, lenses by their coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.errors import CalibrationError, CalibrationProblem
from calibration.lens import LensModel

Matrix = npt.NDArray[np.float64]


def bad_file(name: str, reason: str) -> CalibrationError:
    """The error of a file of another program."""
    return CalibrationError(
        CalibrationProblem.FILE,
        f"The calibration '{name}' cannot be used: {reason.rstrip('.')}; export it again from the "
        "program that made it.",
    )


def array(value: Any, shape: tuple[int, ...], what: str) -> Matrix:
    """An array of finite numbers of a shape, from nested or flat lists.

    Raises:
        ValueError: it is something else.
    """
    words = " x ".join(map(str, shape))
    try:
        found = np.array(value, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} should be {words} numbers") from error
    if found.size != int(np.prod(shape)) or not np.isfinite(found).all():
        raise ValueError(f"{what} should be {words} finite numbers, found {found.size}")
    return found.reshape(shape)


def camera_of(
    size_px: tuple[int, int], K: Matrix, coefficients: Sequence[float], fisheye: bool = False
) -> DistortedCamera:
    """A camera of OpenCV's matrix and coefficients; which lens it is follows from their number.

    Raises:
        ValueError: the numbers are no camera.
    """
    values = tuple(float(v) for v in coefficients)
    width, height = size_px
    if abs(K[0, 1]) > 1e-6 * K[0, 0]:
        raise ValueError("a camera matrix with skew is not supported")
    pinhole = PinholeCamera(
        int(width), int(height), float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2])
    )
    if fisheye:
        return DistortedCamera(pinhole, LensModel.FISHEYE, _padded(values, 4))
    if not any(values):
        return DistortedCamera(pinhole)
    if len(values) <= 5:
        return DistortedCamera(pinhole, LensModel.BROWN_CONRADY, _padded(values, 5))
    if any(values[8:]):
        raise ValueError("thin prism and tilted lenses are not supported")
    return DistortedCamera(pinhole, LensModel.RATIONAL, _padded(values[:8], 8))


def _padded(values: tuple[float, ...], count: int) -> tuple[float, ...]:
    if len(values) > count:
        raise ValueError(f"the lens should have {count} coefficients, found {len(values)}")
    return values + (0.0,) * (count - len(values))


def yaml_mapping(text: str) -> Mapping[str, Any]:
    """The top table of a YAML text.

    Raises:
        ValueError: it is no YAML, or no table.
    """
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError("it is no YAML") from error
    if not isinstance(found, Mapping):
        raise ValueError("it holds no names with values")
    return found


def entry(table: Mapping[str, Any], name: str) -> Any:
    """An entry that has to be there.

    Raises:
        ValueError: it is not.
    """
    if name not in table:
        raise ValueError(f"'{name}' is missing")
    return table[name]


def subtable(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A table within a table.

    Raises:
        ValueError: it is not there, or something else.
    """
    found = entry(table, name)
    if not isinstance(found, Mapping):
        raise ValueError(f"'{name}' should hold names with values")
    return found


def size_of(width: Any, height: Any) -> tuple[int, int]:
    """A picture's size.

    Raises:
        ValueError: these are no whole numbers above 0.
    """
    for value in (width, height):
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise ValueError(f"the picture's size should be whole numbers, found {value!r}")
    return int(width), int(height)
