"""One person's shape from all the frames of an enrolment, carefully, and how sure it is.

Poses and shape are refined in turns: every frame is fitted with the common shape, then says what it
would change about the shape once its pose is eliminated (engine.inference.fitting.shape). Frames
that fit worse than their peers speak more quietly. Steps of the shape are lengthened, because
correspondences follow slowly.

Points of a depth image err together, and so do frames of one sensor, so the information they add up
to is far too good to be true. `BELIEVED` is the share of it that is believed, and was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.adaptation.collector import describe
from engine.hand.articulation import ANGLE_NAMES, LOWER, UPPER
from engine.hand.model import SHAPE_COUNT
from engine.hand.skinning import HandPose
from engine.inference.fitting import FitResult, HandFitter, HandObservation, KnownShape
from engine.inference.fitting.shape import LARGEST, PRIOR_PRECISION, shape_statement

Float64 = npt.NDArray[np.float64]

BELIEVED = 0.1
"""Share of the frames' information that is believed. On simulated newcomers 0 to 13 (noisy sensors
of engine.evaluation.newcomer_people) 0.16 would put 98 % of the bones inside their 95 % interval;
real hands are not of the model's family, so a little less is believed."""
ROUNDS = 14
STEP_FACTOR = 1.3
STILL = 0.03
"""Rounds end when no coefficient moves by more than this."""
LEAST_EXPLAINED = 0.8
DOUBT_SHARE = 0.3
"""Share of the median residual beyond it at which a frame's weight is one half."""
LEAST_FRAMES = 8
ROUNDS_AFRESH, ITERATIONS_AFRESH = 2, 8
"""In the first rounds every frame is fitted from other starts too."""
CROSSED_RAD = 0.2
SIDEWAYS = tuple(
    k for k, name in enumerate(ANGLE_NAMES) if name.endswith("mcp_abduction") and k >= 6
)
"""Angles of the four fingers, positive towards the thumb."""
ALIKE = 0.15
"""Distance (units of engine.adaptation.collector.describe) at which two frames say much the same:
what they err, they err together."""


@dataclass(frozen=True, slots=True)
class ShapeFrame:
    """One frame to learn from: what was seen, and where the tracker had the hand."""

    observation: HandObservation
    pose: HandPose


@dataclass(frozen=True, slots=True)
class PersonShape:
    """The outcome."""

    known: KnownShape
    """Calibrated: its covariance is an honest one."""
    fits: tuple[FitResult, ...]
    """Every frame, fitted with the shape."""
    weights: tuple[float, ...]
    """How much each frame counted; 1 on average if all were believed."""
    rounds: int


def person_shape(
    fitter: HandFitter, frames: Sequence[ShapeFrame], rounds: int = ROUNDS
) -> PersonShape:
    """The shape that explains all frames together; at least one frame."""
    poses = [frame.pose for frame in frames]
    shape: Float64 = np.median([pose.shape for pose in poses], axis=0)
    fits: list[FitResult] = []
    information = np.zeros((SHAPE_COUNT, SHAPE_COUNT))
    weights = np.zeros(len(frames))
    used = 0
    for _ in range(rounds):
        used += 1
        starts = [replace(pose, shape=shape) for pose in poses]
        afresh = used <= ROUNDS_AFRESH
        fits = [
            _fit(fitter, frame, start, afresh) for frame, start in zip(frames, starts, strict=True)
        ]
        poses = [fit.pose for fit in fits]
        weights = _frame_weights(fits)
        information, step = _next_step(fitter, frames, fits, weights, shape)
        shape = np.clip(shape + STEP_FACTOR * step, -LARGEST, LARGEST)
        if np.abs(step).max() < STILL:
            break
    return PersonShape(_calibrated(information, shape), tuple(fits), tuple(weights), used)


def _fit(fitter: HandFitter, frame: ShapeFrame, start: HandPose, afresh: bool) -> FitResult:
    """The frame fitted from `start`; `afresh`: or with neighbouring fingers crossed, where that
    ends better.

    Fingers that lie over each other can be fitted side by side for seconds, with a good residual;
    one of them is then found too long.
    """
    fit = fitter.fit(frame.observation, start)
    if not afresh:
        return fit
    others = [
        fitter.fit(
            frame.observation,
            replace(fit.pose, angles=_crossed(fit.pose.angles, *pair)),
            iterations=ITERATIONS_AFRESH,
        )
        for pair in pairwise(SIDEWAYS)
    ]
    return min(fit, *others, key=lambda result: result.score)


def _crossed(angles: Float64, first: int, second: int) -> Float64:
    """The angles with one finger's sideways angle towards the next finger's, and the other way."""
    crossed = angles.copy()
    crossed[first] -= CROSSED_RAD
    crossed[second] += CROSSED_RAD
    return np.clip(crossed, LOWER, UPPER)


def _next_step(
    fitter: HandFitter,
    frames: Sequence[ShapeFrame],
    fits: Sequence[FitResult],
    weights: Float64,
    shape: Float64,
) -> tuple[Float64, Float64]:
    """Information [10, 10] of all frames, and the step [10] to the most likely shape."""
    information: Float64 = np.zeros((SHAPE_COUNT, SHAPE_COUNT))
    gradient = -PRIOR_PRECISION * shape
    for frame, fit, weight in zip(frames, fits, weights, strict=True):
        if weight > 0:
            statement, pull = shape_statement(fitter, frame.observation, fit.pose)
            information += weight * statement
            gradient += weight * pull
    step = np.linalg.solve(information + np.diag(PRIOR_PRECISION), gradient)
    return information, np.asarray(step, np.float64)


def _frame_weights(fits: Sequence[FitResult]) -> Float64:
    """[N] about 1: less for frames that fit worse than most, none for those hardly explained, and
    frames of one pose share what one of them would count."""
    share = 1.0 / _alike(fits)
    share = share / share.mean()  # Together they count as before, against the prior.
    residual = np.array([fit.residual_m for fit in fits])
    middle = _weighted_median(residual, share)
    excess = np.maximum(residual - middle, 0.0) / max(DOUBT_SHARE * middle, 1e-5)
    explained = np.array([fit.judgement.explained for fit in fits])
    return np.asarray(share * (explained > LEAST_EXPLAINED) / (1.0 + excess**2), np.float64)


def _weighted_median(values: Float64, weights: Float64) -> float:
    order = values.argsort()
    passed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(passed, 0.5 * passed[-1])])


def _alike(fits: Sequence[FitResult]) -> Float64:
    """[N] how many of the frames, itself included, show about the same."""
    seen = np.stack([describe(fit.pose) for fit in fits])
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    return np.asarray(np.exp(-0.5 * (apart / ALIKE) ** 2).sum(1))


def _calibrated(information: Float64, shape: Float64) -> KnownShape:
    """Knowledge whose most likely shape is `shape`, of the believed share of the information."""
    believed = BELIEVED * information
    return KnownShape(believed, (believed + np.diag(PRIOR_PRECISION)) @ shape)
