"""What a viewport draws, and the protocol of what draws it.

All positions are metres in the depth camera's frame (x right, y down, z forward), so the mesh, the
observed points and the grid share one metric space. A renderer belongs to the thread that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.viewport.orbit import ViewPose
from engine.messages import Float32

RgbImage = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mesh:
    """One coloured triangle mesh, drawn with smooth normals."""

    vertices: Float32
    """[V, 3] metres."""
    triangles: npt.NDArray[np.int32]
    """[F, 3] vertex indices, counter-clockwise seen from outside."""
    colors: Float32
    """[V, 3] RGB in 0..1."""


@dataclass(frozen=True, slots=True)
class PointCloud:
    """Observed points."""

    positions: Float32
    """[P, 3] metres."""
    colors: npt.NDArray[np.uint8]
    """[P, 3] RGB."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Line segments, for the ground grid and the camera's outline."""

    ends: Float32
    """[L, 2, 3] metres."""
    colors: Float32
    """[L, 3] RGB in 0..1."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Joints of one hand, painted over everything: they lie inside an opaque mesh."""

    joints: npt.NDArray[np.float64]
    """[21, 3] metres."""
    confidence: npt.NDArray[np.float64]
    """[21] in 0..1."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything in one picture."""

    meshes: tuple[Mesh, ...] = ()
    points: PointCloud | None = None
    lines: Lines | None = None
    skeletons: tuple[Skeleton, ...] = ()
    """Painted by `paint_skeletons`, not by the renderer."""
    stale: bool = False
    ghost: Mesh | None = None
    """Drawn half transparent: a hand to follow."""


class Renderer(Protocol):
    """Draws content as an image. Create, use and close it in one thread."""

    def draw(self, content: Content, pose: ViewPose, size_px: tuple[int, int]) -> RgbImage:
        """[height, width, 3] RGB uint8 of `size_px` = (width, height) seen from `pose`."""
        ...

    def close(self) -> None:
        """Release the graphics context. Safe to call twice."""
        ...
