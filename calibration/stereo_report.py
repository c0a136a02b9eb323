"""Making the report of a solution: every figure from the rig, the views and the residuals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.checks import (
    distances_m,
    few_views,
    little_depth,
    never_tilted,
    placed_wrongly,
    wrong_square_by_baseline,
    wrong_square_by_markers,
)
from calibration.coverage import coverage
from calibration.depth_error import depth_errors, rig_of
from calibration.estimate import Estimate, rms_px
from calibration.faults import Fault, FaultKind
from calibration.intrinsics import MonoCalibration
from calibration.joint import JointSolution
from calibration.rectification import rectification
from calibration.report import HeldOut, SquareCheck, StereoReport, ViewReport
from calibration.rig import StereoRig
from calibration.uncertainty import deviation_of, parameter_uncertainties
from calibration.verdict import verdict
from calibration.views import View, of_camera, shared_points

Matrix = npt.NDArray[np.float64]


def stereo_report(
    views: Sequence[View],
    board: Board,
    solution: JointSolution,
    alone: Sequence[MonoCalibration],
    held_out: HeldOut,
    found: Sequence[Fault],
    *,
    known_baseline_m: float | None,
) -> StereoReport:
    """The report of a solution; `views` as they were detected, `found` the faults so far."""
    refined = solution.refined
    rig = rig_of(refined.estimate)
    distances = distances_m(refined.estimate.T_rig_from_board, board)
    reports = _view_reports(views, solution, distances)
    complete = sum(r.complete for r in reports if not r.dropped)
    after = epipolar_px(solution.views, rig)
    faults = tuple(
        fault
        for fault in (
            *found,
            placed_wrongly(rig),
            wrong_square_by_markers(views, board),
            known_baseline_m and wrong_square_by_baseline(rig, board, known_baseline_m),
            never_tilted(refined.estimate.T_rig_from_board),
            little_depth(distances),
            few_views(complete),
        )
        if fault
    )
    expected = depth_errors(refined, after)
    width = rig.left.size_px[0]
    word, reasons = verdict(held_out.rms_px, after, expected, faults, width)
    return StereoReport(
        board=board.spec,
        size_px=rig.left.size_px,
        lens=rig.left.lens.value,
        rms_px=rms_px(refined.errors),
        rms_by_camera_px=(_camera_rms(solution, 0), _camera_rms(solution, 1)),
        alone_rms_px=(alone[0].rms_px, alone[1].rms_px),
        views=reports,
        held_out=held_out,
        epipolar_before_px=_row_difference_px(views),
        epipolar_after_px=after,
        baseline_m=rig.baseline_m,
        baseline_deviation_m=float(deviation_of(refined, _baseline)[0]),
        rotation_rad=rig.rotation_rad,
        axes_angle_rad=float(np.arccos(np.clip(rig.T_right_from_left.rotation[2, 2], -1, 1))),
        nearest_m=float(distances.min()),
        farthest_m=float(distances.max()),
        uncertainties=parameter_uncertainties(refined),
        coverage=(
            coverage(of_camera(solution.views, 0), board),
            coverage(of_camera(solution.views, 1), board),
        ),
        square=_square_check(faults, views, known_baseline_m),
        faults=faults,
        depth_errors=expected,
        verdict=word,
        reasons=reasons,
    )


def epipolar_px(views: Sequence[View], rig: StereoRig) -> float:
    """RMS row difference of the board's points in the rectified pictures; inf without points."""
    straight = rectification(rig)
    off = [np.zeros(0)]
    for view in views:
        _, left, right = shared_points(view)
        off.append(straight.left_points(left)[:, 1] - straight.right_points(right)[:, 1])
    return _rms(np.concatenate(off))


def _row_difference_px(views: Sequence[View]) -> float:
    """The same in the pictures as they are."""
    pairs = [shared_points(view)[1:] for view in views]
    return _rms(np.concatenate([left[:, 1] - right[:, 1] for left, right in pairs]))


def _rms(off: Matrix) -> float:
    off = off[np.isfinite(off)]
    return float(np.sqrt((off**2).mean())) if len(off) else np.inf


def _baseline(estimate: Estimate) -> Matrix:
    return np.array([rig_of(estimate).baseline_m])


def _camera_rms(solution: JointSolution, camera: int) -> float:
    pairs = zip(solution.seen, solution.refined.errors, strict=True)
    return rms_px([e for o, e in pairs if o.camera == camera])


def _view_reports(
    views: Sequence[View], solution: JointSolution, distances: Matrix
) -> tuple[ViewReport, ...]:
    reports = []
    for v, view in enumerate(views):
        errors = solution.errors_of(v)
        found = sum(len(d.ids) for d in view.detections if d is not None)
        points = tuple(len(errors[c]) if c in errors else 0 for c in range(2))
        used = v in solution.used
        reports.append(
            ViewReport(
                view.name,
                tuple(rms_px([errors[c]]) if c in errors else None for c in range(2)),
                points,
                found - sum(points),
                "" if used else _why_dropped(view, solution.dropped.get(v)),
                float(distances[solution.used.index(v)]) if used else 0.0,
            )
        )
    return tuple(reports)


def _why_dropped(view: View, rejected: str | None) -> str:
    if rejected is not None:
        return rejected
    if any(detection is not None for detection in view.detections):
        return "too few of the board's points are seen"
    return "neither camera sees the board"


def _square_check(
    faults: Sequence[Fault], views: Sequence[View], known_baseline_m: float | None
) -> SquareCheck:
    wrong = next((f for f in faults if f.kind is FaultKind.WRONG_SQUARE), None)
    if wrong is not None:
        return SquareCheck(True, wrong.sentence)
    if known_baseline_m is not None:
        return SquareCheck(
            True, f"The square agrees with the baseline of {1000 * known_baseline_m:.1f} mm."
        )
    if any(d is not None and d.marker_ratio > 0 for view in views for d in view.detections):
        return SquareCheck(
            True,
            "Squares and markers agree with each other; their true size is what was entered.",
        )
    return SquareCheck(
        False,
        "Nothing but the square that was entered says how large things are: measure the distance "
        "of the two lenses and state it as the baseline to have it checked.",
    )
