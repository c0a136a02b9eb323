"""Crops: coordinates go there and back, and the pixels lie where the coordinates say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calibration.camera_model import PinholeCamera
from engine.inference.crops import (
    BACKGROUND,
    CROP_SIZE,
    CUBE_M,
    Crop,
    extract_crop,
    ray_rotation,
)

CAMERA = PinholeCamera(640, 480, 476.0, 470.0, 311.7, 245.2)
PIXEL = 2.0 / CROP_SIZE
"""Side of a crop's pixel in crop coordinates."""

crops = st.builds(
    lambda x, y, z, cube, turn, mirror: Crop(CAMERA, z * np.array([x, y, 1.0]), cube, turn, mirror),
    x=st.floats(-0.5, 0.5),
    y=st.floats(-0.4, 0.4),
    z=st.floats(0.2, 1.2),
    cube=st.floats(0.15, 0.35),
    turn=st.floats(-np.pi, np.pi),
    mirror=st.booleans(),
)
in_cube = st.lists(st.tuples(*[st.floats(-1, 1)] * 3), min_size=1, max_size=8).map(np.array)


@given(crops, in_cube)
def test_to_camera_and_back_is_the_identity(crop: Crop, uvd: np.ndarray) -> None:
    points = crop.to_camera(uvd)
    np.testing.assert_allclose(crop.from_camera(points), uvd, atol=1e-9)
    np.testing.assert_allclose(crop.to_camera(crop.from_camera(points)), points, atol=1e-12)


@given(crops)
def test_the_centre_is_the_origin_and_the_depth_axis_is_the_cameras(crop: Crop) -> None:
    np.testing.assert_allclose(crop.from_camera(crop.centre), 0.0, atol=1e-9)
    front, back = crop.to_camera(np.array([[0.2, 0.1, -1.0], [0.2, 0.1, 1.0]]))
    assert back[2] - front[2] == pytest.approx(crop.cube_m)


