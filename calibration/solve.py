"""From what two cameras saw of a board to a rig and its report.

Each camera alone, then how they stand to each other, then everything together, then the same once
more without every fifth view, to see how well views are explained that were not used. Pure
functions: the progress is told and the cancelling asked through callables, so that any thread can
run this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.checks import different_sizes, mirrored_points, out_of_step, same_pictures
from calibration.contradictions import why_rejected
from calibration.depth_error import rig_of
from calibration.distorted_camera import DistortedCamera
from calibration.errors import CalibrationCancelled, CalibrationError, CalibrationProblem, fatal
from calibration.estimate import Estimate, rms_px
from calibration.faults import Fault
from calibration.intrinsics import LensChoice, MonoCalibration
from calibration.joint import JointSolution, explain_views, solve_jointly
from calibration.outliers import Rejection, without
from calibration.pair_start import (
    NAMES,
    Progress,
    agreed_pair,
    contradicting,
    each_alone,
    width_px,
)
from calibration.refinement import Cancelled, never
from calibration.report import HeldOut, StereoReport
from calibration.rig import StereoRig
from calibration.stereo import PairEstimate
from calibration.stereo_report import epipolar_px, stereo_report
from calibration.transforms import RigidTransform
from calibration.views import View

Matrix = npt.NDArray[np.float64]
LEAST_PAIRS = 3
HELD_OUT_EVERY = 5


@dataclass(frozen=True, slots=True)
class StereoCalibration:
    """A rig and what it says of itself."""

    rig: StereoRig
    report: StereoReport


def silent(stage: str, share: float) -> None:
    """Progress that nobody looks at."""
    del stage, share


def calibrate_stereo(
    views: Sequence[View],
    board: Board,
    *,
    lens: LensChoice | None = None,
    known_baseline_m: float | None = None,
    progress: Progress = silent,
    cancelled: Cancelled = never,
) -> StereoCalibration:
    """The rig that explains all views best; faults that leave a solution stand in the report.

    `lens`: chosen by held-out error where it is None. `known_baseline_m`: what a person measured
    or the maker states, to check the square by.

    Raises:
        CalibrationError: there is no solution; `problem` and perhaps `fault` say why.
        CalibrationCancelled: `cancelled()` became true.
    """
    _check_input(views, board)
    progress("looking for the lens", 0.0)
    alone, choice = each_alone(views, board, lens, cancelled, progress)
    progress("placing the cameras", 0.5)
    apart = contradicting(views, board, alone)
    if apart:
        progress("leaving out pairs that contradict the others", 0.5)
        views = without(views, Rejection(dict(apart), {}))
        _check_enough(views, len(apart))
        alone, choice = each_alone(views, board, lens, cancelled, silent)
    pair = agreed_pair(views, board, alone, choice, cancelled)
    progress("solving everything together", 0.55)
    solution = _solve(views, board, [mono.camera for mono in alone], pair, choice, cancelled)
    faults = [f for f in (_step_fault(solution, alone),) if f is not None]
    reasons = {**solution.dropped, **_reasons(views, board, solution), **apart}
    solution = replace(solution, dropped=reasons)
    progress("checking against unused views", 0.8)
    held_out = _held_out(views, board, solution, choice, cancelled)
    progress("writing the report", 0.95)
    rig = rig_of(solution.refined.estimate)
    report = stereo_report(
        views, board, solution, alone, held_out, faults, known_baseline_m=known_baseline_m
    )
    if cancelled():
        raise CalibrationCancelled
    progress("done", 1.0)
    return StereoCalibration(rig, report)


def _check_input(views: Sequence[View], board: Board) -> None:
    for fault in (different_sizes(views, NAMES), mirrored_points(views, board, NAMES)):
        if fault is not None:
            raise fatal(fault)
    for camera, name in enumerate(NAMES):
        if not any(view.detections[camera] is not None for view in views):
            raise CalibrationError(
                CalibrationProblem.NO_BOARD,
                f"No board found: none of the {len(views)} pictures of the {name} camera shows "
                f"{board.spec}; check the kind, the counts and that the whole board is visible.",
            )
    _check_enough(views)
    if same_pictures(views):
        raise CalibrationError(
            CalibrationProblem.INPUT,
            "Cannot calibrate: the pictures of both cameras are the same, and those of two cameras "
            "are expected; name another folder, or another camera, for one of the sides.",
        )


def _check_enough(views: Sequence[View], left_out: int = 0) -> None:
    complete = sum(view.complete for view in views)
    if complete < LEAST_PAIRS:
        besides = f" besides {left_out} that contradict them" if left_out else ""
        raise CalibrationError(
            CalibrationProblem.TOO_FEW_VIEWS,
            f"Cannot calibrate: at least {LEAST_PAIRS} views that both cameras see are needed "
            f"(20 are good), found {complete}{besides}; take more with the board in both pictures.",
        )


def _reasons(views: Sequence[View], board: Board, solution: JointSolution) -> Mapping[int, str]:
    """Better reasons than numbers for views that the solution did not believe, by view."""
    estimate = solution.refined.estimate
    T_right_from_left = rig_of(estimate).T_right_from_left
    usual = rms_px(solution.refined.errors)
    reasons = {
        v: why_rejected(views[v], board, estimate.cameras, T_right_from_left, usual)
        for v in solution.dropped
    }
    return {v: why for v, why in reasons.items() if why is not None}


def _solve(
    views: Sequence[View],
    board: Board,
    cameras: Sequence[DistortedCamera],
    pair: PairEstimate,
    choice: LensChoice,
    cancelled: Cancelled,
) -> JointSolution:
    places = (RigidTransform.identity(), pair.T_right_from_left)
    return solve_jointly(
        views, board, cameras, places,
        free_coefficients=choice.free_coefficients, cancelled=cancelled,
    )  # fmt: skip


def _step_fault(solution: JointSolution, alone: Sequence[MonoCalibration]) -> Fault | None:
    """Cameras out of step, seen before anything was rejected."""
    mono = max(float(np.median([rms_px([e]) for e in m.refined.errors])) for m in alone)
    joint = float(np.median(solution.first_view_px))
    share = len(solution.dropped) / max(len(solution.first_view_px), 1)
    return out_of_step(joint, mono, width_px(solution.views), share)


def _held_out(
    views: Sequence[View],
    board: Board,
    solution: JointSolution,
    choice: LensChoice,
    cancelled: Cancelled,
) -> HeldOut:
    """A solution without every fifth used view, looked at with those views."""
    order = [v for v in solution.used if views[v].complete]
    unused = set(order[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY])
    if len(order) - len(unused) < LEAST_PAIRS or not unused:
        return HeldOut(0, np.inf, np.inf)
    estimate = solution.refined.estimate
    kept = [view for v, view in enumerate(solution.views) if v not in unused]
    smaller = solve_jointly(
        kept, board, estimate.cameras, estimate.T_camera_from_rig,
        free_coefficients=choice.free_coefficients, cancelled=cancelled,
    )  # fmt: skip
    rig: Estimate = smaller.refined.estimate
    looked_at = [solution.views[v] for v in sorted(unused)]
    _, errors = explain_views(looked_at, board, rig, cancelled)
    return HeldOut(len(unused), rms_px(errors), epipolar_px(looked_at, rig_of(rig)))
