"""Calibrations as Foxglove reads them."""

from __future__ import annotations

from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration

from calibration.camera_model import PinholeCamera
from engine.recording.images import encode_calibration


def test_a_calibration_comes_back() -> None:
    camera = PinholeCamera(848, 480, 600.1, 601.7, 423.3, 239.9)
    stored = CameraCalibration.FromString(encode_calibration(camera, "depth", 5))
    assert (stored.width, stored.height) == (848, 480)
    assert list(stored.K) == camera.K.ravel().tolist()
