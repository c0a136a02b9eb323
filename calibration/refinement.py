"""Joint refinement: cameras, their places and all board poses moved together until every corner
of every picture lies as near as it can to where it was seen (bundle adjustment).

See docs/decisions/0025-calibration-refinement.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from calibration.errors import CalibrationCancelled
from calibration.estimate import Estimate, Observation, residuals
from calibration.parameters import Parameters

Matrix = npt.NDArray[np.float64]
Cancelled = Callable[[], bool]

HUBER_PX = 1.0
"""Where a robust solution begins to count an error less than squared."""
TOLERANCE = 1e-10
MOST_STEPS = 60
FIRST_DAMPING, LEAST_DAMPING, LARGEST_DAMPING = 1e-3, 1e-12, 1e8
IMPOSSIBLE_PX = 1e4
"""Error of a point that cannot be projected, so that the step is taken back."""


@dataclass(frozen=True, slots=True)
class Refined:
    """A better estimate and how sure it is."""

    estimate: Estimate
    parameters: Parameters
    errors: tuple[Matrix, ...]
    """Projected minus seen pixels [N, 2] of each observation."""
    covariance: Matrix
    """Of `parameters.names`, from the corners' own scatter; inf where nothing is known."""


def never() -> bool:
    """The token of work that nobody cancels."""
    return False


def refine(
    start: Estimate,
    seen: Sequence[Observation],
    *,
    free_coefficients: int,
    free_intrinsics: bool = True,
    free_places: bool = True,
    weights: Sequence[float] | None = None,
    robust: bool = False,
    cancelled: Cancelled = never,
) -> Refined:
    """The estimate with the least squared (or, if robust, Huber) error over all points.

    `weights`: what to multiply the errors of each observation by; 1 where it is None.

    Raises:
        CalibrationCancelled: `cancelled()` became true; asked at every step.
    """
    parameters = Parameters(start, free_coefficients, free_intrinsics, free_places)
    counts = [len(o.pixels) for o in seen]
    scale = np.repeat(np.ones(len(seen)) if weights is None else np.asarray(weights), counts)
    scale = scale[:, None]
    x = parameters.vector(start)
    errors = scale * _errors(parameters, x, seen)
    damping = FIRST_DAMPING
    for _ in range(MOST_STEPS):
        if cancelled():
            raise CalibrationCancelled
        step = _Step.at(_jacobian(parameters, x, seen, scale), errors, robust)
        cost = _cost(errors, robust)
        while damping < LARGEST_DAMPING:
            moved = x + step.solve(damping)
            moved_errors = scale * _errors(parameters, moved, seen)
            if (gain := cost - _cost(moved_errors, robust)) >= 0:
                break
            damping *= 5.0
        else:
            break
        x, errors, damping = moved, moved_errors, max(damping / 5.0, LEAST_DAMPING)
        if gain <= TOLERANCE * cost:
            break
    estimate = parameters.estimate(x)
    off = residuals(estimate, seen)
    covariance = _covariance(parameters, _jacobian(parameters, x, seen, scale), errors)
    return Refined(estimate, parameters, off, covariance)


def _jacobian(
    parameters: Parameters, x: Matrix, seen: Sequence[Observation], scale: Matrix
) -> sparse.csr_matrix:
    """Of the weighted errors."""
    return parameters.jacobian(x, seen).multiply(np.repeat(scale.ravel(), 2)[:, None]).tocsr()


def _errors(parameters: Parameters, x: Matrix, seen: Sequence[Observation]) -> Matrix:
    """Residuals [points, 2]; large ones where the vector is no camera or projects nothing."""
    try:
        off = np.concatenate(residuals(parameters.estimate(x), seen))
    except ValueError:
        return np.full((sum(len(o.pixels) for o in seen), 2), IMPOSSIBLE_PX)
    return np.nan_to_num(np.clip(off, -IMPOSSIBLE_PX, IMPOSSIBLE_PX), nan=IMPOSSIBLE_PX)


def _cost(errors: Matrix, robust: bool) -> float:
    """Sum over the points of the squared distance, or of Huber's function of it."""
    squared = (errors**2).sum(-1)
    if not robust:
        return float(squared.sum())
    far = squared > HUBER_PX**2
    return float(np.where(far, 2 * HUBER_PX * np.sqrt(squared) - HUBER_PX**2, squared).sum())


@dataclass(frozen=True, slots=True)
class _Step:
    """The normal equations at one place, with columns of one length."""

    normal: Matrix
    gradient: Matrix
    scale: Matrix

    @staticmethod
    def at(J: sparse.csr_matrix, errors: Matrix, robust: bool) -> _Step:
        if robust:
            far = np.maximum(np.linalg.norm(errors, axis=-1, keepdims=True), HUBER_PX)
            weights = np.broadcast_to(HUBER_PX / far, errors.shape).ravel()
            weighted = J.multiply(weights[:, None]).tocsr()
        else:
            weighted = J
        normal = (weighted.T @ J).toarray()
        scale = np.sqrt(np.maximum(np.diag(normal), 1e-12))
        gradient = weighted.T @ errors.ravel()
        return _Step(normal / np.outer(scale, scale), gradient / scale, scale)

    def solve(self, damping: float) -> Matrix:
        """The step of Levenberg and Marquardt."""
        damped = self.normal + damping * np.eye(len(self.normal))
        return -linalg.solve(damped, self.gradient, assume_a="pos") / self.scale


def _covariance(parameters: Parameters, J: sparse.csr_matrix, errors: Matrix) -> Matrix:
    """Of the cameras' part of the vector, with the poses as unknown as they are."""
    scale = np.sqrt(np.asarray(J.multiply(J).sum(0)).ravel())
    scale[scale == 0] = 1.0
    information = (J.T @ J).toarray() / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(information)
    freedom = max(errors.size - parameters.count, 1)
    variance = float((errors**2).sum()) / freedom
    certain = np.where(values > 1e-14 * values[-1], values, np.nan)
    whole = (vectors / certain) @ vectors.T * variance / np.outer(scale, scale)
    part = whole[: parameters.camera_count, : parameters.camera_count]
    return np.where(np.isfinite(part), part, np.inf)
