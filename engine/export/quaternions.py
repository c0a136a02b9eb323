"""Quaternions (x, y, z, w) along a timeline.

q and -q are one rotation, but players that interpolate between the two turn the long way round.
"""

from __future__ import annotations

import numpy as np

from calibration.transforms import quaternion_from_rotation
from engine.messages import Float64

_NEARLY_EQUAL = 1e-6
"""Radians below which the sines of slerp would divide by nothing."""


def continuous_quaternions(rotations: Float64) -> Float64:
    """Unit quaternions [M, ..., 4] of rotations [M, ..., 3, 3], each near the one before it."""
    quaternions = quaternion_from_rotation(rotations)
    turned = (quaternions[1:] * quaternions[:-1]).sum(-1) < 0
    # A quaternion is flipped where an odd number of flips lies before it.
    flipped = np.cumsum(turned, axis=0) % 2 == 1
    quaternions[1:][flipped] *= -1
    return quaternions


def slerp(start: Float64, end: Float64, share: Float64) -> Float64:
    """Unit quaternions [..., 4] a share [...] of the way from `start` to `end`, the short way."""
    cosine = (start * end).sum(-1, keepdims=True)
    end = np.where(cosine < 0, -end, end)
    angle = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    sine = np.sin(angle)
    near = angle < _NEARLY_EQUAL
    safe = np.where(near, 1.0, sine)
    share = np.asarray(share)[..., None]
    before = np.where(near, 1.0 - share, np.sin((1.0 - share) * angle) / safe)
    after = np.where(near, share, np.sin(share * angle) / safe)
    mixed = before * start + after * end
    return mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)
