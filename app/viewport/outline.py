"""The outline of a mesh in the picture: edges where the surface turns away from the camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera


@dataclass(frozen=True, slots=True)
class MeshEdges:
    """Edges of a closed mesh with the two faces at each."""

    vertices: npt.NDArray[np.int32]
    """[E, 2] vertex indices."""
    faces: npt.NDArray[np.int32]
    """[E, 2] face indices."""
    triangles: npt.NDArray[np.int32]
    """[F, 3] the mesh itself."""

    @staticmethod
    def of(triangles: npt.NDArray[np.integer]) -> MeshEdges:
        """Edges shared by exactly two of the triangles [F, 3]."""
        count = len(triangles)
        sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
        face = np.tile(np.arange(count), 3)
        sides = np.sort(sides, axis=1)
        order = np.lexsort((sides[:, 1], sides[:, 0]))
        sides, face = sides[order], face[order]
        paired = np.flatnonzero((sides[1:] == sides[:-1]).all(1))
        return MeshEdges(
            sides[paired].astype(np.int32),
            np.stack([face[paired], face[paired + 1]], -1).astype(np.int32),
            np.asarray(triangles, np.int32),
        )


def outline_segments(
    vertices_m: npt.NDArray[np.floating], edges: MeshEdges, camera: PinholeCamera
) -> npt.NDArray[np.float64]:
    """[S, 2, 2] pixel segments of the contour of vertices [V, 3] in the camera's frame.

    Empty where any vertex is not in front of the camera.
    """
    if float(vertices_m[:, 2].min()) <= 0.01:
        return np.empty((0, 2, 2))
    pixels = camera.project(vertices_m)
    a, b, c = (pixels[edges.triangles[:, k]] for k in range(3))
    ab, ac = b - a, c - a
    front = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] > 0
    border = front[edges.faces[:, 0]] != front[edges.faces[:, 1]]
    return np.asarray(pixels[edges.vertices[border]], np.float64)
