"""How a stereo camera does, as a value that is cheap to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # It loads OpenCV.
    from calibration.drift import DriftCheck


@dataclass(frozen=True, slots=True)
class StereoStatus:
    """How the pairs come, as seen from any thread."""

    pairs: int = 0
    dropped: int = 0
    """Pairs whose pictures were too far apart in time."""
    skew_ms: float = 0.0
    """Of the newest pair."""
    drift: DriftCheck | None = None
    """Whether the rig is still as calibrated, by several pairs; None where that is not known yet,
    or nobody looks."""
    checking: bool = False
    """Whether somebody still looks."""
