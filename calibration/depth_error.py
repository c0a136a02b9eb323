"""What a person really wants to know of a rig: how far off will its depth be, in millimetres.

Two things add up. Matching finds a point in the other picture to a fraction of a pixel, and depth
changes by z^2 / (f b) a pixel. And the calibration itself is only so sure: its covariance is
carried to the depth of points all over the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.estimate import Estimate
from calibration.refinement import Refined
from calibration.rig import StereoRig
from calibration.uncertainty import deviation_of

Matrix = npt.NDArray[np.float64]

DISTANCES_M = (0.3, 0.5, 0.8)
MATCHING_PX = 0.25
"""Of semi-global matching with sub-pixel refinement on skin, in a picture 640 wide."""
REFERENCE_WIDTH_PX = 640
GRID = (-0.6, 0.0, 0.6)
"""Where depth is looked at, as a share of half the left picture."""


@dataclass(frozen=True, slots=True)
class DepthError:
    """One standard deviation of the depth of a point at this distance, in metres."""

    distance_m: float
    matching_m: float
    calibration_m: float

    @property
    def total_m(self) -> float:
        return float(np.hypot(self.matching_m, self.calibration_m))


def rig_of(estimate: Estimate) -> StereoRig:
    """The first two cameras of an estimate."""
    return StereoRig(
        estimate.cameras[0],
        estimate.cameras[1],
        estimate.T_camera_from_rig[1] @ estimate.T_camera_from_rig[0].inverse(),
    )


def matching_error_m(rig: StereoRig, distance_m: float, epipolar_px: float = 0.0) -> float:
    """Depth error by matching alone: z^2 / (f b) times the error in pixels.

    Rows that do not match to `epipolar_px` spoil the match as well, so they add to it.
    """
    width = rig.left.size_px[0]
    error_px = np.hypot(MATCHING_PX * width / REFERENCE_WIDTH_PX, epipolar_px)
    f = (rig.left.pinhole.fx + rig.right.pinhole.fx) / 2
    return float(distance_m**2 / (f * rig.baseline_m) * error_px)


def depth_errors(refined: Refined, epipolar_px: float) -> tuple[DepthError, ...]:
    """The error to expect at 0.3, 0.5 and 0.8 m."""
    rig = rig_of(refined.estimate)
    return tuple(
        DepthError(z, matching_error_m(rig, z, epipolar_px), _calibration_error_m(refined, rig, z))
        for z in DISTANCES_M
    )


def _calibration_error_m(refined: Refined, rig: StereoRig, distance_m: float) -> float:
    """RMS over the picture of the depth's deviation, with the pixels held where they are seen."""
    points = _points(rig, distance_m)
    left_px = rig.left.project(points)
    right_px = rig.right.project(rig.T_right_from_left.apply(points))

    def depths(estimate: Estimate) -> Matrix:
        return rig_of(estimate).triangulate(left_px, right_px)[..., 2]

    deviations = deviation_of(refined, depths)
    known = deviations[np.isfinite(deviations)]
    return float(np.sqrt((known**2).mean())) if len(known) else np.inf


def _points(rig: StereoRig, distance_m: float) -> Matrix:
    """Points [9, 3] of the left camera at a depth, spread over its picture."""
    p = rig.left.pinhole
    x, y = np.meshgrid(GRID, GRID)
    u = (p.width_px - 1) / 2 * (1 + x.ravel())
    v = (p.height_px - 1) / 2 * (1 + y.ravel())
    return rig.left.unproject(np.stack([u, v], -1), np.full(len(u), distance_m))
