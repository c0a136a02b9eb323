"""Triangle meshes of simple solids: the bricks of synthetic scenes.

Everything is in one frame chosen by the caller (the camera's, in scenes), in metres. Solids are
closed; which way their faces turn does not matter to a depth image.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.messages import Float64

Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Vertices [N, 3] metres and triangles [M, 3]."""

    vertices: Float64
    faces: Int32

    def moved(self, rotation: Float64, translation: Float64) -> Mesh:
        """The mesh after `rotation` [3, 3] and then `translation` [3]."""
        return Mesh(self.vertices @ rotation.T + translation, self.faces)


def merged(meshes: Iterable[Mesh]) -> Mesh:
    """One mesh of all of them; at least one."""
    parts = list(meshes)
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    return Mesh(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate(
            [part.faces + start for part, start in zip(parts, starts, strict=True)]
        ).astype(np.int32),
    )


def tube(
    centres: Float64,
    half_width: Float64,
    half_thickness: Float64,
    width_axis: Float64,
    thickness_axis: Float64,
    sides: int = 12,
) -> Mesh:
    """A closed tube of elliptic rings.

    Args:
        centres: [K, 3] along the tube.
        half_width, half_thickness: [K] half axes of each ring, metres.
        width_axis, thickness_axis: [3] or [K, 3] unit directions of those axes.
        sides: corners of each ring.
    """
    turn = _circle(sides)
    width = np.broadcast_to(width_axis, centres.shape) * half_width[:, None]
    thickness = np.broadcast_to(thickness_axis, centres.shape) * half_thickness[:, None]
    rings = (
        centres[:, None]
        + turn[None, :, :1] * width[:, None]
        + turn[None, :, 1:] * thickness[:, None]
    )
    vertices = np.concatenate([rings.reshape(-1, 3), centres[:1], centres[-1:]])
    return Mesh(vertices, tube_faces(len(centres), sides))


def capsule(start: Float64, end: Float64, start_radius: float, end_radius: float) -> Mesh:
    """A limb: a tapered tube from `start` to `end` with rounded ends."""
    along = unit(end - start)
    across, other = perpendicular_axes(along)
    centres = np.stack(
        [
            start - along * start_radius * 0.9,
            start - along * start_radius * 0.5,
            start,
            end,
            end + along * end_radius * 0.5,
            end + along * end_radius * 0.9,
        ]
    )
    radii = np.array(
        [
            start_radius * 0.45,
            start_radius * 0.87,
            start_radius,
            end_radius,
            end_radius * 0.87,
            end_radius * 0.45,
        ]
    )
    return tube(centres, radii, radii, across, other)


def ellipsoid(centre: Float64, axes: Float64, half_sizes: Float64) -> Mesh:
    """An ellipsoid with unit `axes` [3, 3] (columns) and `half_sizes` [3] along them."""
    vertices, faces = _unit_sphere(8, 12)
    return Mesh((vertices * half_sizes) @ axes.T + centre, faces)


def box(centre: Float64, axes: Float64, half_sizes: Float64) -> Mesh:
    """A box with unit `axes` [3, 3] (columns) and `half_sizes` [3] along them."""
    return Mesh((_BOX_CORNERS * half_sizes) @ axes.T + centre, _BOX_FACES)


def perpendicular_axes(along: Float64) -> tuple[Float64, Float64]:
    """Two unit vectors that make a right-handed frame with the unit vector `along` as third."""
    helper = np.zeros(3)
    helper[int(np.argmin(np.abs(along)))] = 1.0
    across = unit(np.cross(helper, along))
    return across, np.cross(along, across)


def unit(vector: Float64) -> Float64:
    """The direction [3] of a vector."""
    direction: Float64 = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return direction


def vertex_normals(mesh: Mesh) -> Float64:
    """[N, 3] unit normals, weighted by the area of the faces around; 0 where there is none."""
    corners = mesh.vertices[mesh.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(mesh.vertices, np.float64)
    for corner in range(3):
        np.add.at(normals, mesh.faces[:, corner], across)
    return normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)


@lru_cache(maxsize=8)
def _circle(sides: int) -> Float64:
    angle = np.arange(sides) * (2 * np.pi / sides)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


@lru_cache(maxsize=64)
def tube_faces(rings: int, sides: int) -> Int32:
    """Triangles of a tube whose vertices are rings, then the first and the last centre."""
    i = np.arange(sides)
    j = (i + 1) % sides
    faces = []
    for ring in range(rings - 1):
        a, b = ring * sides, (ring + 1) * sides
        faces += [np.stack([a + i, a + j, b + i], -1), np.stack([a + j, b + j, b + i], -1)]
    first, last = np.full(sides, rings * sides), np.full(sides, rings * sides + 1)
    end = (rings - 1) * sides
    faces += [np.stack([j, i, first], -1), np.stack([end + i, end + j, last], -1)]
    return np.concatenate(faces).astype(np.int32)


@lru_cache(maxsize=4)
def _unit_sphere(rings: int, sides: int) -> tuple[Float64, Int32]:
    polar = np.linspace(0.12, np.pi - 0.12, rings)
    sphere = tube(
        np.stack([np.zeros(rings), np.zeros(rings), np.cos(polar)], -1),
        np.sin(polar),
        np.sin(polar),
        np.array([1.0, 0, 0]),
        np.array([0, 1.0, 0]),
        sides,
    )
    return sphere.vertices, sphere.faces


_BOX_CORNERS = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1.0, 1) for z in (-1.0, 1)])
_BOX_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6],
     [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]], np.int32,
)  # fmt: skip
