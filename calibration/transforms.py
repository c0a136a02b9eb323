"""Rotations and rigid transforms, for any leading batch shape.

Transforms are named `T_target_from_source`: they map coordinates in the source frame to the target
frame and compose only where the inner frames match.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


def rotation_from_axis_angle(axis_angle: FloatArray) -> npt.NDArray[np.float64]:
    """Rotation matrices [..., 3, 3] of axis-angle vectors [..., 3] in radians (Rodrigues)."""
    w = np.asarray(axis_angle, np.float64)
    angle = np.linalg.norm(w, axis=-1)[..., None, None]
    K = skew(w)
    # sin(a)/a and (1-cos(a))/a^2, both safe at zero because np.sinc is.
    sine = np.sinc(angle / np.pi)
    cosine = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    return np.eye(3) + sine * K + cosine * (K @ K)


def axis_angle_from_rotation(rotation: FloatArray) -> npt.NDArray[np.float64]:
    """Axis-angle vectors [..., 3], angle in 0..pi radians, of rotation matrices [..., 3, 3]."""
    q = quaternion_from_rotation(rotation)
    xyz, w = q[..., :3], q[..., 3:]
    sine = np.linalg.norm(xyz, axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, w)
    return xyz * np.where(sine > 1e-12, angle / np.maximum(sine, 1e-12), 2.0)


def quaternion_from_rotation(rotation: FloatArray) -> npt.NDArray[np.float64]:
    """Unit quaternions [..., 4] as (x, y, z, w) with w >= 0, of rotation matrices [..., 3, 3]."""
    R = np.asarray(rotation, np.float64)
    m = [[R[..., i, j] for j in range(3)] for i in range(3)]
    # Four candidates, each well conditioned where its own component is the largest.
    trace = m[0][0] + m[1][1] + m[2][2]
    squares = np.stack([1 + 2 * m[i][i] - trace for i in range(3)] + [1 + trace], -1)
    x = np.stack([squares[..., 0], m[1][0] + m[0][1], m[2][0] + m[0][2], m[2][1] - m[1][2]], -1)
    y = np.stack([m[1][0] + m[0][1], squares[..., 1], m[2][1] + m[1][2], m[0][2] - m[2][0]], -1)
    z = np.stack([m[2][0] + m[0][2], m[2][1] + m[1][2], squares[..., 2], m[1][0] - m[0][1]], -1)
    w = np.stack([m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1], squares[..., 3]], -1)
    candidates = np.stack([x, y, z, w], -2)
    best = squares.argmax(-1)[..., None, None]
    q = np.take_along_axis(candidates, best, -2)[..., 0, :]
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    return np.where(q[..., 3:] < 0, -q, q)


def rotation_from_quaternion(quaternion: FloatArray) -> npt.NDArray[np.float64]:
    """Rotation matrices [..., 3, 3] of quaternions [..., 4] as (x, y, z, w); need not be unit."""
    q = np.asarray(quaternion, np.float64)
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    x, y, z, w = (q[..., k] for k in range(4))
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def skew(vector: FloatArray) -> npt.NDArray[np.float64]:
    """Matrices [..., 3, 3] with skew(a) @ b == cross(a, b), of vectors [..., 3]."""
    v = np.asarray(vector, np.float64)
    x, y, z = v[..., 0], v[..., 1], v[..., 2]
    o = np.zeros_like(x)
    return np.stack(
        [np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], -2
    )


@dataclass(frozen=True, slots=True)
class RigidTransform:
    """Rotation [..., 3, 3] then translation [..., 3] in metres."""

    rotation: npt.NDArray[np.float64]
    translation: npt.NDArray[np.float64]

    @staticmethod
    def identity() -> RigidTransform:
        return RigidTransform(np.eye(3), np.zeros(3))

    def __matmul__(self, other: RigidTransform) -> RigidTransform:
        """T_a_from_b @ T_b_from_c == T_a_from_c."""
        return RigidTransform(self.rotation @ other.rotation, self.apply(other.translation))

    def apply(self, points: FloatArray) -> npt.NDArray[np.float64]:
        """Points [..., 3] in the target frame of points [..., 3] in the source frame."""
        rotated = np.einsum("...ij,...j->...i", self.rotation, np.asarray(points, np.float64))
        return rotated + self.translation

    def inverse(self) -> RigidTransform:
        Rt = np.swapaxes(self.rotation, -1, -2)
        return RigidTransform(Rt, -np.einsum("...ij,...j->...i", Rt, self.translation))
