"""Finding boards in rendered pictures with known truth. Pixels."""

from functools import cache

import cv2
import numpy as np
import pytest

from calibration.board import AnyBoard, AprilGrid, CharucoBoard, Chessboard
from calibration.detect import create_detector
from calibration.distorted_camera import DistortedCamera
from calibration.picture_pairs import sees_mirrored
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from calibration.views import Detection
from tests.calibration.synthetic import (
    BOARD,
    Renderer,
    mirrored_picture,
    printed,
    random_poses,
    random_rig,
)

CHESSBOARD = Chessboard(9, 6, 0.025)
APRIL = AprilGrid(6, 4, 0.030, 0.009)
BOARDS = [CHESSBOARD, BOARD, CharucoBoard(7, 5, 0.03, 0.022), APRIL]


@cache
def scene(board: AnyBoard, seed: int = 3) -> tuple[DistortedCamera, Renderer, list[RigidTransform]]:
    rng = np.random.default_rng(seed)
    rig = random_rig(rng)
    poses = random_poses(rng, rig, board, 3, distances_m=(0.35, 0.6))
    return rig.left, Renderer(rig.left, printed(board, 6000)), poses


def errors(
    seen: Detection, camera: DistortedCamera, pose: RigidTransform, board: AnyBoard
) -> np.ndarray:
    truth = camera.project(pose.apply(board.points_m[seen.ids]))
    return np.linalg.norm(seen.pixels - truth, axis=1)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.spec)
def test_points_are_found_to_some_hundredths_of_a_pixel(board: AnyBoard) -> None:
    camera, renderer, poses = scene(board)
    rng = np.random.default_rng(0)
    detector = create_detector(board)
    for pose in poses:
        seen = detector.detect(renderer.picture(pose, rng))
        assert seen is not None
        assert len(seen.ids) >= 0.8 * len(board.points_m)
        assert (np.diff(seen.ids) > 0).all()
        off = errors(seen, camera, pose, board)
        assert np.median(off) < 0.06
        assert off.max() < 0.8
        if not isinstance(board, Chessboard):
            assert seen.marker_ratio == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("board", [BOARD, APRIL], ids=lambda board: board.spec)
def test_a_board_that_is_half_hidden_keeps_its_identities(board: AnyBoard) -> None:
    camera, renderer, poses = scene(board)
    picture = renderer.picture(poses[0])
    middle = camera.project(poses[0].apply(board.points_m)).mean(0)
    picture[:, int(middle[0]) :] = 120
    seen = create_detector(board).detect(picture)
    assert seen is not None
    assert 6 <= len(seen.ids) < 0.7 * len(board.points_m)
    assert np.median(errors(seen, camera, poses[0], board)) < 0.06


def test_half_a_chessboard_is_none() -> None:
    camera, renderer, poses = scene(CHESSBOARD)
    picture = renderer.picture(poses[0])
    middle = camera.project(poses[0].apply(CHESSBOARD.points_m)).mean(0)
    picture[:, int(middle[0]) :] = 120
    assert create_detector(CHESSBOARD).detect(picture) is None


def test_a_chessboard_upside_down_counts_from_its_own_first_corner() -> None:
    camera, renderer, poses = scene(CHESSBOARD)
    turn = RigidTransform(
        rotation_from_axis_angle(np.array([0, 0, np.pi])), np.array([0.25, 0.175, 0])
    )
    pose = poses[0] @ turn
    seen = create_detector(CHESSBOARD).detect(renderer.picture(pose))
    assert seen is not None
    assert errors(seen, camera, pose, CHESSBOARD).max() < 0.3


def test_nothing_is_found_where_there_is_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 320)).astype(np.uint8)
    for board in (BOARD, APRIL):
        assert create_detector(board).detect(noise) is None
    assert create_detector(CHESSBOARD, thorough=False).detect(noise) is None


def test_markers_in_a_mirror_are_told() -> None:
    _, renderer, poses = scene(BOARD)
    picture, detector = renderer.picture(poses[0]), create_detector(BOARD)
    assert not sees_mirrored(picture, detector)
    assert sees_mirrored(mirrored_picture(picture), detector)


def test_motion_and_focus_blur_are_measured() -> None:
    _, renderer, poses = scene(CHESSBOARD)
    picture, detector = renderer.picture(poses[0]), create_detector(CHESSBOARD)
    sharp = detector.detect(picture)
    moved = detector.detect(cv2.blur(picture, (7, 1)))
    unfocused = detector.detect(cv2.GaussianBlur(picture, (0, 0), 2.0))
    assert sharp is not None
    assert moved is not None
    assert unfocused is not None
    assert sharp.blur_px < 3.0 < min(moved.blur_px, unfocused.blur_px)


def test_overexposure_is_measured() -> None:
    _, renderer, poses = scene(CHESSBOARD)
    picture, detector = renderer.picture(poses[0]), create_detector(CHESSBOARD)
    good = detector.detect(picture)
    bright = detector.detect(np.clip(picture.astype(int) * 1.4, 0, 255).astype(np.uint8))
    assert good is not None
    assert bright is not None
    assert good.saturated == 0.0
    assert bright.saturated > 0.3
