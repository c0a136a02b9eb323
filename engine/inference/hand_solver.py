"""From the network's answer to the mesh that fits the observed depth, for one hand in its view.

Candidate starts (the joint maps by inverse kinematics, the parameter head, the previous frame's
pose) are judged on the observation; the best is refined by articulated fitting. Where the fit ends
worse than the network or strays from it, the network has the last word.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np
import numpy.typing as npt

from engine.hand.model import HandModel
from engine.hand.skinning import HandPose
from engine.inference.depth_view import DepthView
from engine.inference.fitting import (
    FitResult,
    HandFitter,
    HandObservation,
    KnownShape,
    ShapeEstimator,
    observe_hand,
    solve_pose,
    stray_m,
)
from engine.inference.picture_border import heard_near_border, near_border
from engine.inference.single_view import NetworkHand
from engine.inference.stage_times import StageTimes

Float64 = npt.NDArray[np.float64]

STRAY_M = 0.030
"""A fit whose joints are this far from the network's on average (weighted by confidence) is on the
forearm, the other hand or a lookalike."""

STILL_STRAY_M, STILL_EXPLAINED = 0.5 * STRAY_M, 0.9
"""A previous pose that strays no more from the network's joints and explains so much of the
observation is so good a start that no other need be looked for."""

CUT_STRAY_M = 0.1
"""Both of these where the picture's border cuts the hand: there the network errs by so much."""

POOR_RESIDUAL_M, POOR_EXPLAINED = 0.003, 0.85


@dataclass(frozen=True, slots=True)
class SolverSettings:
    """How much work a frame may cost."""

    following_steps: int = 3
    """Gauss-Newton steps for a hand that was fitted in the previous frame."""
    first_steps: int = 10
    """Steps for a hand that was just found; its shape is refined too."""
    fresh_steps: int = 6
    """Steps for a followed hand that is looked at afresh: the next frames go on from there."""


@dataclass(frozen=True, slots=True)
class SolvedHand:
    """A fitted hand in the frame of its view (a right hand)."""

    fit: FitResult
    observation: HandObservation
    from_network: bool
    """True where the fit was refused and the network's pose is shown."""
    cut: bool = False
    """Whether the border of the picture cuts the hand; says so of followed hands only."""

    @property
    def poor(self) -> bool:
        """Whether the mesh leaves so much of the hand unexplained that it may be on wrong fingers
        or on something else."""
        judged = self.fit.judgement
        return judged.residual_m > POOR_RESIDUAL_M or judged.explained < POOR_EXPLAINED


@dataclass(frozen=True, slots=True)
class _Held:
    """What a frame's fit is held to, and whether the picture's border cuts the hand."""

    shape: Float64
    weight: float | None
    cut: bool


class HandSolver:
    """Owns the fitter of one hand model."""

    def __init__(self, model: HandModel, settings: SolverSettings = SolverSettings()) -> None:
        self._fitter = HandFitter(model)
        self._settings = settings

    def new_shape(self, known: KnownShape) -> ShapeEstimator:
        """An estimator of one person's shape that begins with what is known already."""
        return ShapeEstimator(self._fitter, known=known)

    def solve(
        self,
        view: DepthView,
        network: NetworkHand,
        previous: HandPose | None,
        shape: Float64,
        times: StageTimes,
        fresh: bool = False,
        shape_weight: float | None = None,
    ) -> SolvedHand | None:
        """The hand's pose; None where there is nothing to fit: no mesh is better
        than one in the wrong place.

        `previous` is where a followed hand is expected; `shape` [10] is what the frame's shape is
        held to, by `shape_weight` or as the fit's settings say; `fresh`: there is no previous pose,
        for a hand that is followed all the same.
        """
        cut = False
        followed_on = previous is not None or fresh
        if followed_on and near_border(view.camera, network.joints):
            expected = None if previous is None else self._fitter.keypoints(previous)
            network, cut = heard_near_border(view.camera, network, expected)
        held = _Held(shape, shape_weight, cut)
        observation = observe_hand(view.depth_m, view.camera, network.joints[1:].mean(0))
        times.lap("observe")
        if observation is None:
            return None
        followed = None
        if previous is not None:
            followed = self._follow(observation, network, previous, held)
            times.lap("fit")
            if _still_fits(_start_of(followed), network, cut):
                return _solved(observation, network, followed, cut)
        start = self._network_start(observation, network, shape)
        times.lap("start")
        if start is None:
            return None
        if followed is not None and _better_start(followed, start, network, cut):
            start = followed
        fit = self._fit(observation, network, start.pose, previous, held, fresh)
        times.lap("fit")
        return _solved(observation, network, fit, cut)

    def _follow(
        self,
        observation: HandObservation,
        network: NetworkHand,
        previous: HandPose,
        held: _Held,
    ) -> FitResult:
        """Refine the previous pose, unless it no longer fits; see `_still_fits`."""
        bar = (STILL_EXPLAINED, _still_stray_m(held.cut))
        return self._fit(observation, network, previous, previous, held, False, *bar)

    def _network_start(
        self, observation: HandObservation, network: NetworkHand, shape: Float64
    ) -> FitResult | None:
        """The pose that reaches the network's joints; None where these make no hand."""
        start = replace(network.pose, shape=shape)
        inverse = solve_pose(
            self._fitter.surface, network.joints, network.confidence, shape, start=start
        )
        return None if inverse is None else self._fitter.assess(observation, inverse)

    def _steps(self, previous: HandPose | None, fresh: bool) -> int:
        if previous is not None:
            return self._settings.following_steps
        return self._settings.fresh_steps if fresh else self._settings.first_steps

    def _fit(
        self,
        observation: HandObservation,
        network: NetworkHand,
        start: HandPose,
        previous: HandPose | None,
        held: _Held,
        fresh: bool,
        least_explained: float = 0.0,
        most_stray_m: float = inf,
    ) -> FitResult:
        return self._fitter.fit(
            observation,
            start,
            iterations=self._steps(previous, fresh),
            previous=previous,
            network_joints=network.joints,
            joint_confidence=network.confidence,
            refine_shape=True,
            shape_anchor=held.shape,
            shape_weight=held.weight,
            least_explained=least_explained,
            most_stray_m=most_stray_m,
        )


def _start_of(fit: FitResult) -> FitResult:
    """What was refined; a fit without steps is its own start."""
    return fit if fit.start is None else fit.start


def _better_start(followed: FitResult, other: FitResult, network: NetworkHand, cut: bool) -> bool:
    """Whether the previous pose explains the observation better than another start does."""
    last = _start_of(followed)
    return not _strays(last, network, cut) and last.score <= other.score


def _still_fits(last: FitResult, network: NetworkHand, cut: bool) -> bool:
    """Whether the previous pose is so good a start that no other need be looked for."""
    stray = stray_m(last.keypoints, network.joints, network.confidence)
    return stray <= _still_stray_m(cut) and last.judgement.explained >= STILL_EXPLAINED


def _still_stray_m(cut: bool) -> float:
    return CUT_STRAY_M if cut else STILL_STRAY_M


def _strays(fit: FitResult, network: NetworkHand, cut: bool) -> bool:
    most = CUT_STRAY_M if cut else STRAY_M
    return stray_m(fit.keypoints, network.joints, network.confidence) > most


def _solved(
    observation: HandObservation, network: NetworkHand, fit: FitResult, cut: bool
) -> SolvedHand:
    refused = _strays(fit, network, cut)
    return SolvedHand(_start_of(fit) if refused else fit, observation, refused, cut)
