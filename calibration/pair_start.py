"""Where a solution begins: each camera alone, and how the two stand to each other.

Views that contradict the others are named here; where too many do, the reason is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from calibration.board import Board
from calibration.checks import mirrored, never_tilted, out_of_step, unmirrored
from calibration.contradictions import contradicting_pairs, mixed_up
from calibration.errors import CalibrationError, CalibrationProblem, fatal
from calibration.intrinsics import LensChoice, MonoCalibration, calibrate_camera, choose_lens
from calibration.refinement import Cancelled
from calibration.stereo import PairEstimate, pair_estimate
from calibration.views import View, of_camera

Progress = Callable[[str, float], None]
"""What is being done, and the share that is done, 0 to 1."""

NAMES = ("left", "right")
AGREEING_SHARE = 0.6
"""Of the views, that must say the same of how the cameras stand."""


def each_alone(
    views: Sequence[View],
    board: Board,
    lens: LensChoice | None,
    cancelled: Cancelled,
    progress: Progress,
) -> tuple[list[MonoCalibration], LensChoice]:
    """Both cameras, solved without knowing of each other, and the lens that was chosen."""
    both = [of_camera(views, camera) for camera in range(2)]
    choice = lens or choose_lens(both, board, cancelled)
    progress("solving each camera", 0.35)
    return [calibrate_camera(seen, board, choice, cancelled) for seen in both], choice


def contradicting(
    views: Sequence[View], board: Board, alone: Sequence[MonoCalibration]
) -> Mapping[int, str]:
    """View -> why it cannot be of the rig that most of the others agree on."""
    pair = pair_estimate(alone[0], alone[1])
    if pair is None:
        return {}
    return contradicting_pairs(views, board, [m.camera for m in alone], pair.T_right_from_left)


def agreed_pair(
    views: Sequence[View],
    board: Board,
    alone: Sequence[MonoCalibration],
    choice: LensChoice,
    cancelled: Cancelled,
) -> PairEstimate:
    """How the cameras stand.

    Raises:
        CalibrationError: the views contradict each other; `fault` says why.
        CalibrationCancelled: `cancelled()` became true.
    """
    pair = pair_estimate(alone[0], alone[1])
    if pair is not None and pair.agreeing_share >= AGREEING_SHARE:
        return pair
    for mono in alone:
        poses = [pose for pose in mono.T_camera_from_board if pose is not None]
        if (fault := never_tilted(poses)) is not None:
            raise fatal(fault)
    name = _mirrored_camera(views, board, alone, choice, cancelled)
    if name is not None:
        raise fatal(mirrored(name))
    if pair is None:
        raise CalibrationError(
            CalibrationProblem.TOO_FEW_VIEWS,
            "Cannot calibrate: no view shows the board to both cameras well enough to place it; "
            "take more, with the board nearer and in both pictures.",
        )
    cameras = [mono.camera for mono in alone]
    fault = mixed_up(views, board, cameras, pair.T_right_from_left)
    if fault is not None:
        raise fatal(fault)
    fault = out_of_step(np.inf, max(m.rms_px for m in alone), width_px(views), 1.0)
    if fault is None:
        raise AssertionError("views that disagree are a fault")
    raise fatal(fault)


def _mirrored_camera(
    views: Sequence[View],
    board: Board,
    alone: Sequence[MonoCalibration],
    choice: LensChoice,
    cancelled: Cancelled,
) -> str | None:
    """The camera whose mirrored picture would explain why views contradict each other."""
    for flip_rows in (True, False):
        changed = [unmirrored(view, 1, board, flip_rows) for view in views]
        right = calibrate_camera(of_camera(changed, 1), board, choice, cancelled)
        pair = pair_estimate(alone[0], right)
        if pair is not None and pair.agreeing_share >= AGREEING_SHARE:
            T = pair.T_right_from_left
            # With the wrong one of the two mirrored back, the whole scene is its mirror image.
            return NAMES[1] if (-T.rotation.T @ T.translation)[0] > 0 else NAMES[0]
    return None


def width_px(views: Sequence[View]) -> int:
    """Of the pictures."""
    return next(d.size_px[0] for view in views for d in view.detections if d is not None)
