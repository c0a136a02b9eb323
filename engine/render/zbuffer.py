"""Depth images of whole scenes by rasterisation into a z-buffer, compiled with numba.

Ray casting (raycast.py) pays for building its search tree in every image; a z-buffer pays only for
the triangles drawn, so scenes of thousands of triangles take about a millisecond, and a moving hand
can be drawn over a copy of a static background. Both give the depth at pixel centres exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from calibration.camera_model import PinholeCamera
from engine.messages import Float32
from engine.render.mesh import Mesh

NEAR_M = 0.05
"""Nothing closer than this is drawn; triangles that cross the plane are cut at it."""


class DepthCanvas:
    """An image that meshes are drawn into; the nearest surface wins."""

    def __init__(self, camera: PinholeCamera) -> None:
        self.camera = camera
        shape = (camera.height_px, camera.width_px)
        self._inverse = np.zeros(shape, np.float32)
        self.labels = np.zeros(shape, np.uint8)
        """[H, W]: label of the mesh seen at each pixel, 0 where there is none."""

    def copy(self) -> DepthCanvas:
        """An independent canvas with the same content."""
        other = object.__new__(DepthCanvas)
        other.camera = self.camera
        other._inverse = self._inverse.copy()
        other.labels = self.labels.copy()
        return other

    def draw(self, mesh: Mesh, label: int = 1) -> None:
        """Draw a mesh of the camera frame; `label` 1..255 marks its pixels."""
        c = self.camera
        draw_faces(self._inverse, self.labels, np.ascontiguousarray(mesh.vertices, np.float64),
                   mesh.faces, c.fx, c.fy, c.cx, c.cy, label, 0)  # fmt: skip

    def depth_m(self) -> Float32:
        """[H, W] z-depth in metres, 0 where nothing was drawn."""
        with np.errstate(divide="ignore"):
            depth: Float32 = 1.0 / self._inverse
        depth[self._inverse == 0] = 0
        return depth


Array = npt.NDArray[np.float64]


@njit(cache=True)
def draw_faces(
    inverse: Float32, labels: npt.NDArray[np.integer], vertices: Array,
    faces: npt.NDArray[np.int32], fx: float, fy: float, cx: float, cy: float, label: int, step: int,
) -> None:  # fmt: skip
    """Draw into 1/z [H, W] and labels [H, W]; the face of number k is labelled label + k * step."""
    corners = np.empty((4, 3))
    for face in range(faces.shape[0]):
        count = _clip_near(vertices, faces, face, corners)
        if count < 3:
            continue
        for k in range(count):
            q = 1.0 / corners[k, 2]
            corners[k, 0] = fx * corners[k, 0] * q + cx
            corners[k, 1] = fy * corners[k, 1] * q + cy
            corners[k, 2] = q
        name = label + face * step
        _fill(inverse, labels, corners, 0, 1, 2, name)
        if count == 4:
            _fill(inverse, labels, corners, 0, 2, 3, name)


@njit(cache=True)
def _clip_near(vertices: Array, faces: npt.NDArray[np.int32], face: int, corners: Array) -> int:
    """Cut a triangle at the near plane; fills up to four corners, returns how many."""
    count = 0
    for k in range(3):
        a, b = faces[face, k], faces[face, (k + 1) % 3]
        za, zb = vertices[a, 2], vertices[b, 2]
        if za >= NEAR_M:
            for axis in range(3):
                corners[count, axis] = vertices[a, axis]
            count += 1
        if (za >= NEAR_M) != (zb >= NEAR_M):
            t = (NEAR_M - za) / (zb - za)
            for axis in range(3):
                corners[count, axis] = vertices[a, axis] + t * (
                    vertices[b, axis] - vertices[a, axis]
                )
            count += 1
    return count


@njit(cache=True)
def _fill(
    inverse: Float32, labels: npt.NDArray[np.integer], p: Array, i: int, j: int, k: int, label: int
) -> None:
    """Fill a triangle given by (u, v, 1/z); 1/z is linear over the image."""
    height, width = inverse.shape
    u0, v0, q0 = p[i, 0], p[i, 1], p[i, 2]
    du1, dv1, du2, dv2 = p[j, 0] - u0, p[j, 1] - v0, p[k, 0] - u0, p[k, 1] - v0
    area = du1 * dv2 - du2 * dv1
    if abs(area) < 1e-12:
        return
    left = max(0, int(np.ceil(max(-1.0, min(p[i, 0], p[j, 0], p[k, 0])))))
    right = min(width - 1, int(np.floor(min(float(width), max(p[i, 0], p[j, 0], p[k, 0])))))
    top = max(0, int(np.ceil(max(-1.0, min(p[i, 1], p[j, 1], p[k, 1])))))
    bottom = min(height - 1, int(np.floor(min(float(height), max(p[i, 1], p[j, 1], p[k, 1])))))
    # Barycentric weights of corners j and k, and 1/z, are affine in (u, v).
    wj_u, wj_v = dv2 / area, -du2 / area
    wk_u, wk_v = -dv1 / area, du1 / area
    dqj, dqk = p[j, 2] - q0, p[k, 2] - q0
    for v in range(top, bottom + 1):
        wj = (left - u0) * wj_u + (v - v0) * wj_v
        wk = (left - u0) * wk_u + (v - v0) * wk_v
        for u in range(left, right + 1):
            if wj >= 0.0 and wk >= 0.0 and wj + wk <= 1.0:
                q = q0 + wj * dqj + wk * dqk
                if q > inverse[v, u]:
                    inverse[v, u] = q
                    labels[v, u] = label
            wj += wj_u
            wk += wk_u
