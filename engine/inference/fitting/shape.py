"""Slow estimation of a person's hand shape from many fitted frames.

Each frame says something about the shape once its pose is eliminated from the normal equations
(Schur complement). Those statements are added up in information form and forgotten slowly, so that
one bad frame cannot do harm and a hand that was badly fitted at first is mended.
What a single side cannot show (the thickness of the palm) stays at the prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.hand.model import SHAPE_COUNT
from engine.hand.skinning import HandPose
from engine.inference.fitting.fitter import FitResult, HandFitter
from engine.inference.fitting.kernels.gauss_newton import base_damping
from engine.inference.fitting.kernels.linear_system import FIRST_SHAPE, POSE_SIZE
from engine.inference.fitting.observation import HandObservation

Float64 = npt.NDArray[np.float64]


LARGEST = 4.2
"""Limit of each shape coefficient in standard deviations: a child's hand is at -4 in size."""


@dataclass(frozen=True, slots=True)
class ShapeSettings:
    """How much one frame counts, and which frames do."""

    frame_weight: float = 0.008
    """Share of a frame's information that is believed: its points err together."""
    memory_frames: float = 60.0
    """Frames after which an old statement has lost two thirds of its weight."""
    worst_residual_m: float = 0.0045
    least_explained: float = 0.85
    """Only frames that fit this well may speak."""
    least_points: int = 150
    largest: float = LARGEST
    """Limit of each coefficient in standard deviations."""


PRIOR_PRECISION: Float64 = np.array([1.0, *[2.0] * 5, 6.0, 1.0, 1.0, 1.0])
"""Of scale, five fingers, palm length, width and thickness, and finger thickness, in the model's
standard deviations. Given the length of the hand, the palm's varies by 2 to 3 % only and a finger's
by 4 % (ratios in ANSUR II); one depth view hardly shows where the palm ends."""


STRANGER_WEIGHT, KNOWN_WEIGHT = 5.0, 100.0
"""How strongly a frame's shape is held to the person's. What a frame is free to change makes up for
lost edges and wrong poses; of a stranger it also has to make up for the shape. Known to half of the
stated deviation, 100 errs less than 16 or 50 (decision 0029)."""
KNOWN_LEFT = 0.5
"""A person is known where most coefficients keep less than this share of the prior's variance."""


@dataclass(frozen=True, slots=True)
class KnownShape:
    """What was learnt of a person's hand before, beyond the prior; never forgotten."""

    information: Float64
    """[10, 10]: inverse covariance."""
    vector: Float64
    """[10]: information times the shape."""

    @property
    def shape(self) -> Float64:
        """[10] standard deviations: the most likely shape under the prior."""
        return np.asarray(np.linalg.solve(self._posterior, self.vector), np.float64)

    @property
    def covariance(self) -> Float64:
        """[10, 10] of the shape that is left."""
        return np.asarray(np.linalg.inv(self._posterior), np.float64)

    @property
    def weight(self) -> float:
        """How strongly a frame's shape is held to this one (`FitSettings.shape_weight`)."""
        left = float(np.median(np.diag(self.covariance) * PRIOR_PRECISION))
        return KNOWN_WEIGHT if left < KNOWN_LEFT else STRANGER_WEIGHT

    @property
    def _posterior(self) -> Float64:
        return self.information + np.diag(PRIOR_PRECISION)


def nothing_known() -> KnownShape:
    """Of a stranger: the mean hand."""
    return KnownShape(np.zeros((SHAPE_COUNT, SHAPE_COUNT)), np.zeros(SHAPE_COUNT))


