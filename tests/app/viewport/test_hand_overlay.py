from __future__ import annotations

import numpy as np
import pytest

from app.viewport.hand_overlay import CameraPicture, fitted_size, joint_pixels, placed
from app.viewport.outline import MeshEdges, outline_segments
from app.viewport.overlay import draw_skeleton
from app.viewport.surface import default_surface
from calibration.camera_model import PinholeCamera
from engine.messages import Side
from tests.app.scenes import CAMERA, make_frame, make_hand


def _sphere(radius: float, centre: np.ndarray, rings: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles of a closed sphere."""
    theta = np.linspace(0, np.pi, rings + 1)[1:-1]
    phi = np.linspace(0, 2 * np.pi, 2 * rings, endpoint=False)
    t, p = np.meshgrid(theta, phi, indexing="ij")
    ring = np.stack([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)], -1).reshape(-1, 3)
    vertices = np.concatenate([ring, [[0, 0, 1]], [[0, 0, -1]]]) * radius + centre
    n, m = len(theta), len(phi)
    triangles = []
    for j in range(m):
        k = (j + 1) % m
        triangles += [[n * m, j, k], [n * m + 1, (n - 1) * m + k, (n - 1) * m + j]]
        for i in range(n - 1):
            a, b = i * m + j, i * m + k
            triangles += [[a, a + m, b], [b, a + m, b + m]]
    return vertices, np.array(triangles)


def test_the_outline_of_a_sphere_is_a_circle_of_its_apparent_radius() -> None:
    vertices, triangles = _sphere(0.05, np.array([0.0, 0.0, 0.5]))
    segments = outline_segments(vertices, MeshEdges.of(triangles), CAMERA)
    radius = np.linalg.norm(segments.reshape(-1, 2) - [CAMERA.cx, CAMERA.cy], axis=1)
    expected = CAMERA.fx * np.tan(np.arcsin(0.05 / 0.5))
    np.testing.assert_allclose(radius, expected, rtol=0.02)


def test_every_edge_of_the_closed_hand_has_two_faces() -> None:
    edges = MeshEdges.of(default_surface().triangles)
    assert 2 * len(edges.vertices) == 3 * len(edges.triangles)


def test_a_mesh_that_reaches_behind_the_camera_has_no_outline() -> None:
    vertices, triangles = _sphere(0.05, np.array([0.0, 0.0, 0.02]))
    assert len(outline_segments(vertices, MeshEdges.of(triangles), CAMERA)) == 0


@pytest.mark.parametrize("mirrored", [False, True])
def test_joints_are_drawn_where_the_hand_is_seen(mirrored: bool) -> None:
    hand = make_hand(position=(-0.1, 0.1, 0.45))
    frame = make_frame((hand,))
    size = (320, 240)
    picture = CameraPicture(default_surface())
    plain = picture.draw(frame, (), size, mirrored)
    drawn = picture.draw(frame, (hand,), size, mirrored)
    changed = np.argwhere((plain != drawn).any(-1))[:, ::-1]
    joints = joint_pixels(hand, CAMERA, size, mirrored)
    box = joints.min(0) - 14, joints.max(0) + 14
    assert len(changed) > 100
    assert (changed >= box[0]).all()
    assert (changed <= box[1]).all()
    for joint in joints:
        assert np.linalg.norm(changed - joint, axis=1).min() < 1.5


def test_the_mirrored_picture_is_the_flipped_one() -> None:
    frame = make_frame((make_hand(),))
    picture = CameraPicture(default_surface())
    plain = picture.draw(frame, (), (320, 240))
    np.testing.assert_array_equal(
        picture.draw(frame, (), (320, 240), mirrored=True), plain[:, ::-1]
    )


def test_scaling_maps_picture_corners_to_corners() -> None:
    corners = np.array([[-0.5, -0.5], [639.5, 479.5]])
    moved = placed(corners, CAMERA, (320, 240), mirrored=False)
    np.testing.assert_allclose(moved, [[-0.5, -0.5], [319.5, 239.5]])
    flipped = placed(corners, CAMERA, (320, 240), mirrored=True)
    np.testing.assert_allclose(flipped[:, 0], [319.5, -0.5])


def test_a_wide_camera_fits_a_narrow_pane() -> None:
    wide = PinholeCamera(848, 480, 600, 600, 424, 240)
    assert fitted_size(wide, (300, 300)) == (300, 170)


def test_joints_far_outside_or_without_place_do_no_harm() -> None:
    image = np.zeros((40, 40, 4), np.uint8)
    for value in (np.nan, 1e9):
        draw_skeleton(image, np.full((21, 2), value), np.ones(21), (255, 255, 255), 2.0)
    assert not image.any()


def test_left_and_right_are_told_apart_by_colour() -> None:
    picture = CameraPicture(default_surface())
    means = []
    for side in Side:
        hand = make_hand(side)
        frame = make_frame((hand,))
        image = picture.draw(frame, (hand,), (640, 480), skeleton=False)
        plain = picture.draw(frame, (), (640, 480))
        changed = (image != plain).any(-1)
        means.append(image[changed][:, :3].mean(0))
    assert np.abs(means[0] - means[1]).max() > 25
