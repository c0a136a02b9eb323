"""How a stereo camera does, in figures and words. Knows nothing of Qt.

Times are the monotonic clock's nanoseconds and are always handed in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.tracking.verdict import Grade
from engine.capture.camera import CameraInfo
from engine.messages import HandState
from engine.runtime.clock import NS_PER_S
from engine.session_status import SessionStatus
from engine.stereo.status import StereoStatus

if TYPE_CHECKING:  # It loads OpenCV.
    from calibration.drift import DriftCheck

GROWING_S = 3.0
"""Pairs that were dropped longer ago are no trouble any more."""
USUAL_DISTANCE_M = 0.5
"""Where the depth error is told while no hand is seen."""


@dataclass(frozen=True, slots=True)
class StereoFigures:
    """What is shown of a stereo camera."""

    skew_ms: float
    """Between the two pictures of the newest pair."""
    pairs: int
    dropped: int
    """Pairs whose pictures were too far apart in time."""
    growing: bool
    """Whether one was dropped just now."""
    distance_m: float
    """Of the hand, or of a usual one while none is seen."""
    expected_mm: float | None
    """Depth error to expect there by the calibration, one standard deviation."""
    measured_mm: float | None
    """Mesh to depth of that hand; None while none is seen."""
    verdict: str
    """Whether the cameras still stand as they were calibrated."""
    tip: str
    """The same in full."""
    grade: Grade | None
    """None where that is not known."""


class StereoPresenter:
    """Watches the pairs of a session. One thread."""

    def __init__(self) -> None:
        self._status: StereoStatus | None
        self._camera: CameraInfo | None
        self._dropped: int
        self._grew_ns: int | None
        self._dismissed: bool
        self.begin()

    def begin(self) -> None:
        """Another session: forget the last one."""
        self._status = self._camera = self._grew_ns = None
        self._dropped, self._dismissed = 0, False

    def update(self, status: SessionStatus | None, now_ns: int) -> None:
        """The session as it is now."""
        self._status = stereo = None if status is None else status.stereo
        dropped = 0 if stereo is None else stereo.dropped
        if dropped > self._dropped:
            self._grew_ns = now_ns
        self._dropped = dropped
        self._camera = None if status is None else status.camera

    def dismiss(self) -> None:
        """Say no more in this session that the cameras have moved."""
        self._dismissed = True

    def figures(
        self, now_ns: int, hand: HandState | None, residual_mm: float
    ) -> StereoFigures | None:
        """Of this moment, for a hand with its mesh-to-depth residual; None for other cameras."""
        status = self._status
        if status is None:
            return None
        distance_m = USUAL_DISTANCE_M if hand is None else float(hand.joints[:, 2].mean())
        camera = self._camera
        error_m = None if camera is None else camera.expected_depth_error_m(distance_m)
        known = hand is not None and math.isfinite(residual_mm)
        grade, verdict, tip = _verdict(status)
        return StereoFigures(
            skew_ms=status.skew_ms,
            pairs=status.pairs,
            dropped=status.dropped,
            growing=self._growing(now_ns),
            distance_m=distance_m,
            expected_mm=None if error_m is None else 1e3 * error_m,
            measured_mm=residual_mm if known else None,
            verdict=verdict,
            tip=tip,
            grade=grade,
        )

    def _growing(self, now_ns: int) -> bool:
        return self._grew_ns is not None and now_ns - self._grew_ns <= GROWING_S * NS_PER_S

    @property
    def moved(self) -> DriftCheck | None:
        """What shows that the rig must be calibrated again; None where nothing does, or the person
        knows."""
        drift = None if self._status is None else self._status.drift
        return drift if drift is not None and drift.recalibrate and not self._dismissed else None


def _verdict(status: StereoStatus) -> tuple[Grade | None, str, str]:
    """Grade, short words and the whole sentence of the check of the rig."""
    drift = status.drift
    if drift is None:
        if status.checking:
            return None, "Calibration: checking…", _CHECKING
        return None, "Calibration comes with the camera", "It is taken as it is, and not checked."
    if not drift.known:
        return None, "Calibration: too little texture to tell", drift.sentence
    off_px, was_px = drift.error.median_px, drift.calibrated_px
    if drift.recalibrate:
        was = "" if was_px is None else f", was {was_px:.1f} px"
        return Grade.POOR, f"Drifted ({off_px:.1f} px{was}): calibrate again", drift.sentence
    return Grade.GOOD, f"Calibration fits ({off_px:.1f} px)", drift.sentence


_CHECKING = (
    "What both cameras see must lie on lines that the calibration tells; several pairs are looked "
    "at until there is enough to tell."
)
