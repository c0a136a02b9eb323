"""Compiled normal equations: rows of the Jacobian straight into H and g, and their solution.

Unknowns: 3 translation (metres) and 3 rotation (radians, camera frame, about the knuckle of the
middle finger), 22 angles, 10 shape coefficients: 38 in all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import inline_kernel, kernel
from engine.inference.fitting.kernels.surface import Surface

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

POSE_SIZE = 28
SYSTEM_SIZE = 38
FIRST_ANGLE = 6
FIRST_SHAPE = 28
PIVOT_JOINT = 7
"""The rotation increment turns about this joint (middle MCP), near the hand's centre of mass."""


class Posed(NamedTuple):
    """A posed surface with what its derivatives need; camera frame, metres."""

    rest: Float64
    """[P, 3] rest points of the current shape."""
    R: Float64
    """[16, 3, 3]."""
    joints: Float64
    """[16, 3]."""
    axes: Float64
    """[22, 3]."""
    offset: Float64
    """[16, 3] of each bone."""
    points: Float64
    """[P, 3]."""
    normals: Float64
    """[P, 3]."""
    joint_by_shape: Float64
    """[16, 3, 10] derivative of the joints by the shape coefficients."""
    keypoints: Float64
    """[21, 3]."""
    rest_keypoints: Float64
    """[21, 3] of the current shape at rest."""


class System(NamedTuple):
    """Gauss-Newton system H x = g of the weighted squares, upper triangle of H."""

    H: Float64
    g: Float64


class Scratch(NamedTuple):
    """Space for one row of the Jacobian."""

    row: Float64
    column: Int64
    torque: Float64
    mass: Float64


@kernel
def new_scratch() -> Scratch:
    return Scratch(
        np.zeros(SYSTEM_SIZE), np.zeros(SYSTEM_SIZE, np.int64), np.zeros((16, 3)), np.zeros(16)
    )


@kernel
def joints_by_shape(surface: Surface, R: Float64) -> Float64:
    """Derivative [16, 3, 10] of the joint positions by the shape coefficients."""
    derivative = np.zeros((16, 3, 10))
    for j in range(1, 16):
        parent = surface.parents[j]
        for s in range(10):
            for a in range(3):
                derivative[j, a, s] = derivative[parent, a, s]
                for b in range(3):
                    step = surface.shape_joints[j, b, s] - surface.shape_joints[parent, b, s]
                    derivative[j, a, s] += R[parent, a, b] * step
    return derivative


@kernel
def begin_row(scratch: Scratch) -> None:
    scratch.row[:] = 0.0
    scratch.torque[:] = 0.0
    scratch.mass[:] = 0.0


@kernel
def add_surface_point(
    surface: Surface,
    posed: Posed,
    point: int,
    share: float,
    direction: Float64,
    with_shape: bool,
    scratch: Scratch,
) -> None:
    """Add `share` of a skinned point to a row that measures along `direction`."""
    n0, n1, n2 = direction[0], direction[1], direction[2]
    x, y, z = posed.rest[point, 0], posed.rest[point, 1], posed.rest[point, 2]
    for i in range(surface.bone_index.shape[1]):
        w = share * surface.bone_weight[point, i]
        if w < 1e-5:
            continue
        b = surface.bone_index[point, i]
        R, offset = posed.R[b], posed.offset[b]
        q0 = R[0, 0] * x + R[0, 1] * y + R[0, 2] * z + offset[0]
        q1 = R[1, 0] * x + R[1, 1] * y + R[1, 2] * z + offset[1]
        q2 = R[2, 0] * x + R[2, 1] * y + R[2, 2] * z + offset[2]
        _load_bone(scratch, b, w, q0, q1, q2, n0, n1, n2)
        if with_shape:
            _add_shape(surface, posed, point, b, w, direction, scratch)


@kernel
def add_joint(
    posed: Posed, joint: int, direction: Float64, with_shape: bool, scratch: Scratch
) -> None:
    """Add an articulated joint to a row; its own rotation does not move it, its parents' do."""
    p = posed.joints[joint]
    _load_bone(scratch, joint, 1.0, p[0], p[1], p[2], direction[0], direction[1], direction[2])
    if with_shape:
        for s in range(10):
            for a in range(3):
                scratch.row[FIRST_SHAPE + s] += direction[a] * posed.joint_by_shape[joint, a, s]


@kernel
def add_rigid_point(
    joint: int, place: Float64, sign: float, direction: Float64, scratch: Scratch
) -> None:
    """Add (or subtract) a point fixed to a joint, such as a collision sphere; pose only."""
    _load_bone(
        scratch,
        joint,
        sign,
        place[0],
        place[1],
        place[2],
        direction[0],
        direction[1],
        direction[2],
    )


