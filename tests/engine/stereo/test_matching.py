from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.render.lighting import Lighting, lamp_at
from engine.render.mesh import box, ellipsoid
from engine.render.shading import shaded
from engine.render.surface import Material, Surface, gathered
from engine.stereo.block import Block, MatchSettings, match_block
from engine.stereo.matching import StereoMatcher
from engine.stereo.near_blocks import ALL_CELLS, FULL_CELLS, near_blocks
from engine.stereo.refine import refined
from tests.fakes.stereo_pairs import plane_pair, wall_pair

FOCAL_PX, BASELINE_M = 500.0, 0.09
INSIDE = np.s_[20:-20, 120:-20]
"""Away from the borders, and from what the right camera does not see."""


def matched(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return StereoMatcher(FOCAL_PX, BASELINE_M).match(left, right).depth_m


@pytest.mark.parametrize("distance_m", [0.3, 0.5, 0.7, 0.9])
def test_wall_is_where_it_is(distance_m: float) -> None:
    disparity = FOCAL_PX * BASELINE_M / distance_m
    depth = matched(*wall_pair(disparity, 480, 320))[20:-20, 180:-20]
    errors = depth[depth > 0] - distance_m
    per_pixel = distance_m**2 / (FOCAL_PX * BASELINE_M)
    assert (depth > 0).mean() > 0.97
    assert abs(np.median(errors)) < 0.1 * per_pixel
    assert np.percentile(np.abs(errors), 90) < 0.35 * per_pixel


@pytest.mark.parametrize("slope", [-0.06, 0.06])
def test_slanted_plane_keeps_its_slant(slope: float) -> None:
    pair = plane_pair(80.0 - slope * 240, slope, 480, 320)
    depth = matched(*pair)
    u = np.arange(480)[None] + np.zeros((320, 1))
    truth = FOCAL_PX * BASELINE_M / (80.0 - slope * 240 + slope * u)
    found = depth[INSIDE] > 0
    errors = (depth - truth)[INSIDE][found]
    assert found.mean() > 0.97
    assert abs(np.median(errors)) < 0.001
    assert np.percentile(np.abs(errors), 90) < 0.004


def test_disparities_between_whole_pixels_are_not_drawn_to_them() -> None:
    means = []
    for part in (0.0, 0.25, 0.5, 0.75):
        left, right = (side[..., 0] for side in wall_pair(40.0 + part, 320, 200))
        found = match_block(left, right, Block(80, 20, 300, 180, 30, 16), MatchSettings())
        better = refined(left, right, found, 80, 20)
        means.append(np.median(better.disparity[found >= 0]) - 40 - part)
    assert np.abs(means).max() < 0.06


def test_sphere_before_a_wall() -> None:
    """A ball of 8 cm at half a metre, rendered; the error of its near side in millimetres."""
    camera = PinholeCamera(320, 240, FOCAL_PX / 2, FOCAL_PX / 2, 159.5, 119.5)
    rng = np.random.default_rng(3)
    cloth = Material((0.4, 0.4, 0.4), (0.1, 0.2, 0.1), 0.008, 0.4, 0.002)
    meshes = [
        ellipsoid(np.array([0.02, 0.0, 0.5]), np.eye(3), np.full(3, 0.08)),
        box(np.array([0.0, 0.0, 0.95]), np.eye(3), np.array([2.0, 2.0, 0.05])),
    ]
    surfaces = gathered([Surface(mesh, cloth, mesh.vertices) for mesh in meshes])
    lamp = lamp_at(np.array([0.3, -0.8, 0.0]), np.array([0.0, 0.0, 0.5]), 1.0, surfaces)
    lighting = Lighting(lamp, 0.6, np.array([0.0, -1.0, 0.0]))
    places = (
        RigidTransform.identity(),
        RigidTransform(np.eye(3), np.array([-BASELINE_M, 0.0, 0.0])),
    )
    pair = []
    for place in places:
        view = shaded(surfaces, camera, place, lighting)
        light = np.clip(view.light * 0.6 + rng.normal(0, 0.004, view.light.shape), 0, 1)
        pair.append((light ** (1 / 2.2) * 255).round().astype(np.uint8))
    truth = 1 / np.maximum(shaded(surfaces, camera, places[0], lighting).inverse, 1e-3)
    depth = StereoMatcher(FOCAL_PX / 2, BASELINE_M).match(*pair).depth_m
    ball = cv2.erode((truth < 0.6).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    found = ball & (depth > 0)
    errors_mm = 1000 * np.abs(depth - truth)[found]
    assert found.sum() > 0.95 * ball.sum()
    assert np.median(errors_mm) < 1.5
    assert np.percentile(errors_mm, 90) < 5.0


def test_what_one_camera_alone_sees_gets_no_depth() -> None:
    """A board hides a strip of the wall from the right camera: left of its left border."""
    left, right = wall_pair(20.0, 320, 200, seed=1)
    near_left, near_right = wall_pair(60.0, 320, 200, seed=2)
    left[60:140, 140:240] = near_left[60:140, 140:240]
    right[60:140, 80:180] = near_right[60:140, 80:180]
    depth = matched(left, right)
    strip = depth[70:130, 102:138]  # 40 px wide, the difference of the disparities.
    wall = FOCAL_PX * BASELINE_M / 20.0
    assert (np.abs(strip - wall) < 0.2).mean() < 0.35
    assert (strip == 0).mean() > 0.5
    board = depth[70:130, 150:230]
    assert (np.abs(board - FOCAL_PX * BASELINE_M / 60.0) < 0.01).mean() > 0.95


def test_untextured_pictures_give_no_depth_to_believe() -> None:
    blank = np.full((200, 320), 120, np.uint8)
    result = StereoMatcher(FOCAL_PX, BASELINE_M).match(blank, blank)
    assert not ((result.depth_m > 0) & (result.depth_m < 1.5)).any()


def test_no_data_is_exactly_zero_and_has_no_confidence() -> None:
    result = StereoMatcher(FOCAL_PX, BASELINE_M).match(*wall_pair(70.0, 320, 200))
    nothing = result.depth_m == 0
    assert nothing.any()
    assert (result.confidence[nothing] == 0).all()
    assert (result.confidence[~nothing] > 0).all()
    assert result.confidence.max() <= 1.0
    assert result.depth_m.dtype == np.float32


def coarse_with_hand(disparity: float, background: float, size: int) -> np.ndarray:
    coarse = np.full((120, 160), background, np.float32)
    coarse[40 : 40 + size, 60 : 60 + size] = disparity
    return coarse


def test_a_block_holds_the_near_piece_and_its_disparities() -> None:
    (near,) = near_blocks(coarse_with_hand(90.0, 12.0, 30), 4, FOCAL_PX * BASELINE_M)
    block = near.block
    assert block.left <= 240
    assert block.right >= 360
    assert block.top <= 160
    assert block.bottom >= 280
    assert block.lowest <= 12
    assert block.lowest + block.count >= 90
    assert near.level == 1


def test_what_is_far_is_not_matched_finely() -> None:
    coarse = np.full((120, 160), 12.0, np.float32)
    assert near_blocks(coarse, 4, FOCAL_PX * BASELINE_M) == []


@pytest.mark.parametrize("size", [30, 60, 75])
def test_the_work_is_bounded(size: int) -> None:
    blocks = near_blocks(coarse_with_hand(200.0, 40.0, size), 4, FOCAL_PX * BASELINE_M)
    assert blocks
    assert sum(near.cells for near in blocks) <= ALL_CELLS
    assert sum(near.cells for near in blocks if near.level == 1) <= FULL_CELLS


def test_everything_near_is_matched_at_half_the_resolution() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.uniform(70, 130, (120, 160)).astype(np.float32)
    (near,) = near_blocks(coarse, 4, FOCAL_PX * BASELINE_M)
    assert near.level == 2