@given(crops)
def test_the_window_is_the_cube_projected_at_its_centres_depth(crop: Crop) -> None:
    left, right = crop.to_camera(np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert np.linalg.norm(right - left) == pytest.approx(crop.cube_m, rel=1e-6)


@given(crops, in_cube)
def test_mirror_flips_across_the_turned_image(crop: Crop, uvd: np.ndarray) -> None:
    flipped = replace(crop, mirror=not crop.mirror)
    about_centre = crop.camera.project(crop.to_camera(uvd)) - crop.centre_px
    other = crop.camera.project(flipped.to_camera(uvd)) - crop.centre_px
    np.testing.assert_allclose(other, about_centre * [-1, 1], atol=1e-6)
    determinant = np.linalg.det(crop.px_from_uv)
    assert (determinant < 0) == crop.mirror


@given(crops, st.floats(-np.pi, np.pi))
def test_turning_the_crop_turns_points_the_other_way(crop: Crop, more: float) -> None:
    """Square pixels here: with fx != fy a turned window is sheared, as its coordinates say."""
    square = replace(crop, camera=replace(CAMERA, fy=CAMERA.fx), mirror=False)
    turned = replace(square, turn=square.turn + more)
    u, v, d = square.from_camera(turned.to_camera(np.array([0.7, 0.0, 0.3])))
    assert np.hypot(u, v) == pytest.approx(0.7)
    assert np.arctan2(-v, u) - more == pytest.approx(
        round((np.arctan2(-v, u) - more) / (2 * np.pi)) * 2 * np.pi, abs=1e-6
    )
    assert d == pytest.approx(0.3)


def _spot_image(point: np.ndarray, reach_px: int) -> np.ndarray:
    """Nothing but a square patch at the depth of a point."""
    u, v = np.round(CAMERA.project(point)).astype(int)
    depth = np.zeros((CAMERA.height_px, CAMERA.width_px), np.float32)
    depth[v - reach_px : v + reach_px + 1, u - reach_px : u + reach_px + 1] = point[2]
    return depth


def _spot_reach_px(crop: Crop) -> int:
    """So that one of the crop's pixels at least falls on the spot: where a crop is coarser than the
    picture, its samples are up to 0.71 of its pixels away from any point."""
    coarsest_px = PIXEL * np.linalg.svd(crop.px_from_uv)[1].max()
    return max(2, int(np.ceil(0.71 * coarsest_px)) + 1)


@settings(max_examples=60)
@example(Crop(CAMERA, np.array([0.0, 0.0, 0.203125]), 0.3125), (0.0, 0.0, 0.0))
@given(crops, st.tuples(*[st.floats(-0.9, 0.9)] * 3))
def test_a_point_is_seen_where_from_camera_says(
    crop: Crop, uvd: tuple[float, float, float]
) -> None:
    point = crop.to_camera(np.array(uvd))
    pixel = CAMERA.project(point)
    reach = _spot_reach_px(crop)
    if not (reach < pixel[0] < 639 - reach and reach < pixel[1] < 479 - reach):
        return  # outside the camera's picture
    image = extract_crop(_spot_image(point, reach), crop)
    rows, columns = np.nonzero(image < BACKGROUND)
    half_camera_px = PIXEL + 0.5 / min(abs(np.linalg.svd(crop.px_from_uv)[1]))
    assert abs((columns.mean() + 0.5) * PIXEL - 1 - uvd[0]) < half_camera_px
    assert abs((rows.mean() + 0.5) * PIXEL - 1 - uvd[1]) < half_camera_px
    np.testing.assert_allclose(image[rows, columns], uvd[2], atol=1e-5)


def test_the_crop_has_no_half_pixel_shift() -> None:
    """A ramp of depth along u reads the same through the image and through the coordinates."""
    camera = PinholeCamera(400, 400, 500.0, 500.0, 199.5, 199.5)
    u = np.arange(400, dtype=np.float32)
    depth = np.broadcast_to(0.5 + 0.0001 * (u - 199.5), (400, 400)).astype(np.float32)
    crop = Crop(camera, np.array([0.0, 0.0, 0.5]), 0.25)
    image = extract_crop(depth, crop)
    centres = (np.arange(CROP_SIZE) + 0.5) * PIXEL - 1
    expected = 0.0001 * centres * 125.0 / 0.125  # half window: 125 px; half cube: 0.125 m
    shift_px = (image.mean(0) - expected) / (0.0001 / 0.125)
    assert abs(shift_px.mean()) < 0.1
    assert np.abs(shift_px).max() < 0.76, "nearest neighbour: half a pixel and a rounding"


def test_what_is_outside_the_cube_or_without_data_is_background() -> None:
    depth = np.full((480, 640), 0.5, np.float32)
    depth[:, :300] = 0.0
    depth[:200] = 0.37
    depth[300:] = 0.63
    image = extract_crop(depth, Crop(CAMERA, CAMERA.unproject(np.array([311, 245]), np.array(0.5))))
    assert image.shape == (CROP_SIZE, CROP_SIZE)
    assert image.dtype == np.float32
    assert set(np.unique(image)) == {0.0, BACKGROUND}
    assert 0.1 < (image == 0).mean() < 0.5


def test_a_crop_beyond_the_picture_is_background_there() -> None:
    depth = np.full((480, 640), 0.5, np.float32)
    centre = CAMERA.unproject(np.array([0.0, 245.0]), np.array(0.5))
    image = extract_crop(depth, Crop(CAMERA, centre))
    assert (image[:, :63] == BACKGROUND).all()
    assert (image[:, 66:] == 0).all()


def test_the_same_hand_looks_the_same_through_every_sensor() -> None:
    """Resolution drops out of a crop: the reason why one network serves all cameras."""
    sphere = np.array([0.03, -0.02, 0.5])
    images = []
    for factor in (0.5, 1.0):
        camera = replace(CAMERA, fy=CAMERA.fx).scaled(factor)
        u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
        rays = camera.unproject(np.stack([u, v], -1), np.ones(u.shape))
        along = rays @ sphere / (rays**2).sum(-1)
        inside = (sphere**2).sum() - along**2 * (rays**2).sum(-1) < 0.06**2
        depth = np.where(inside, along - 0.03, 0).astype(np.float32)
        images.append(extract_crop(depth, Crop(camera, sphere, CUBE_M)))
    assert (np.abs(images[0] - images[1]) > 0.05).mean() < 0.02


@given(crops)
def test_the_ray_rotation_turns_z_into_the_ray_and_nothing_else(crop: Crop) -> None:
    R = ray_rotation(crop.centre)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(R) == pytest.approx(1)
    ray = crop.centre / np.linalg.norm(crop.centre)
    np.testing.assert_allclose(R[:, 2], ray, atol=1e-12)
    least = np.arccos(np.clip(ray[2], -1, 1))
    assert np.arccos(np.clip((np.trace(R) - 1) / 2, -1, 1)) == pytest.approx(least, abs=1e-6)
