from __future__ import annotations

import numpy as np
import pytest

from app.viewport.content import (
    MAX_POINTS,
    TINT,
    UNCERTAIN_RGB,
    ContentOptions,
    Floor,
    build_content,
    hand_colors,
    observed_points,
)
from app.viewport.surface import HandSurface, default_surface
from engine.hand.keypoints import KEYPOINT_NAMES
from engine.messages import Side
from tests.app.scenes import CAMERA, make_frame, make_hand, make_scene


@pytest.fixture(scope="module")
def surface() -> HandSurface:
    return default_surface()


def test_a_scene_without_hands_has_no_mesh_and_no_joints(surface: HandSurface) -> None:
    content = build_content(make_scene(), make_frame(), surface, Floor(), ContentOptions())
    assert content.meshes == ()
    assert content.skeletons == ()


def test_each_hand_has_its_mesh_in_its_own_tint(surface: HandSurface) -> None:
    hands = (make_hand(), make_hand(Side.LEFT, position=(-0.15, 0.08, 0.45), hand_id=2))
    content = build_content(make_scene(hands), None, surface, Floor(), ContentOptions())
    for mesh, hand in zip(content.meshes, hands, strict=True):
        np.testing.assert_array_equal(mesh.vertices, hand.vertices)
        np.testing.assert_allclose(mesh.colors.mean(0), TINT[hand.side], atol=0.01)


@pytest.mark.parametrize("side", list(Side))
def test_triangles_face_outwards_on_both_sides(surface: HandSurface, side: Side) -> None:
    hand = make_hand(side)
    a, b, c = (hand.vertices[surface.triangles_of(side)[:, k]].astype(float) for k in range(3))
    volume_m3 = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert 1e-4 < volume_m3 < 6e-4


def test_an_uncertain_finger_is_dimmed_and_the_others_are_not(surface: HandSurface) -> None:
    confidence = np.full(21, 0.95)
    ring = [k for k, name in enumerate(KEYPOINT_NAMES) if name.startswith("ring")]
    confidence[ring] = 0.0
    hand = make_hand(confidence=confidence)
    colors = hand_colors(hand, surface)
    nearest = np.linalg.norm(hand.vertices[:, None] - hand.joints[None], axis=-1).argmin(1)
    ring_tips = np.isin(nearest, ring[2:])
    index = np.isin(nearest, [6, 7, 8])
    np.testing.assert_allclose(colors[ring_tips].mean(0), UNCERTAIN_RGB, atol=0.02)
    np.testing.assert_allclose(colors[index].mean(0), TINT[Side.RIGHT], atol=0.02)


def test_vertex_confidence_is_an_average(surface: HandSurface) -> None:
    np.testing.assert_allclose(surface.joint_weights.sum(1), 1.0, atol=1e-6)
    assert surface.vertex_confidence(np.full(21, 3.0)).max() <= 1.0 + 1e-6


def test_a_stale_mesh_is_greyer(surface: HandSurface) -> None:
    def spread(stale: bool) -> float:
        options = ContentOptions(stale=stale)
        content = build_content(make_scene((make_hand(),)), None, surface, Floor(), options)
        return float(np.ptp(content.meshes[0].colors.mean(0)))

    assert spread(stale=True) < 0.6 * spread(stale=False)


def test_observed_points_are_the_depth_in_metres() -> None:
    hand = make_hand()
    points = observed_points(make_frame((hand,)), (hand,)).positions
    pixels = CAMERA.project(points)
    np.testing.assert_allclose(pixels, np.round(pixels), atol=1e-3)
    depth = make_frame((hand,)).depth_m
    u, v = np.round(pixels).astype(int).T
    np.testing.assert_allclose(points[:, 2], depth[v, u], atol=1e-6)


def test_observed_points_are_few_and_leave_the_wall_behind_a_hand_out() -> None:
    hand = make_hand()
    around_hand = observed_points(make_frame((hand,)), (hand,))
    assert 100 < len(around_hand.positions) <= MAX_POINTS
    assert around_hand.positions[:, 2].max() < 0.7
    everything = observed_points(make_frame(), ())
    assert 100 < len(everything.positions) <= 1.1 * MAX_POINTS


def test_the_floor_is_below_every_hand_and_rests_while_it_can() -> None:
    floor = Floor()
    floor.follow((make_hand(),))
    first = floor.lines()
    floor.follow((make_hand(phase=0.3),))
    assert floor.lines() is first
    low = make_hand(position=(0.0, 0.3, 0.45))
    floor.follow((low,))
    assert floor.lines().ends[0, 0, 1] > low.vertices[:, 1].max()