@inline_kernel
def _load_bone(
    scratch: Scratch,
    bone: int,
    w: float,
    q0: float,
    q1: float,
    q2: float,
    n0: float,
    n1: float,
    n2: float,
) -> None:
    """The moment of a unit pull along n at q, as seen from the origin."""
    scratch.torque[bone, 0] += w * (q1 * n2 - q2 * n1)
    scratch.torque[bone, 1] += w * (q2 * n0 - q0 * n2)
    scratch.torque[bone, 2] += w * (q0 * n1 - q1 * n0)
    scratch.mass[bone] += w


@kernel
def _add_shape(
    surface: Surface,
    posed: Posed,
    point: int,
    b: int,
    w: float,
    direction: Float64,
    scratch: Scratch,
) -> None:
    R = posed.R[b]
    for a in range(3):
        local = R[0, a] * direction[0] + R[1, a] * direction[1] + R[2, a] * direction[2]
        for s in range(10):
            step = surface.shape_points[point, a, s] - surface.shape_joints[b, a, s]
            scratch.row[FIRST_SHAPE + s] += w * (
                local * step + direction[a] * posed.joint_by_shape[b, a, s]
            )


@kernel
def finish_row(surface: Surface, posed: Posed, direction: Float64, scratch: Scratch) -> None:
    """Turn the moments of the bones into derivatives by translation, rotation and angles.

    A joint's angle moves all bones that hang on it, so moments add up towards the wrist.
    """
    torque, mass, row = scratch.torque, scratch.mass, scratch.row
    n0, n1, n2 = direction[0], direction[1], direction[2]
    for j in range(15, 0, -1):
        m = mass[j]
        if m == 0.0 and torque[j, 0] == 0.0 and torque[j, 1] == 0.0:
            continue
        c0, c1, c2 = posed.joints[j, 0], posed.joints[j, 1], posed.joints[j, 2]
        t0 = torque[j, 0] - m * (c1 * n2 - c2 * n1)
        t1 = torque[j, 1] - m * (c2 * n0 - c0 * n2)
        t2 = torque[j, 2] - m * (c0 * n1 - c1 * n0)
        for k in range(surface.first_angle[j], surface.first_angle[j + 1]):
            axis = posed.axes[k]
            row[FIRST_ANGLE + k] = axis[0] * t0 + axis[1] * t1 + axis[2] * t2
        parent = surface.parents[j]
        mass[parent] += m
        for a in range(3):
            torque[parent, a] += torque[j, a]
    m = mass[0]
    pivot = posed.joints[PIVOT_JOINT]
    row[0], row[1], row[2] = m * n0, m * n1, m * n2
    row[3] = torque[0, 0] - m * (pivot[1] * n2 - pivot[2] * n1)
    row[4] = torque[0, 1] - m * (pivot[2] * n0 - pivot[0] * n2)
    row[5] = torque[0, 2] - m * (pivot[0] * n1 - pivot[1] * n0)


@kernel
def accumulate(scratch: Scratch, residual: float, weight: float, system: System) -> None:
    """H += w J^T J and g += w J^T r, touching only the columns that are not zero."""
    row, column = scratch.row, scratch.column
    count = 0
    for k in range(row.shape[0]):
        if row[k] != 0.0:
            column[count] = k
            count += 1
    for i in range(count):
        scaled = weight * row[column[i]]
        system.g[column[i]] += scaled * residual
        for j in range(i, count):
            system.H[column[i], column[j]] += scaled * row[column[j]]


@kernel
def solve_damped(system: System, size: int, damping: Float64, step: Float64) -> bool:
    """Solve (H + diag(damping)) x = g for the first `size` unknowns by Cholesky.

    False where the matrix is not positive definite; `step` is then not to be used.
    """
    L = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            total = system.H[j, i] + (damping[i] if i == j else 0.0)
            for k in range(j):
                total -= L[i, k] * L[j, k]
            if i == j:
                if not total > 0.0:
                    return False
                L[i, i] = np.sqrt(total)
            else:
                L[i, j] = total / L[j, j]
    step[:] = 0.0
    for i in range(size):
        total = system.g[i]
        for k in range(i):
            total -= L[i, k] * step[k]
        step[i] = total / L[i, i]
    for i in range(size - 1, -1, -1):
        total = step[i]
        for k in range(i + 1, size):
            total -= L[k, i] * step[k]
        step[i] = total / L[i, i]
    return True
