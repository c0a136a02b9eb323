"""Arrays in JSON, exactly.

A 64-bit float comes back bit for bit from Python's shortest text of it. What JSON has no number for
is a string, as in the JSON form of protobuf: "NaN", "Infinity", "-Infinity". Long arrays stand in
base64, little-endian: text would take longer to make than the frame lasts.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.messages import Float64


def to_numbers(array: npt.NDArray[np.floating]) -> Any:
    """Nested lists of an array; exact for float64."""
    if np.isfinite(array).all():
        return array.tolist()
    return _nested(array.tolist())


def to_number(value: float) -> float | str:
    """One number, of which the same holds."""
    return value if np.isfinite(value) else _named(value)


def from_numbers(value: Any, *shape: int) -> Float64:
    """The array of nested lists; ValueError where its shape is not `shape` (-1: any)."""
    array = np.array(value, dtype=np.float64)
    fits = array.ndim == len(shape) and all(
        wanted in (-1, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"expected numbers of shape {shape}, found {array.shape}")
    return array


def to_base64(array: Float64) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f8").tobytes()).decode("ascii")


def from_base64(text: str, columns: int) -> Float64:
    """The array [N, columns]; ValueError where the text is none."""
    data = np.frombuffer(base64.b64decode(text, validate=True), "<f8")
    return data.astype(np.float64).reshape(-1, columns)


def _nested(value: Any) -> Any:
    return [_nested(item) for item in value] if isinstance(value, list) else to_number(value)


def _named(value: float) -> str:
    if np.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
