from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.inference.fitting.kernels.correspondence import (
    closest_share,
    hand_points,
    match_points,
)
from engine.inference.fitting.kernels.kinematics import vertex_normals, visible_vertices
from engine.inference.fitting.settings import DEFAULT_SETTINGS
from engine.render.raycast import cast_depth
from tests.engine.inference.fitting.scenes import CAMERA, fitter, hand_model, make_pose, see

number = st.floats(-1, 1)
corner = st.tuples(number, number, number)


@settings(deadline=None)  # the first call compiles
@given(corner, corner, corner, corner, st.floats(0, 1), st.floats(0, 1))
def test_no_place_of_the_triangle_is_closer(
    p: tuple[float, float, float],
    a: tuple[float, float, float],
    b: tuple[float, float, float],
    c: tuple[float, float, float],
    s: float,
    t: float,
) -> None:
    area = np.linalg.norm(np.cross(np.subtract(b, a), np.subtract(c, a)))
    assume(area > 1e-3)
    share = np.array(closest_share(p, a, b, c))
    assert abs(share.sum() - 1) < 1e-6
    assert (share > -1e-6).all()
    triangle = np.array([a, b, c])
    other = np.array([1 - s, s * (1 - t), s * t])
    found, tried = (np.linalg.norm(w @ triangle - p) for w in (share, other))
    assert found <= tried + 1e-5


def test_matches_are_the_closest_visible_places() -> None:
    seen, surface = see(make_pose()), fitter().surface
    points = np.concatenate([seen.hand.vertices, np.zeros((5, 3))])
    normals = vertex_normals(surface.faces, points)
    visible = visible_vertices(points, normals, surface.vertex_count)
    observed = seen.observation.observed
    matches = match_points(
        surface,
        points,
        normals,
        visible,
        observed.points,
        observed.normals,
        observed.normal_known,
        np.arange(len(observed.points)),
        DEFAULT_SETTINGS,
    )
    # The points were sampled from this very mesh.
    assert np.median(matches.distance) < 1e-4
    assert np.percentile(matches.distance, 97) < 1.5e-3
    assert matches.accepted.mean() > 0.97
    placed = np.einsum("mq,mqa->ma", matches.share, points[matches.corner])
    np.testing.assert_allclose(placed, matches.place, atol=1e-12)


def test_visible_vertices_are_those_that_rays_meet() -> None:
    seen, surface = see(make_pose()), fitter().surface
    points = np.concatenate([seen.hand.vertices, np.zeros((5, 3))])
    normals = vertex_normals(surface.faces, points)
    visible = visible_vertices(points, normals, surface.vertex_count)
    hit = cast_depth(CAMERA, seen.hand.vertices, hand_model().faces)
    uv = np.rint(CAMERA.project(seen.hand.vertices[visible])).astype(int)
    depth = hit.depth_m[uv[:, 1], uv[:, 0]]
    shown = depth > 0
    behind = seen.hand.vertices[visible][shown, 2] - depth[shown]
    assert (np.abs(behind) < 0.012).mean() > 0.95
    facing = (normals[: surface.vertex_count] * seen.hand.vertices).sum(1) < 0
    assert len(visible) > 0.8 * facing.sum()


def test_points_behind_the_wrist_are_left_out() -> None:
    wrist, knuckle = np.zeros(3), np.array([0.0, 0.1, 0.0])
    points = np.array([[0.0, 0.02, 0.3], [0.0, -0.003, 0.0], [0.1, -0.02, 0.0]])
    np.testing.assert_array_equal(hand_points(points, wrist, knuckle, -0.005), [0, 1])
