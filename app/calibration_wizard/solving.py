"""Solving a rig beside the window, in a process of its own: it works hard for seconds."""

from __future__ import annotations

from collections.abc import Sequence

from app.background import ProcessWork, Watch, Work
from calibration.board import AnyBoard
from calibration.board_spec import parse_board
from calibration.solve import StereoCalibration, calibrate_stereo
from calibration.views import View

STAGES = (
    (0.35, "Looking for the kind of lens"),
    (0.50, "Solving each camera"),
    (0.55, "Placing the cameras"),
    (0.80, "Solving everything together"),
    (0.95, "Checking against views that were not used"),
    (1.01, "Writing the report"),
)
"""Up to which share, what is being done (calibration.solve)."""


def start_solving(
    views: Sequence[View], board: AnyBoard, known_baseline_m: float | None
) -> Work[StereoCalibration]:
    """Begin; the work tells how far it is."""
    return ProcessWork("solving", solve, tuple(views), board.spec, known_baseline_m)


def solve(
    watch: Watch, views: tuple[View, ...], board: str, known_baseline_m: float | None
) -> StereoCalibration:
    """The rig that explains the views.

    Raises:
        CalibrationError: there is none; one sentence.
    """
    reached = 0.0

    def progress(_stage: str, share: float) -> None:
        nonlocal reached
        reached = share
        watch(share)

    def cancelled() -> bool:
        watch(reached)  # Raises where nobody waits any more.
        return False

    return calibrate_stereo(
        views,
        parse_board(board),
        known_baseline_m=known_baseline_m,
        progress=progress,
        cancelled=cancelled,
    )


def stage_of(share: float) -> str:
    """What is being done, in words."""
    return next(words for limit, words in STAGES if share < limit)
