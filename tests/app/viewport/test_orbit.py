from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.viewport.orbit import MAX_DISTANCE_M, MAX_PITCH, MIN_DISTANCE_M, ViewPose

SIZE = (720, 540)
angles = st.floats(-3.0, 3.0)
poses = st.builds(
    ViewPose,
    target=st.tuples(*(st.floats(-0.5, 0.5),) * 3),
    yaw=angles,
    pitch=st.floats(-1.5, 1.5),
    distance_m=st.floats(0.2, 2.0),
    mirrored=st.booleans(),
)
drags = st.floats(-200, 200)


@given(poses)
def test_the_target_lies_in_the_middle_of_the_picture(pose: ViewPose) -> None:
    pixel = pose.project(np.array(pose.target), SIZE)
    np.testing.assert_allclose(pixel, [(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2], atol=1e-6)


@given(poses)
def test_the_eye_turns_without_distortion(pose: ViewPose) -> None:
    rotation = pose.T_eye_from_camera().rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) > 0


@given(poses, drags, drags)
def test_panning_moves_the_picture_with_the_pointer(pose: ViewPose, dx: float, dy: float) -> None:
    before = pose.project(np.array(pose.target), SIZE)
    after = pose.panned(dx, dy, SIZE[1]).project(np.array(pose.target), SIZE)
    np.testing.assert_allclose(after - before, [dx, dy], atol=1e-6)


@given(poses, drags, drags)
def test_orbiting_keeps_target_distance_and_an_upright_eye(
    pose: ViewPose, dx: float, dy: float
) -> None:
    turned = pose.orbited(dx, dy, SIZE[1])
    assert turned.target == pose.target
    assert turned.distance_m == pose.distance_m
    assert abs(turned.pitch) <= MAX_PITCH
    assert turned.T_eye_from_camera().rotation[0, 1] == 0.0  # the right axis stays level


@given(poses, st.floats(-50, 50))
def test_zoom_is_bounded(pose: ViewPose, steps: float) -> None:
    assert MIN_DISTANCE_M <= pose.zoomed(steps).distance_m <= MAX_DISTANCE_M


@given(poses)
def test_a_mirrored_picture_is_the_other_one_flipped(pose: ViewPose) -> None:
    from dataclasses import replace

    points = np.random.default_rng(0).uniform(-0.1, 0.1, (20, 3)) + pose.target
    plain = replace(pose, mirrored=False).project(points, SIZE)
    mirror = replace(pose, mirrored=True).project(points, SIZE)
    np.testing.assert_allclose(mirror[:, 0], SIZE[0] - 1 - plain[:, 0], atol=1e-9)
    np.testing.assert_allclose(mirror[:, 1], plain[:, 1], atol=1e-9)


def test_drag_to_the_right_turns_the_near_side_to_the_right() -> None:
    for mirrored in (False, True):
        pose = ViewPose(yaw=0.0, pitch=0.0, mirrored=mirrored)
        near = np.array(pose.target) + [0.0, 0.0, -0.05]
        assert pose.orbited(40, 0, 540).project(near, SIZE)[0] > pose.project(near, SIZE)[0]


def test_points_behind_the_eye_have_no_pixel() -> None:
    pose = ViewPose(yaw=0.0, pitch=0.0, target=(0, 0, 0.5), distance_m=0.5)
    assert np.isnan(pose.project(np.array([0.0, 0.0, -0.2]), SIZE)).all()


def test_straight_view_is_the_depth_cameras() -> None:
    pose = ViewPose(yaw=0.0, pitch=0.0, target=(0.0, 0.0, 0.5), distance_m=0.5)
    transform = pose.T_eye_from_camera()
    np.testing.assert_allclose(transform.rotation, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(transform.translation, 0.0, atol=1e-12)
