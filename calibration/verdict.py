"""The one word that people want: is this calibration good enough for hands?

Pixel limits hold for a picture 640 wide and grow with the width: the same blur of a 4K picture is
more pixels. The limits of "good" are those of shared practice (image_pipeline's tests, calib.io's
advice): held-out error 0.4 px, rows 0.3 px, and 3 mm of depth at half a metre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.depth_error import REFERENCE_WIDTH_PX, DepthError
from calibration.faults import Fault
from calibration.report import Verdict

JUDGED_AT_M = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """What a verdict allows at most."""

    held_out_px: float
    epipolar_px: float
    depth_m: float


GOOD = Limits(held_out_px=0.4, epipolar_px=0.3, depth_m=0.003)
USABLE = Limits(held_out_px=1.0, epipolar_px=1.0, depth_m=0.010)


def verdict(
    held_out_px: float,
    epipolar_px: float,
    depth_errors: Sequence[DepthError],
    faults: Sequence[Fault],
    width_px: int,
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict, and why it is no better."""
    scale = max(width_px / REFERENCE_WIDTH_PX, 1.0)
    depth = next(e.total_m for e in depth_errors if e.distance_m == JUDGED_AT_M)
    fatal = tuple(fault.kind.value for fault in faults if fault.fatal)
    above_usable = _above(USABLE, held_out_px, epipolar_px, depth, scale) + fatal
    if above_usable:
        return Verdict.NOT_GOOD_ENOUGH, above_usable
    above_good = _above(GOOD, held_out_px, epipolar_px, depth, scale)
    reasons = above_good + tuple(fault.kind.value for fault in faults)
    return (Verdict.USABLE if reasons else Verdict.GOOD), reasons


def _above(
    limits: Limits, held_out_px: float, epipolar_px: float, depth_m: float, scale: float
) -> tuple[str, ...]:
    reasons = []
    if not np.isfinite(held_out_px):
        reasons.append("the error on unused views is not known, with so few views")
    elif not held_out_px <= scale * limits.held_out_px:
        reasons.append(
            f"error on unused views {held_out_px:.2f} px, above {scale * limits.held_out_px:.2f}"
        )
    if not epipolar_px <= scale * limits.epipolar_px:
        reasons.append(
            f"rows are off by {epipolar_px:.2f} px, above {scale * limits.epipolar_px:.2f}"
        )
    if not depth_m <= limits.depth_m:
        reasons.append(
            f"{1000 * depth_m:.1f} mm of depth error at {JUDGED_AT_M} m, above "
            f"{1000 * limits.depth_m:.0f} mm"
        )
    return tuple(reasons)
