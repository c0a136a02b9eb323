"""Lenses: how a camera bends the rays of an ideal pinhole.

Everything happens in the pinhole's normalised image, x / z and y / z, before focal lengths and
principal point: `distort` goes from ideal to bent, `straighten` back. Conventions and the order of
the coefficients are OpenCV's, so that calibrations can be exchanged:

- Brown-Conrady: k1 k2 p1 p2 k3 (radial polynomial, tangential terms),
- rational: k1 k2 p1 p2 k3 k4 k5 k6 (the polynomial divided by another),
- fisheye: k1 k2 k3 k4 (Kannala and Brandt: polynomial in the angle from the axis).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
Points = npt.NDArray[np.float64]

NEWTON_STEPS = 20
CONVERGED = 1e-9
"""In the normalised image: a millionth of a pixel at any focal length in use."""
DERIVATIVE_STEP = 1e-6
WIDEST = 5.0
"""Radius in the normalised image up to which lenses are looked at: 79 degrees from the axis."""


class LensModel(Enum):
    """A family of lenses; the value is its name in files."""

    PINHOLE = "pinhole"
    BROWN_CONRADY = "brown-conrady"
    RATIONAL = "rational"
    FISHEYE = "fisheye"

    @property
    def coefficient_count(self) -> int:
        """How many coefficients the lens has."""
        return {"pinhole": 0, "brown-conrady": 5, "rational": 8, "fisheye": 4}[self.value]


def distort(lens: LensModel, coefficients: Sequence[float], ideal: FloatArray) -> Points:
    """Bent points [..., 2] of ideal ones [..., 2], both in the normalised image."""
    xy = np.asarray(ideal, np.float64)
    if lens is LensModel.PINHOLE:
        return xy.copy()
    if lens is LensModel.FISHEYE:
        return _bend_fisheye(coefficients, xy)
    return _bend_polynomial(coefficients, xy)


def straighten(lens: LensModel, coefficients: Sequence[float], bent: FloatArray) -> Points:
    """Ideal points [..., 2] of bent ones [..., 2], by Newton's method; NaN where there is none.

    A polynomial lens bends no ray to places beyond its largest radius, so that the corners of a
    picture may have no ideal point.
    """
    target = np.asarray(bent, np.float64)
    if lens is LensModel.PINHOLE:
        return target.copy()
    if lens is LensModel.FISHEYE:
        return _straighten_fisheye(coefficients, target)
    xy = target.copy()
    for _ in range(NEWTON_STEPS):
        off = distort(lens, coefficients, xy) - target
        if np.abs(off).max(initial=0.0) < CONVERGED:
            break
        xy = xy - np.clip(_newton_step(lens, coefficients, xy, off), -0.5, 0.5)
    off = np.abs(distort(lens, coefficients, xy) - target).max(-1, keepdims=True)
    beyond = np.linalg.norm(xy, axis=-1, keepdims=True) > largest_radius(lens, coefficients)
    return np.where((off < 1e3 * CONVERGED) & ~beyond, xy, np.nan)


def largest_radius(lens: LensModel, coefficients: Sequence[float]) -> float:
    """Radius in the ideal image up to which further out stays further out in the picture.

    Beyond it the polynomial folds back, and a far point would appear once more inside.
    """
    if lens is LensModel.PINHOLE:
        return np.inf
    radii = np.linspace(0.0, WIDEST, 2001)
    along = np.stack([radii, np.zeros_like(radii)], -1)
    symmetric = list(coefficients)
    if lens is not LensModel.FISHEYE:
        symmetric[2] = symmetric[3] = 0.0
    bent = distort(lens, symmetric, along)[:, 0]
    folding = np.flatnonzero(np.diff(bent) <= 0)
    return float(radii[folding[0]]) if len(folding) else np.inf


def _bend_polynomial(coefficients: Sequence[float], xy: Points) -> Points:
    k1, k2, p1, p2, k3, *rational = coefficients
    k4, k5, k6 = rational or (0.0, 0.0, 0.0)
    x, y = xy[..., 0], xy[..., 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    radial = radial / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)))
    bent_x = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    bent_y = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    return np.stack([bent_x, bent_y], -1)


def _newton_step(lens: LensModel, coefficients: Sequence[float], xy: Points, off: Points) -> Points:
    """What a step of Newton's method takes away [..., 2]; derivatives by central differences."""
    h = DERIVATIVE_STEP
    columns = [
        (distort(lens, coefficients, xy + d) - distort(lens, coefficients, xy - d)) / (2 * h)
        for d in (np.array([h, 0.0]), np.array([0.0, h]))
    ]
    (a, c), (b, d) = ((column[..., 0], column[..., 1]) for column in columns)
    determinant = a * d - b * c
    determinant = np.where(np.abs(determinant) < 1e-12, 1e-12, determinant)
    return np.stack(
        [d * off[..., 0] - b * off[..., 1], a * off[..., 1] - c * off[..., 0]], -1
    ) / determinant[..., None]  # fmt: skip


def _bend_angle(coefficients: Sequence[float], angle: Points) -> Points:
    k1, k2, k3, k4 = coefficients
    t2 = angle * angle
    return angle * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))))


def _bend_fisheye(coefficients: Sequence[float], xy: Points) -> Points:
    r = np.linalg.norm(xy, axis=-1, keepdims=True)
    bent = _bend_angle(coefficients, np.arctan(r))
    return xy * np.where(r > 1e-12, bent / np.maximum(r, 1e-12), 1.0)


def _straighten_fisheye(coefficients: Sequence[float], bent: Points) -> Points:
    r = np.linalg.norm(bent, axis=-1, keepdims=True)
    k1, k2, k3, k4 = coefficients
    angle = np.minimum(r, 1.5)
    for _ in range(NEWTON_STEPS):
        t2 = angle * angle
        slope = 1 + t2 * (3 * k1 + t2 * (5 * k2 + t2 * (7 * k3 + t2 * 9 * k4)))
        slope = np.where(np.abs(slope) < 1e-9, 1e-9, slope)
        angle = angle - np.clip((_bend_angle(coefficients, angle) - r) / slope, -0.3, 0.3)
    good = np.abs(_bend_angle(coefficients, angle) - r) < 1e3 * CONVERGED
    good &= (angle >= 0) & (angle < np.pi / 2)
    good &= np.tan(np.clip(angle, 0, 1.57)) <= largest_radius(LensModel.FISHEYE, coefficients)
    scale = np.where(r > 1e-12, np.tan(np.clip(angle, 0, 1.57)) / np.maximum(r, 1e-12), 1.0)
    return np.where(good, bent * scale, np.nan)
