"""A calibration to show and to save, and a solving that ends when the test says so."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from calibration.board import AnyBoard
from calibration.intrinsics import AUTOMATIC
from calibration.solve import StereoCalibration, calibrate_stereo
from calibration.views import View
from tests.app.calibration_wizard.cameras import poses, rig
from tests.calibration.synthetic import BOARD, seen_points


@cache
def solved(noise_px: float = 0.1) -> StereoCalibration:
    """From points with noise; no picture is looked at."""
    rng = np.random.default_rng(3)
    views = seen_points(rig(), BOARD, list(poses()[:12]), rng, noise_px)
    return calibrate_stereo(views, BOARD, lens=AUTOMATIC[0])


class FakeSolving:
    """`app.background.Work` that the test ends."""

    def __init__(self) -> None:
        self.share = 0.4
        self.result: StereoCalibration | None = None
        self.failure = ""
        self.over = self.cancelled = False

    def poll(self) -> bool:
        return self.over or self.cancelled

    def cancel(self) -> None:
        self.cancelled = True

    def close(self) -> None:
        self.cancel()

    def end(self, result: StereoCalibration | None, failure: str = "") -> None:
        self.result, self.failure, self.over = result, failure, True


class FakeSolver:
    """Remembers what was to be solved."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str, ...], str, float | None]] = []
        self.works: list[FakeSolving] = []

    def __call__(
        self, views: Sequence[View], board: AnyBoard, known_baseline_m: float | None
    ) -> FakeSolving:
        self.asked.append((tuple(view.name for view in views), board.spec, known_baseline_m))
        self.works.append(FakeSolving())
        return self.works[-1]
