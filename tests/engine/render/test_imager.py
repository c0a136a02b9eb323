"""From light to pictures: where a lens puts things, exposure, noise."""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.lens import LensModel
from engine.render.imager import Imager, Sensor, automatic_exposure, rendering_camera

PINHOLE = PinholeCamera(160, 120, 140.0, 140.0, 77.0, 61.0)
BENT = DistortedCamera(PINHOLE, LensModel.BROWN_CONRADY, (-0.2, 0.05, 0.0, 0.0, 0.0))
QUIET = Sensor(vignetting=0.0, noise=0.0, blur_px=0.3)


def test_a_point_lands_where_the_camera_projects_it() -> None:
    imager = Imager(BENT, QUIET, 2.0)
    for point in ([0.1, 0.05, 0.5], [-0.2, -0.15, 0.6], [0.0, 0.0, 1.0]):
        u, v = imager.rendered.project(np.array(point))
        y, x = np.mgrid[: imager.rendered.height_px, : imager.rendered.width_px]
        spot = np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * 3.0**2)).astype(np.float32)
        seen = imager.bent(np.repeat(spot[..., None], 3, -1))[..., 0]
        rows, columns = np.mgrid[:120, :160]
        centre = np.array([(columns * seen).sum(), (rows * seen).sum()]) / seen.sum()
        np.testing.assert_allclose(centre, BENT.project(np.array(point)), atol=0.05)


def test_the_rendering_camera_sees_all_that_the_lens_lets_in() -> None:
    rendered = rendering_camera(BENT, 1.5)
    corners = np.array([[0, 0], [159, 0], [0, 119], [159, 119], [80, 0]])
    rays = BENT.rays(corners)
    uv = rendered.project(np.concatenate([rays, np.ones((5, 1))], -1))
    assert (uv >= 0).all()
    assert (uv <= [rendered.width_px - 1, rendered.height_px - 1]).all()


def test_exposure_keeps_bright_things_from_burning_out() -> None:
    light = np.full((120, 160, 3), 0.05, np.float32)
    light[40:80, 60:100] = 0.6
    exposure = automatic_exposure(light)
    picture = Imager(BENT, QUIET, 1.0).picture(light, exposure, np.random.default_rng(0))
    assert 200 < picture[60, 80, 0] < 255
    assert picture[5, 5, 0] > 40


def test_noise_grows_with_its_setting_and_corners_darken() -> None:
    light = np.full((120, 160, 3), 0.3, np.float32)
    rng = np.random.default_rng(0)
    spreads = [
        Imager(BENT, Sensor(noise=noise), 1.0).picture(light, 1.0, rng).std() for noise in (0, 1, 3)
    ]
    assert spreads[0] == 0
    assert 0.5 < spreads[1] < 4
    assert spreads[2] > 2 * spreads[1]
    imager = Imager(BENT, Sensor(vignetting=0.3), 1.0)
    shape = (imager.rendered.height_px, imager.rendered.width_px, 3)
    seen = imager.bent(np.ones(shape, np.float32))[..., 0]
    assert abs(seen[60, 80] - 1) < 0.01
    assert 0.65 < seen[0, 0] < 0.75
