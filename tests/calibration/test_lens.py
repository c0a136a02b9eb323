"""Lenses: there and back, the same as OpenCV's, and honest where there is no ray."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.estimate import opencv_coefficients
from calibration.lens import LensModel, distort, largest_radius, straighten
from tests.calibration.geometry import BATCHES, SEEDS

PROPERTY = settings(deadline=None, max_examples=40)
LENSES = st.sampled_from(list(LensModel))
PINHOLE = PinholeCamera(640, 480, 520.0, 523.0, 322.0, 236.0)
SCALES = {
    LensModel.PINHOLE: (),
    LensModel.BROWN_CONRADY: (0.25, 0.1, 2e-3, 2e-3, 0.05),
    LensModel.RATIONAL: (0.25, 0.1, 2e-3, 2e-3, 0.02, 0.1, 0.05, 0.01),
    LensModel.FISHEYE: (0.05, 0.02, 0.01, 0.005),
}
"""Coefficients up to these are lenses that one can buy."""


def random_camera(seed: int, lens: LensModel) -> DistortedCamera:
    scales = np.array(SCALES[lens])
    values = np.random.default_rng(seed).uniform(-scales, scales)
    return DistortedCamera(PINHOLE, lens, tuple(values.tolist()))


def points_ahead(seed: int, batch: tuple[int, ...]) -> np.ndarray:
    """Within 30 degrees of the axis."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(0.2, 3.0, (*batch, 1))
    return np.concatenate([z * rng.uniform(-0.4, 0.4, (*batch, 2)), z], -1)


@PROPERTY
@given(SEEDS, BATCHES, LENSES)
def test_unproject_undoes_project(seed: int, batch: tuple[int, ...], lens: LensModel) -> None:
    camera, p = random_camera(seed, lens), points_ahead(seed, batch)
    assert np.allclose(camera.unproject(camera.project(p), p[..., 2]), p, atol=1e-7)


@PROPERTY
@given(SEEDS, LENSES)
def test_projection_is_that_of_opencv(seed: int, lens: LensModel) -> None:
    camera, p = random_camera(seed, lens), points_ahead(seed, (7,))
    still = np.zeros(3)
    if lens is LensModel.FISHEYE:
        D = opencv_coefficients(camera)
        expected = cv2.fisheye.projectPoints(p[:, None], still, still, camera.K, D)[0]
    else:
        D = opencv_coefficients(camera)
        expected = cv2.projectPoints(p, still, still, camera.K, D)[0]
    assert np.allclose(camera.project(p), expected.reshape(-1, 2), atol=1e-9)


@PROPERTY
@given(SEEDS, LENSES)
def test_scaling_a_picture_leaves_the_lens(seed: int, lens: LensModel) -> None:
    camera, p = random_camera(seed, lens), points_ahead(seed, (5,))
    assert np.allclose(camera.scaled(2.0).project(p) + 0.5, 2 * (camera.project(p) + 0.5))


def test_undistorted_pixels_are_those_of_the_pinhole() -> None:
    camera, p = random_camera(3, LensModel.BROWN_CONRADY), points_ahead(3, (9,))
    assert np.allclose(camera.undistorted(camera.project(p)), PINHOLE.project(p), atol=1e-6)


def test_a_folding_lens_has_a_largest_radius_and_no_rays_beyond() -> None:
    barrel = (-0.5, 0.0, 0.0, 0.0, 0.0)  # r (1 - r^2 / 2) is largest at r = sqrt(2 / 3)
    assert largest_radius(LensModel.BROWN_CONRADY, barrel) == pytest.approx(
        np.sqrt(2 / 3), abs=5e-3
    )
    inside, outside = np.array([0.5, 0.0]), np.array([0.6, 0.0])
    assert np.isfinite(straighten(LensModel.BROWN_CONRADY, barrel, inside)).all()
    assert np.isnan(straighten(LensModel.BROWN_CONRADY, barrel, outside)).all()


def test_a_fisheye_sees_80_degrees_from_its_axis() -> None:
    ray = np.array([np.tan(np.radians(80.0)), 0.0])
    lens, k = LensModel.FISHEYE, (0.01, 0.0, 0.0, 0.0)
    assert np.allclose(straighten(lens, k, distort(lens, k, ray)), ray, rtol=1e-6)


@pytest.mark.parametrize(
    ("lens", "coefficients", "sentence"),
    [
        (LensModel.BROWN_CONRADY, (0.1,), "5 coefficients, found 1"),
        (LensModel.PINHOLE, (0.1,), "0 coefficients, found 1"),
        (LensModel.FISHEYE, (0.1, float("nan"), 0.0, 0.0), "must be finite"),
    ],
)
def test_impossible_lenses_are_refused(
    lens: LensModel, coefficients: tuple[float, ...], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        DistortedCamera(PINHOLE, lens, coefficients)
