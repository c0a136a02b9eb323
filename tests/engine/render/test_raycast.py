"""Ray-cast depth is z-depth, exact, at pixel centres."""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.render.raycast import NO_TRIANGLE, cast_depth, join_meshes

CAMERA = PinholeCamera(80, 60, 70.0, 75.0, 37.3, 31.8)
PIXELS = np.stack(np.meshgrid(np.arange(80), np.arange(60)), -1)


def _square(z: float, half: float) -> tuple[np.ndarray, np.ndarray]:
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    vertices = np.concatenate([corners, np.full((4, 1), z)], 1)
    return vertices, np.array([[0, 1, 2], [0, 2, 3]])


def test_a_plane_facing_the_camera_has_one_depth_everywhere() -> None:
    """z-depth, not the length of the ray, which grows towards the corners."""
    hit = cast_depth(CAMERA, *_square(0.7, 2.0))
    np.testing.assert_allclose(hit.depth_m, 0.7, atol=1e-6)
    assert hit.depth_m.dtype == np.float32
    assert set(np.unique(hit.triangle)) == {0, 1}


def test_a_slanted_plane_is_exact_at_every_pixel_centre() -> None:
    vertices = np.array([[-3, -3, 0.4], [3, -3, 1.6], [3, 3, 1.6], [-3, 3, 0.4]])
    depth = cast_depth(CAMERA, vertices, np.array([[0, 1, 2], [0, 2, 3]])).depth_m
    points = CAMERA.unproject(PIXELS, depth)
    np.testing.assert_allclose(points[..., 2], 1.0 + 0.2 * points[..., 0], atol=1e-5)


def test_where_nothing_is_hit_there_is_no_data() -> None:
    hit = cast_depth(CAMERA, *_square(0.5, 0.05))
    on_it = (np.abs(CAMERA.unproject(PIXELS, np.full((60, 80), 0.5))[..., :2]) < 0.05).all(-1)
    assert 50 < on_it.sum() < 500
    np.testing.assert_array_equal(hit.depth_m > 0, on_it)
    assert (hit.depth_m[~on_it] == 0).all()
    assert (hit.triangle[~on_it] == NO_TRIANGLE).all()


def test_what_lies_behind_the_camera_is_not_seen() -> None:
    assert not cast_depth(CAMERA, *_square(-0.5, 1.0)).depth_m.any()


def test_the_nearest_of_joined_meshes_is_seen_and_named() -> None:
    vertices, faces = join_meshes(_square(0.9, 2.0), _square(0.5, 0.05))
    hit = cast_depth(CAMERA, vertices, faces)
    near = np.isclose(hit.depth_m, 0.5, atol=1e-6)
    assert near.any()
    np.testing.assert_allclose(hit.depth_m[~near], 0.9, atol=1e-6)
    assert set(np.unique(hit.triangle[near])) <= {2, 3}
    assert set(np.unique(hit.triangle[~near])) <= {0, 1}
