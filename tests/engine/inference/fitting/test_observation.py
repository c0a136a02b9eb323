from __future__ import annotations

import numpy as np
import pytest

from engine.inference.fitting import observe_hand
from tests.engine.inference.fitting.scenes import CAMERA, fitter, make_pose, see


def test_points_lie_on_the_surface_and_normals_face_the_camera() -> None:
    seen = see(make_pose())
    points, normals = seen.observation.points, seen.observation.normals
    assert 350 <= len(points) <= 600
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-9)
    assert ((normals * points).sum(1) < 0).all()
    nearest = np.linalg.norm(points[:, None] - seen.hand.vertices[None], axis=2).min(1)
    assert nearest.max() < 0.007  # about one edge of the mesh


def test_normals_are_those_of_a_plane() -> None:
    v, u = np.mgrid[0:240, 0:320]
    normal = np.array([0.3, -0.2, -1.0]) / np.linalg.norm([0.3, -0.2, -1.0])
    rays = CAMERA.unproject(np.stack([u, v], -1), np.ones((240, 320)))
    depth = (0.5 * normal[2] / (rays @ normal)).astype(np.float32)
    observation = observe_hand(depth, CAMERA, np.array([0.0, 0.0, 0.5]))
    assert observation is not None
    known = observation.observed.normal_known
    assert known.mean() > 0.9
    np.testing.assert_allclose(observation.normals[known] @ normal, 1, atol=1e-3)


def test_body_behind_the_hand_is_cut_away() -> None:
    seen = see(make_pose())
    behind = np.where(seen.depth_m > 0, seen.depth_m, np.float32(0.53))
    observation = observe_hand(behind, CAMERA, seen.hand.keypoints[1:].mean(0))
    assert observation is not None
    assert observation.points[:, 2].max() < 0.51


def test_finger_cut_off_by_another_one_stays() -> None:
    seen = see(make_pose())
    _, v = CAMERA.project(seen.hand.keypoints[10])  # a bar in front of the middle finger
    depth = seen.depth_m.copy()
    row = round(float(v))
    depth[row - 3 : row + 4] = np.where(depth[row - 3 : row + 4] > 0, 0.36, 0.0)
    observation = observe_hand(depth, CAMERA, seen.hand.keypoints[9])
    assert observation is not None
    tip = seen.hand.keypoints[12]
    assert np.linalg.norm(observation.points - tip, axis=1).min() < 0.015


def test_flying_pixels_are_left_out() -> None:
    seen = see(make_pose())
    rng = np.random.default_rng(0)
    depth = seen.depth_m.copy()
    empty = np.argwhere(depth == 0)
    flying = empty[rng.choice(len(empty), 300, replace=False)]
    depth[flying[:, 0], flying[:, 1]] = rng.uniform(0.38, 0.55, 300)
    observation = observe_hand(depth, CAMERA, seen.hand.keypoints[1:].mean(0))
    assert observation is not None
    nearest = np.linalg.norm(observation.points[:, None] - seen.hand.vertices[None], axis=2).min(1)
    assert (nearest > 0.01).mean() < 0.01


def test_distance_and_border_agree() -> None:
    observed = see(make_pose()).observation.observed
    h, w = observed.depth.shape
    v, u = np.mgrid[0:h, 0:w]
    border = observed.border[observed.border_label]
    distance = np.hypot(border[..., 0] - u, border[..., 1] - v)
    np.testing.assert_allclose(distance, observed.outside_px, atol=0.15, rtol=0.05)


def test_large_crops_are_thinned() -> None:
    fine = CAMERA.scaled(4.0)
    depth = np.repeat(np.repeat(see(make_pose()).depth_m, 4, 0), 4, 1)
    observation = observe_hand(depth, fine, see(make_pose()).hand.keypoints[1:].mean(0))
    assert observation is not None
    assert observation.stride > 1
    assert max(observation.depth_m.shape) <= 165
    seen = see(make_pose())
    result = fitter().assess(observation, seen.pose)
    assert result.residual_m < 0.002


@pytest.mark.parametrize(
    "centre", [(0, 0, 0.45), (0, 0, -0.4), (0, 0, 0.0), (5.0, 0, 0.4), (np.nan, 0, 0.4)]
)
def test_nothing_there_is_none(centre: tuple[float, float, float]) -> None:
    assert observe_hand(np.zeros((240, 320), np.float32), CAMERA, np.array(centre)) is None


def test_hand_out_of_the_picture_is_none() -> None:
    seen = see(make_pose())
    assert observe_hand(seen.depth_m, CAMERA, np.array([0.9, 0.0, 0.45])) is None
