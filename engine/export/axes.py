"""The axes and units in which other programs want their numbers, as one change of basis each.

A preset maps the depth camera's OpenCV frame (x right, y down, z forward, metres) to a program's
own. Everything is mapped in the same way: with basis C and scale s, points become s C p and
rotations C R C^T, the rest pose too, so that a bone's frame at rest is parallel to the program's
axes. Where C is a reflection (left-handed programs), C R C^T is still a proper rotation, so
quaternions are made of it as of any other; only triangles have to change their winding.

Formats with a convention of their own are turned once more when a program reads them. `in_file`
undoes that beforehand, so that the hand arrives in the program where its preset says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from engine.messages import Float64


class ExportFormat(StrEnum):
    """What is written, named by the file's ending."""

    GLB = "glb"
    BVH = "bvh"
    CSV = "csv"
    NPZ = "npz"
    MP4 = "mp4"


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """A frame with its origin at the depth camera."""

    name: str
    basis: Float64
    """[3, 3]: C_axes_from_opencv, a rotation or a reflection whose entries are 0, 1 and -1."""
    units_per_m: float
    unit: str
    """Its abbreviation, as in names of columns."""
    words: str
    """Where the axes point, for people."""

    def __post_init__(self) -> None:
        self.basis.setflags(write=False)

    @property
    def left_handed(self) -> bool:
        return bool(np.linalg.det(self.basis) < 0)

    def points(self, points: npt.NDArray[np.floating]) -> Float64:
        """Points [..., 3] in these axes and this unit, of points in metres in OpenCV's axes."""
        return np.asarray(points, np.float64) @ (self.basis.T * self.units_per_m)

    def rotations(self, rotations: npt.NDArray[np.floating]) -> Float64:
        """Rotations [..., 3, 3] between frames that are both expressed in these axes."""
        return self.basis @ np.asarray(rotations, np.float64) @ self.basis.T

    def faces(self, faces: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Triangles [F, 3] whose (b - a) x (c - a), in these axes, points outwards as before.

        Left-handed programs then see them clockwise from outside, which is what they expect.
        """
        return np.ascontiguousarray(faces[:, ::-1]) if self.left_handed else faces


def _axes(name: str, rows: list[list[int]], words: str, centimetres: bool = False) -> Axes:
    units_per_m, unit = (100.0, "cm") if centimetres else (1.0, "m")
    return Axes(name, np.array(rows, np.float64), units_per_m, unit, words)


PRESETS: Mapping[str, Axes] = MappingProxyType(
    {
        axes.name: axes
        for axes in (
            _axes(
                "opencv",
                [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
                "x right, y down, z away from the camera, right-handed, metres",
            ),
            _axes(
                "gltf",
                [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
                "x right, y up, z towards the camera, right-handed, metres",
            ),
            _axes(
                "blender",
                [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
                "x right, y away from the camera, z up, right-handed, metres",
            ),
            _axes(
                "unity",
                [[1, 0, 0], [0, -1, 0], [0, 0, 1]],
                "x right, y up, z away from the camera, left-handed, metres",
            ),
            _axes(
                "unreal",
                [[0, 0, 1], [1, 0, 0], [0, -1, 0]],
                "x away from the camera, y right, z up, left-handed, centimetres",
                centimetres=True,
            ),
            # REP 103: x forward, y left, z up.
            _axes(
                "ros",
                [[0, 0, 1], [-1, 0, 0], [0, -1, 0]],
                "x away from the camera, y left, z up, right-handed, metres",
            ),
        )
    }
)
"""By name. "Up" is the camera's own: a camera that looks down tilts everything with it."""

_BLENDER_FROM_Y_UP = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)
_UNITY_FROM_GLTF = np.diag([-1.0, 1.0, 1.0])
_UNREAL_FROM_GLTF = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]], np.float64)

IMPORTERS: Mapping[ExportFormat, Mapping[str, Float64]] = MappingProxyType(
    {
        ExportFormat.GLB: MappingProxyType(
            {
                "blender": _BLENDER_FROM_Y_UP,
                "unity": _UNITY_FROM_GLTF,
                "unreal": _UNREAL_FROM_GLTF,
            }
        ),
        ExportFormat.BVH: MappingProxyType({"blender": _BLENDER_FROM_Y_UP}),
    }
)
"""How a program turns what it reads in a format: Blender's importers as set by default, UnityGLTF
and glTFast (which mirror x), Unreal's glTF importer (which swaps y and z). Others do not turn."""

DEFAULT_AXES: Mapping[ExportFormat, str] = MappingProxyType(
    {
        ExportFormat.GLB: "gltf",
        ExportFormat.BVH: "gltf",  # no standard says so, but y is up in nearly every BVH file
        ExportFormat.CSV: "opencv",
        ExportFormat.NPZ: "opencv",
    }
)


def in_file(preset: Axes, export_format: ExportFormat) -> Axes:
    """The axes to write, so that `preset` is what a program sees after its importer.

    The unit of a .glb is the metre, whatever the preset: importers scale to their own.
    """
    importer = IMPORTERS.get(export_format, {}).get(preset.name, np.eye(3))
    basis = importer.T @ preset.basis
    if export_format is ExportFormat.GLB:
        return Axes(preset.name, basis, 1.0, "m", preset.words)
    return Axes(preset.name, basis, preset.units_per_m, preset.unit, preset.words)
