"""What is known of a stereo camera, for tests of what is shown of it."""

from __future__ import annotations

from calibration.drift import DriftCheck, EpipolarError
from engine.capture.camera import CameraInfo
from tests.app.scenes import CAMERA

STEADY = DriftCheck(
    True,
    EpipolarError(240, 0.3, 0.21, 1.0),
    False,
    "The cameras stand as they were calibrated: matched points are 0.2 px off their lines, and "
    "were 0.2 px then.",
    0.2,
)
MOVED = DriftCheck(
    True,
    EpipolarError(180, 3.4, 3.1, 0.4),
    True,
    "The cameras have moved since they were calibrated: matched points are 3.1 px off their "
    "lines, and were 0.2 px then; calibrate again.",
    0.2,
)
UNCLEAR = DriftCheck(
    False,
    EpipolarError(3, 9.0, 8.0, 0.0),
    False,
    "Too little texture to tell whether the cameras still stand as they were calibrated: 60 "
    "matched points are needed, found 3; show both cameras something with texture, such as a full "
    "shelf or a printed page.",
    0.2,
)


def stereo_info(error_m: float = 0.002) -> CameraInfo:
    """A camera whose depth is so uncertain at half a metre."""
    return CameraInfo(
        "uvc:0,1", "Two webcams", CAMERA, 30.0, True, False, depth_error_at_half_metre_m=error_m
    )