class ShapeEstimator:
    """Running estimate of the ten shape coefficients of one hand."""

    def __init__(
        self,
        fitter: HandFitter,
        settings: ShapeSettings | None = None,
        known: KnownShape | None = None,
    ) -> None:
        self._fitter = fitter
        self._settings = settings or ShapeSettings()
        self._known = known or nothing_known()
        self.weight = self._known.weight
        """How strongly a frame's shape is to be held to this one's."""
        self.reset()

    def reset(self) -> None:
        """Forget what was seen: back to the person as known before, or the mean hand."""
        self._information = np.zeros((SHAPE_COUNT, SHAPE_COUNT))
        self._vector = np.zeros(SHAPE_COUNT)
        self.frame_count = 0
        self.shape = self._most_likely()
        """[10] standard deviations: the most likely shape under the prior."""

    def _most_likely(self) -> Float64:
        limit = self._settings.largest
        shape: Float64 = np.clip(self.learnt.shape, -limit, limit)
        return shape

    @property
    def learnt(self) -> KnownShape:
        """All that is known now: of before and of the frames seen."""
        known = self._known
        return KnownShape(known.information + self._information, known.vector + self._vector)

    @property
    def deviation(self) -> Float64:
        """[10] standard deviation of each coefficient that is left; 1 is the prior's own."""
        return np.sqrt(np.diag(self.learnt.covariance))

    def add(self, observation: HandObservation, result: FitResult) -> bool:
        """Learn from a fitted frame; False where the fit is not good enough to learn from."""
        judgement, settings = result.judgement, self._settings
        if (
            judgement.residual_m > settings.worst_residual_m
            or judgement.explained < settings.least_explained
            or judgement.point_count < settings.least_points
        ):
            return False
        information, step = shape_statement(self._fitter, observation, result.pose)
        keep = np.exp(-1.0 / settings.memory_frames)
        information = settings.frame_weight * information
        self._information = keep * self._information + information
        self._vector = keep * self._vector
        self._vector += information @ result.pose.shape + settings.frame_weight * step
        self.frame_count += 1
        self.shape = self._most_likely()
        return True


def shape_statement(
    fitter: HandFitter, observation: HandObservation, pose: HandPose
) -> tuple[Float64, Float64]:
    """Information [10, 10] and gradient [10] of the shape at a fitted pose, pose eliminated."""
    system = fitter.linearise(observation, pose)
    H = np.triu(system.H) + np.triu(system.H, 1).T
    damping = base_damping(fitter.settings)[:POSE_SIZE]
    by_pose = H[:POSE_SIZE, :POSE_SIZE] + np.diag(damping)
    mixed = H[:POSE_SIZE, FIRST_SHAPE:]
    eliminated = np.linalg.solve(by_pose, np.column_stack([mixed, system.g[:POSE_SIZE]]))
    information = H[FIRST_SHAPE:, FIRST_SHAPE:] - mixed.T @ eliminated[:, :-1]
    return information, system.g[FIRST_SHAPE:] - mixed.T @ eliminated[:, -1]


def estimate_shape(
    fitter: HandFitter,
    observations: Sequence[HandObservation],
    poses: Sequence[HandPose],
    *,
    rounds: int = 6,
    settings: ShapeSettings | None = None,
) -> tuple[Float64, list[FitResult]]:
    """One shape [10] for all frames of a person, and every frame fitted with it.

    About twenty frames of well-spread poses are enough; `poses` are their starts.
    """
    # Together the frames weigh as much as one: what they err, they err together.
    weight = 1.0 / max(len(observations), 1)
    chosen = replace(settings or ShapeSettings(), memory_frames=1e9, frame_weight=weight)
    results = [fitter.assess(o, p) for o, p in zip(observations, poses, strict=True)]
    shape = np.mean([pose.shape for pose in poses], axis=0)
    for _ in range(rounds):
        results = [
            fitter.fit(o, replace(r.pose, shape=shape))
            for o, r in zip(observations, results, strict=True)
        ]
        estimator = ShapeEstimator(fitter, chosen)
        for observation, result in zip(observations, results, strict=True):
            estimator.add(observation, result)
        shape = estimator.shape
    return shape, results
