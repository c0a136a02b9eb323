"""The z-buffer against ray casting, and its near plane."""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.render.mesh import Mesh, box
from engine.render.raycast import cast_depth
from engine.render.zbuffer import NEAR_M, DepthCanvas

CAMERA = PinholeCamera(160, 120, 140.0, 150.0, 77.3, 61.8)


def _hand_mesh() -> Mesh:
    model = load_hand_model()
    palm_to_camera = np.diag([1.0, -1.0, -1.0])
    pose = HandPose(palm_to_camera, np.array([0.0, 0.06, 0.3]), np.full(22, 0.3), np.zeros(10))
    return Mesh(pose_hand(model, pose).vertices, model.faces)


def test_depth_equals_ray_casting_within_a_hundredth_of_a_millimetre() -> None:
    mesh = _hand_mesh()
    canvas = DepthCanvas(CAMERA)
    canvas.draw(mesh)
    drawn, cast = canvas.depth_m(), cast_depth(CAMERA, mesh.vertices, mesh.faces).depth_m
    both = (drawn > 0) & (cast > 0)
    assert both.sum() > 1500
    assert np.abs(drawn - cast)[both].max() < 1e-5
    assert np.count_nonzero((drawn > 0) != (cast > 0)) <= 3  # rays that graze an edge


def test_the_nearer_surface_wins_in_any_order() -> None:
    wall = box(np.array([0, 0, 1.0]), np.eye(3), np.array([2.0, 2.0, 0.01]))
    hand = _hand_mesh()
    images = []
    for order in ((wall, hand), (hand, wall)):
        canvas = DepthCanvas(CAMERA)
        for mesh in order:
            canvas.draw(mesh, 2 if mesh is hand else 1)
        images.append((canvas.depth_m(), canvas.labels))
    np.testing.assert_array_equal(images[0][0], images[1][0])
    np.testing.assert_array_equal(images[0][1], images[1][1])
    assert (images[0][0] > 0).all()
    assert (images[0][0][images[0][1] == 2] < 0.5).all()


def test_a_floor_that_reaches_behind_the_camera_is_cut_at_the_near_plane() -> None:
    floor = Mesh(
        np.array([[-9.0, 0.5, -1.0], [9.0, 0.5, -1.0], [0.0, 0.5, 20.0]]),
        np.array([[0, 1, 2]], np.int32),
    )
    canvas = DepthCanvas(CAMERA)
    canvas.draw(floor)
    depth = canvas.depth_m()
    v = np.arange(CAMERA.height_px)
    expected = 0.5 * CAMERA.fy / np.maximum(v - CAMERA.cy, 1e-9)
    below = expected < 10
    np.testing.assert_allclose(depth[below, 80], expected[below], rtol=1e-5)
    assert depth[depth > 0].min() > NEAR_M


def test_a_copy_is_independent() -> None:
    canvas = DepthCanvas(CAMERA)
    canvas.copy().draw(_hand_mesh())
    assert not canvas.depth_m().any()
