"""Compiled kinematics: rest shape, joint transforms, skinning, normals, visibility."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import inline_kernel, kernel
from engine.inference.fitting.kernels.surface import Surface

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@kernel
def rest_shape(surface: Surface, shape: Float64) -> tuple[Float64, Float64]:
    """Rest points [P, 3] and joints [16, 3] of shape coefficients [10]."""
    points = surface.points.copy()
    joints = surface.joints.copy()
    for p in range(points.shape[0]):
        for a in range(3):
            for s in range(shape.shape[0]):
                points[p, a] += surface.shape_points[p, a, s] * shape[s]
    for j in range(16):
        for a in range(3):
            for s in range(shape.shape[0]):
                joints[j, a] += surface.shape_joints[j, a, s] * shape[s]
    return points, joints


@kernel
def rotation_about(axis: Float64, angle: float, out: Float64) -> None:
    """Rodrigues' rotation [3, 3] about a unit axis."""
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = axis[0], axis[1], axis[2]
    d = 1.0 - c
    out[0, 0], out[0, 1], out[0, 2] = c + x * x * d, x * y * d - z * s, x * z * d + y * s
    out[1, 0], out[1, 1], out[1, 2] = y * x * d + z * s, c + y * y * d, y * z * d - x * s
    out[2, 0], out[2, 1], out[2, 2] = z * x * d - y * s, z * y * d + x * s, c + z * z * d


@kernel
def multiply(A: Float64, B: Float64, out: Float64) -> None:
    """out = A @ B for 3x3 matrices; `out` must be neither."""
    for i in range(3):
        for j in range(3):
            out[i, j] = A[i, 0] * B[0, j] + A[i, 1] * B[1, j] + A[i, 2] * B[2, j]


@kernel
def rotate(R: Float64, v: Float64, out: Float64) -> None:
    """out = R @ v."""
    for i in range(3):
        out[i] = R[i, 0] * v[0] + R[i, 1] * v[1] + R[i, 2] * v[2]


@kernel
def joint_transforms(
    surface: Surface,
    rest_joints: Float64,
    wrist_rotation: Float64,
    wrist_position: Float64,
    angles: Float64,
) -> tuple[Float64, Float64, Float64]:
    """Rotations [16, 3, 3], positions [16, 3] and axes of the angles [22, 3], camera frame."""
    R = np.empty((16, 3, 3))
    position = np.empty((16, 3))
    axes = np.empty((angles.shape[0], 3))
    turn, turned = np.empty((3, 3)), np.empty((3, 3))
    R[0] = wrist_rotation
    position[0] = wrist_position
    for j in range(1, 16):
        parent = surface.parents[j]
        rotate(R[parent], rest_joints[j] - rest_joints[parent], position[j])
        position[j] += position[parent]
        R[j] = R[parent]
        for k in range(surface.first_angle[j], surface.first_angle[j + 1]):
            rotate(R[j], surface.axes[k], axes[k])
            rotation_about(surface.axes[k], angles[k], turn)
            multiply(R[j], turn, turned)
            R[j] = turned
    return R, position, axes


@kernel
def bone_offsets(rest_joints: Float64, R: Float64, position: Float64) -> Float64:
    """[16, 3]: a rest point x goes to R[b] @ x + offset[b] with bone b."""
    offset = np.empty((16, 3))
    for b in range(16):
        rotate(R[b], rest_joints[b], offset[b])
        offset[b] = position[b] - offset[b]
    return offset


@kernel
def skin_points(
    surface: Surface, rest: Float64, R: Float64, offset: Float64, first: int, posed: Float64
) -> None:
    """Add linear blend skinning of the points from `first` on to the zeroed `posed` [P, 3]."""
    for p in range(first, rest.shape[0]):
        x, y, z = rest[p, 0], rest[p, 1], rest[p, 2]
        for i in range(surface.bone_index.shape[1]):
            w = surface.bone_weight[p, i]
            if w < 1e-6:
                break
            b = surface.bone_index[p, i]
            for a in range(3):
                posed[p, a] += w * (R[b, a, 0] * x + R[b, a, 1] * y + R[b, a, 2] * z + offset[b, a])


@inline_kernel
def _difference(a: Float64, b: Float64) -> tuple[float, float, float]:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@kernel
def vertex_normals(faces: Int64, points: Float64) -> Float64:
    """Unit outward normals [P, 3], weighted by area; zero for the tips, which have no faces."""
    normals = np.zeros(points.shape)
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy, uz = _difference(points[b], points[a])
        vx, vy, vz = _difference(points[c], points[a])
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            normals[corner, 0] += nx
            normals[corner, 1] += ny
            normals[corner, 2] += nz
    for p in range(points.shape[0]):
        length = np.sqrt(normals[p, 0] ** 2 + normals[p, 1] ** 2 + normals[p, 2] ** 2)
        if length > 0.0:
            normals[p] /= length
    return normals


# Visibility works on cells of about a mesh edge; a vertex this far behind its cell is hidden.
_CELL_M = 0.008
_HIDDEN_M = 0.012


@kernel
def visible_vertices(points: Float64, normals: Float64, vertex_count: int) -> Int64:
    """Indices of vertices that face the camera and are not behind others (coarse z-buffer)."""
    depth = 0.0
    for p in range(vertex_count):
        depth += points[p, 2] / vertex_count
    scale = depth / _CELL_M
    column = np.empty(vertex_count, np.int64)
    row = np.empty(vertex_count, np.int64)
    facing = np.empty(vertex_count, np.int64)
    count = 0
    for p in range(vertex_count):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        if z > 0.02 and normals[p, 0] * x + normals[p, 1] * y + normals[p, 2] * z < 0.0:
            facing[count] = p
            column[count] = int(np.floor(scale * x / z))
            row[count] = int(np.floor(scale * y / z))
            count += 1
    if count == 0:
        return facing[:0]
    left, top = column[:count].min(), row[:count].min()
    # A hand spans fewer cells than this; a vertex beyond shares the last one.
    width, height = min(column[:count].max() - left + 1, 96), min(row[:count].max() - top + 1, 96)
    nearest = np.full((height, width), np.inf)
    for i in range(count):
        r, c = min(row[i] - top, height - 1), min(column[i] - left, width - 1)
        nearest[r, c] = min(nearest[r, c], points[facing[i], 2])
    kept = 0
    for i in range(count):
        r, c = min(row[i] - top, height - 1), min(column[i] - left, width - 1)
        if points[facing[i], 2] < nearest[r, c] + _HIDDEN_M:
            facing[kept] = facing[i]
            kept += 1
    return facing[:kept]
