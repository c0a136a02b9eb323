"""Euler angles along a timeline, without jumps where none is needed."""

from __future__ import annotations

import numpy as np

from engine.messages import Float64

_LOCKED = 1e-6
"""Cosine of the middle angle below which the outer two turn about one axis."""


def continuous_zxy(rotations: Float64) -> Float64:
    """Angles [M, ..., 3] (z, x, y) in radians with R = Rz Rx Ry, of rotations [M, ..., 3, 3].

    Every rotation has two such triples, and each angle may be any number of turns away. Of all
    these the one nearest to the moment before is taken, so that players that interpolate angles
    do not spin.
    """
    angles = _principal_zxy(rotations)
    for index in range(1, len(angles)):
        before = angles[index - 1]
        direct = _nearest_turn(angles[index], before)
        z, x, y = np.moveaxis(angles[index], -1, 0)
        other = _nearest_turn(np.stack([z + np.pi, np.pi - x, y + np.pi], -1), before)
        closer = np.abs(other - before).sum(-1) < np.abs(direct - before).sum(-1)
        angles[index] = np.where(closer[..., None], other, direct)
    return angles


def _principal_zxy(R: Float64) -> Float64:
    """With x in -pi/2 .. pi/2; where that locks the outer angles together, y is 0."""
    sine = np.clip(R[..., 2, 1], -1.0, 1.0)
    locked = np.hypot(R[..., 0, 1], R[..., 1, 1]) < _LOCKED
    z_free, y_free = (
        np.arctan2(-R[..., 0, 1], R[..., 1, 1]),
        np.arctan2(-R[..., 2, 0], R[..., 2, 2]),
    )
    z_locked = np.arctan2(R[..., 1, 0], R[..., 0, 0])
    z = np.where(locked, z_locked, z_free)
    return np.stack([z, np.arcsin(sine), np.where(locked, 0.0, y_free)], -1)


def _nearest_turn(angles: Float64, before: Float64) -> Float64:
    """The same angles, whole turns away, within half a turn of `before`."""
    return angles - 2 * np.pi * np.round((angles - before) / (2 * np.pi))
