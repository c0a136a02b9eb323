"""The pinhole camera: projection and its inverse, scaling, bad intrinsics. Pixels and metres."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.camera_model import PinholeCamera
from tests.calibration.geometry import BATCHES, SEEDS

CAMERA = PinholeCamera(640, 480, fx=476.0, fy=480.0, cx=313.7, cy=242.8)
PROPERTY = settings(deadline=None, max_examples=60)


def pixels_and_depths(seed: int, batch: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform([-0.5, -0.5], [639.5, 479.5], (*batch, 2)), rng.uniform(0.1, 4.0, batch)


@PROPERTY
@given(SEEDS, BATCHES)
def test_project_undoes_unproject(seed: int, batch: tuple[int, ...]) -> None:
    uv, z = pixels_and_depths(seed, batch)
    p = CAMERA.unproject(uv, z)
    assert p.shape == (*batch, 3)
    assert np.allclose(p[..., 2], z)
    assert np.allclose(CAMERA.project(p), uv, atol=1e-9)


@PROPERTY
@given(SEEDS, st.floats(1.01, 5.0))
def test_points_on_one_ray_share_a_pixel(seed: int, factor: float) -> None:
    uv, z = pixels_and_depths(seed, (5,))
    p = CAMERA.unproject(uv, z)
    assert np.allclose(CAMERA.project(factor * p), uv, atol=1e-9)


def test_the_axis_meets_the_principal_point_and_x_is_right_and_y_is_down() -> None:
    assert np.allclose(CAMERA.project(np.array([0.0, 0.0, 2.0])), [313.7, 242.8])
    u, v = CAMERA.project(np.array([0.1, 0.1, 1.0]))
    assert (u - 313.7, v - 242.8) == pytest.approx((47.6, 48.0))


def test_K_says_the_same_as_project() -> None:
    p = np.array([0.2, -0.1, 0.7])
    homogeneous = CAMERA.K @ p
    assert np.allclose(homogeneous[:2] / homogeneous[2], CAMERA.project(p))


@PROPERTY
@given(SEEDS, st.sampled_from([0.25, 0.5, 2.0, 3.0]))
def test_scaling_keeps_the_borders_of_the_image(seed: int, factor: float) -> None:
    """Pixel centres are integers, so the left border lies at u = -0.5 at any resolution."""
    uv, z = pixels_and_depths(seed, (6,))
    scaled = CAMERA.scaled(factor).project(CAMERA.unproject(uv, z))
    assert np.allclose(scaled + 0.5, (uv + 0.5) * factor, atol=1e-9)


@PROPERTY
@given(st.sampled_from([0.25, 0.5, 2.0]))
def test_scaling_there_and_back_changes_nothing(factor: float) -> None:
    back = CAMERA.scaled(factor).scaled(1 / factor)
    assert (back.width_px, back.height_px) == (640, 480)
    assert np.allclose(back.K, CAMERA.K)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("width_px", 0, "camera size"),
        ("height_px", -480, "camera size"),
        ("fx", 0.0, "focal lengths"),
        ("fy", -476.0, "focal lengths"),
        ("fx", float("nan"), "focal lengths"),
        ("fy", float("inf"), "focal lengths"),
        ("cx", float("nan"), "principal point"),
        ("cy", float("inf"), "principal point"),
    ],
)
def test_impossible_intrinsics_are_refused(field: str, value: float, sentence: str) -> None:
    good = {"width_px": 640, "height_px": 480, "fx": 476.0, "fy": 476.0, "cx": 320.0, "cy": 240.0}
    with pytest.raises(ValueError, match=sentence):
        PinholeCamera(**(good | {field: value}))
