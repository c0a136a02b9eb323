"""A rig as it is kept: geometry, the cameras it belongs to, and how good it was found to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.depth_error import DepthError, matching_error_m
from calibration.errors import CalibrationError, CalibrationProblem
from calibration.report import StereoReport, Verdict
from calibration.rig import StereoRig
from calibration.verdict import JUDGED_AT_M

WORSE_FACTOR = 1.1
"""A depth error larger than the former one by less is no worse: two calibrations never agree."""


@dataclass(frozen=True, slots=True)
class RigQuality:
    """What is kept of a report."""

    verdict: Verdict
    rms_px: float
    held_out_px: float
    epipolar_px: float
    """Between the rows of rectified pictures, when it was calibrated: what drift is seen by."""
    views: int
    baseline_deviation_m: float
    depth_errors: tuple[DepthError, ...]
    faults: tuple[str, ...]

    def depth_error_m(self, distance_m: float) -> float:
        """Expected depth error at any distance; it grows with the square of it."""
        nearest = min(self.depth_errors, key=lambda e: abs(np.log(e.distance_m / distance_m)))
        return nearest.total_m * (distance_m / nearest.distance_m) ** 2


@dataclass(frozen=True, slots=True)
class StoredRig:
    """A rig of two cameras, by their serials."""

    rig: StereoRig
    left_serial: str = ""
    right_serial: str = ""
    """Empty where the cameras have none, such as folders of pictures."""
    created: str = ""
    """UTC, ISO 8601."""
    board: str = ""
    """Its spec; empty where the rig comes from another program."""
    quality: RigQuality | None = None
    """None where nothing is known, as for rigs of other programs."""

    def expected_depth_error_m(self, distance_m: float) -> float:
        """One standard deviation of depth at a distance, from calibration, baseline and matching.

        By matching alone where the rig's quality is not known.
        """
        if self.quality is None or not self.quality.depth_errors:
            return matching_error_m(self.rig, distance_m)
        return self.quality.depth_error_m(distance_m)


def quality_of(report: StereoReport) -> RigQuality:
    """What to keep of a report."""
    return RigQuality(
        verdict=report.verdict,
        rms_px=report.rms_px,
        held_out_px=report.held_out.rms_px,
        epipolar_px=report.epipolar_after_px,
        views=report.complete_views,
        baseline_deviation_m=report.baseline_deviation_m,
        depth_errors=report.depth_errors,
        faults=tuple(fault.kind.value for fault in report.faults),
    )


def check_cameras(
    stored: StoredRig,
    left_size_px: tuple[int, int],
    right_size_px: tuple[int, int],
    left_serial: str = "",
    right_serial: str = "",
) -> None:
    """
    Raises:
        CalibrationError: the rig is of other cameras, the other way round, or of another
            resolution; one sentence.
    """
    known = (stored.left_serial, stored.right_serial)
    found = (left_serial, right_serial)
    if all(known) and known == found[::-1] and known != found:
        raise _other(
            f"the rig file has camera {known[0]} on the left and {known[1]} on the right, and they "
            "are connected the other way round; swap them"
        )
    for side, expected, actual in zip(("left", "right"), known, found, strict=True):
        if expected and actual and expected != actual:
            raise _other(
                f"the rig file is for camera {expected} on the {side}, found camera {actual}; "
                "calibrate these cameras, or name their rig file"
            )
    sizes = (stored.rig.left.size_px, stored.rig.right.size_px)
    for side, size, actual_size in zip(
        ("left", "right"), sizes, (left_size_px, right_size_px), strict=True
    ):
        if size != actual_size:
            raise _other(
                f"the rig file is for {size[0]} x {size[1]} px on the {side}, and the camera gives "
                f"{actual_size[0]} x {actual_size[1]} px; set that resolution, or calibrate again"
            )


def _other(reason: str) -> CalibrationError:
    return CalibrationError(
        CalibrationProblem.OTHER_CAMERA, f"Rig and cameras do not fit: {reason}."
    )


def why_not_replace(new: StoredRig, former: StoredRig) -> str | None:
    """Why a rig should not overwrite a former one without asking; None where it may."""
    for a, b in ((new.left_serial, former.left_serial), (new.right_serial, former.right_serial)):
        if a and b and a != b:
            return f"it is for another camera ({b}, not {a})"
    if former.quality is None:
        return None
    if new.quality is None:
        return "its quality is known and that of the new one is not"
    if new.quality.verdict.rank < former.quality.verdict.rank:
        return (
            f"it was found {former.quality.verdict.value}, and the new one is "
            f"{new.quality.verdict.value}"
        )
    before = former.quality.depth_error_m(JUDGED_AT_M)
    after = new.quality.depth_error_m(JUDGED_AT_M)
    if after > WORSE_FACTOR * before:
        return (
            f"its expected depth error at {JUDGED_AT_M} m is {1000 * before:.1f} mm, and the new "
            f"one's is {1000 * after:.1f} mm"
        )
    return None
