"""One kept view as the rig explains it: where corners were seen, and where they should be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.calibration_wizard.captured import Captured
from calibration.board import AnyBoard
from calibration.estimate import Estimate
from calibration.joint import explain_views
from calibration.refinement import never
from calibration.rig import StereoRig
from calibration.transforms import RigidTransform

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reprojected:
    """Of one camera."""

    seen_px: Matrix
    """[N, 2]"""
    expected_px: Matrix
    """[N, 2]"""


def reprojected(view: Captured, rig: StereoRig, board: AnyBoard) -> tuple[Reprojected, ...]:
    """Left and right; empty pictures where the board has no pose."""
    cameras = (rig.left, rig.right)
    places = (RigidTransform.identity(), rig.T_right_from_left)
    observed, errors = explain_views([view.view], board, Estimate(cameras, places, ()), never)
    nothing = Reprojected(np.zeros((0, 2)), np.zeros((0, 2)))
    found = [nothing, nothing]
    for o, e in zip(observed, errors, strict=True):
        found[o.camera] = Reprojected(o.pixels, o.pixels + e)
    return tuple(found)
