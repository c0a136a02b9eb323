"""The mirror: twice is nothing, and points, poses and pixels go through it together."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from engine.hand.model import load_hand_model
from engine.hand.skinning import pose_hand
from engine.inference.depth_view import mirror_points, mirror_pose, view_for
from engine.messages import Frame, Side
from tests.engine.hand.random_poses import random_pose

CAMERA = PinholeCamera(64, 48, 50.0, 52.0, 30.2, 25.1)


def _frame(depth: np.ndarray, camera: PinholeCamera = CAMERA) -> Frame:
    return Frame("test", 0, 0, camera, depth.astype(np.float32))


def test_the_right_view_is_the_frame_itself() -> None:
    frame = _frame(np.random.default_rng(0).random((48, 64)))
    view = view_for(frame, Side.RIGHT)
    assert view.depth_m is frame.depth_m
    assert view.camera == frame.camera


def test_mirroring_twice_is_the_identity() -> None:
    frame = _frame(np.random.default_rng(1).random((48, 64)))
    once = view_for(frame, Side.LEFT)
    twice = view_for(_frame(once.depth_m, once.camera), Side.LEFT)
    np.testing.assert_array_equal(twice.depth_m, frame.depth_m)
    assert twice.camera.cx == pytest.approx(CAMERA.cx)
    pose = random_pose(np.random.default_rng(2))
    again = mirror_pose(mirror_pose(pose, Side.LEFT), Side.LEFT)
    np.testing.assert_array_equal(again.wrist_rotation, pose.wrist_rotation)
    np.testing.assert_array_equal(again.wrist_position, pose.wrist_position)


def test_every_pixel_keeps_its_mirrored_point() -> None:
    frame = _frame(np.random.default_rng(3).uniform(0.3, 1.0, (48, 64)))
    pixels = np.stack(np.meshgrid(np.arange(64), np.arange(48)), -1)
    view = view_for(frame, Side.LEFT)
    points = CAMERA.unproject(pixels, frame.depth_m)
    mirrored = view.camera.unproject(pixels, view.depth_m)
    np.testing.assert_allclose(mirrored, mirror_points(points[:, ::-1], Side.LEFT), atol=1e-12)


@pytest.mark.parametrize("side", list(Side))
def test_a_mirrored_pose_stays_a_rotation_and_keeps_its_angles(side: Side) -> None:
    pose = random_pose(np.random.default_rng(4))
    mirrored = mirror_pose(pose, side)
    np.testing.assert_allclose(
        mirrored.wrist_rotation @ mirrored.wrist_rotation.T, np.eye(3), atol=1e-12
    )
    assert np.linalg.det(mirrored.wrist_rotation) == pytest.approx(1)
    np.testing.assert_array_equal(mirrored.angles, pose.angles)
    np.testing.assert_array_equal(mirrored.shape, pose.shape)


def test_a_left_hand_is_a_right_hand_in_its_view() -> None:
    """The pose fitted in the left hand's view, brought back, is the left hand in the camera."""
    model, pose = load_hand_model(), random_pose(np.random.default_rng(5))
    in_view = pose_hand(model, pose).vertices
    in_camera = pose_hand(model.mirrored(), mirror_pose(pose, Side.LEFT)).vertices
    np.testing.assert_allclose(in_camera, mirror_points(in_view, Side.LEFT), atol=1e-12)
