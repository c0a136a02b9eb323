"""Surfaces with a look: what a colour camera needs to know of a mesh besides where it is.

Textures are solid: they are functions of a point that sticks to the surface (the rest pose of a
hand, the place of a thing), so every camera sees the same freckle on the same spot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.messages import Float64
from engine.render.mesh import Mesh, vertex_normals

Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks; colours are linear red, green, blue in 0..1."""

    albedo: tuple[float, float, float]
    second: tuple[float, float, float]
    """The other colour of its pattern; the same where it has none."""
    pattern_m: float
    """Size of the pattern's spots."""
    grain: float
    """Relative amplitude of the fine texture; 0 is as smooth as a painted wall."""
    grain_m: float
    """Size of its finest grains."""
    gloss: float = 0.0

    @property
    def row(self) -> Float64:
        """[10] numbers, for compiled code."""
        return np.array(
            [*self.albedo, *self.second, self.pattern_m, self.grain, self.grain_m, self.gloss]
        )


@dataclass(frozen=True, slots=True)
class Surface:
    """A mesh with its look."""

    mesh: Mesh
    material: Material
    coordinates: Float64
    """[N, 3] metres: where in the solid texture each vertex lies."""
    smooth: bool = True
    """Whether light goes round its edges: yes for skin, no for a box."""


@dataclass(frozen=True, slots=True)
class Surfaces:
    """Many surfaces as the arrays that are shaded; corners of flat ones are not shared."""

    vertices: Float64
    """[N, 3] metres."""
    normals: Float64
    """[N, 3] unit vectors, of either sign."""
    coordinates: Float64
    """[N, 3] metres."""
    faces: Int32
    """[F, 3]."""
    material: Int32
    """[F]: index into `materials`."""
    materials: Float64
    """[M, 10], see `Material.row`."""

    @property
    def mesh(self) -> Mesh:
        return Mesh(self.vertices, self.faces)

    def moved(self, rotation: Float64, translation: Float64) -> Surfaces:
        """As seen from another camera: after `rotation` [3, 3] and then `translation` [3]."""
        return Surfaces(
            self.vertices @ rotation.T + translation,
            self.normals @ rotation.T,
            self.coordinates,
            self.faces,
            self.material,
            self.materials,
        )


def gathered(surfaces: Sequence[Surface]) -> Surfaces:
    """The arrays of these surfaces; at least one."""
    ready = [surface if surface.smooth else _with_own_corners(surface) for surface in surfaces]
    starts = np.cumsum([0, *(len(s.mesh.vertices) for s in ready[:-1])])
    pairs = list(zip(ready, starts, strict=True))
    return Surfaces(
        vertices=np.concatenate([s.mesh.vertices for s in ready]).astype(np.float64),
        normals=np.concatenate([vertex_normals(s.mesh) for s in ready]),
        coordinates=np.concatenate([s.coordinates for s in ready]).astype(np.float64),
        faces=np.concatenate([s.mesh.faces + start for s, start in pairs]).astype(np.int32),
        material=np.repeat(
            np.arange(len(ready), dtype=np.int32), [len(s.mesh.faces) for s in ready]
        ),
        materials=np.stack([s.material.row for s in ready]),
    )


def _with_own_corners(surface: Surface) -> Surface:
    """Every face with three vertices of its own."""
    mesh = surface.mesh
    corners = mesh.faces.reshape(-1)
    faces = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    return Surface(
        Mesh(mesh.vertices[corners], faces), surface.material, surface.coordinates[corners]
    )
