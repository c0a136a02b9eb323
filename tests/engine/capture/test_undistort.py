"""Straightened depth agrees with the SDK's own lens models, to a pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from engine.capture.undistort import DepthUndistorter

CAMERA = PinholeCamera(width_px=160, height_px=120, fx=140.0, fy=141.0, cx=79.0, cy=60.0)
COEFFICIENTS = [0.12, -0.05, 0.004, -0.003, 0.01]


def numbered_image() -> np.ndarray:
    """Every pixel holds its own number."""
    return np.arange(CAMERA.width_px * CAMERA.height_px, dtype=np.uint16).reshape(120, 160)


def test_no_distortion_changes_nothing() -> None:
    straighten = DepthUndistorter(CAMERA, [0.0] * 5)
    assert np.array_equal(straighten(numbered_image()), numbered_image())


@pytest.mark.parametrize("model", ["brown_conrady", "inverse_brown_conrady"])
def test_agrees_with_the_sdk(model: str) -> None:
    rs: Any = pytest.importorskip("pyrealsense2")
    lens = rs.intrinsics()
    lens.width, lens.height = CAMERA.width_px, CAMERA.height_px
    lens.fx, lens.fy, lens.ppx, lens.ppy = CAMERA.fx, CAMERA.fy, CAMERA.cx, CAMERA.cy
    lens.model, lens.coeffs = getattr(rs.distortion, model), COEFFICIENTS
    straight = DepthUndistorter(CAMERA, COEFFICIENTS)(numbered_image())
    for v in range(15, 105, 7):
        for u in range(15, 145, 7):
            source_v, source_u = divmod(int(straight[v, u]), CAMERA.width_px)
            ray = CAMERA.unproject(np.array([u, v]), np.array(1.0))
            expected = rs.rs2_project_point_to_pixel(lens, list(ray))
            assert np.abs(np.subtract(expected, (source_u, source_v))).max() < 0.6


def test_outside_is_no_data() -> None:
    straight = DepthUndistorter(CAMERA, [0.5, 0, 0, 0, 0])(np.full((120, 160), 7, np.uint16))
    assert straight[0, 0] == 0
    assert straight[60, 80] == 7
