"""Boards: their points, their ink, and the words that name them."""

import cv2
import numpy as np
import pytest

from calibration.board import AnyBoard, AprilGrid, CharucoBoard, Chessboard
from calibration.board_spec import parse_board, parse_length
from calibration.errors import CalibrationError

BOARDS = [
    Chessboard(9, 6, 0.025),
    CharucoBoard(8, 6, 0.030, 0.022),
    CharucoBoard(5, 7, 0.030, 0.022, "4x4_50"),
    AprilGrid(6, 4, 0.030, 0.009),
]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.spec)
def test_a_board_says_the_words_that_make_it_again(board: AnyBoard) -> None:
    assert parse_board(board.spec) == board


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.spec)
def test_points_and_ink_lie_on_the_pattern(board: AnyBoard) -> None:
    width, height = board.size_m
    assert (board.points_m[:, 2] == 0).all()
    assert (board.points_m[:, :2] >= 0).all()
    assert (board.points_m[:, :2] <= [width, height]).all()
    left, top, right, bottom = board.ink_m.T
    assert (left < right).all()
    assert (top < bottom).all()
    assert (left.min(), top.min()) == pytest.approx((0, 0), abs=1e-12)
    assert (right.max(), bottom.max()) == pytest.approx((width, height))


def test_the_points_of_a_chessboard_are_its_inner_corners_row_by_row() -> None:
    points = Chessboard(9, 6, 0.025).points_m
    assert len(points) == 54
    assert np.allclose(points[0], [0.025, 0.025, 0])
    assert np.allclose(points[1], [0.050, 0.025, 0])
    assert np.allclose(points[9], [0.025, 0.050, 0])


def test_charuco_points_and_print_are_those_of_opencv() -> None:
    board = CharucoBoard(8, 6, 0.030, 0.022)
    assert np.allclose(board.points_m, board.opencv.getChessboardCorners())
    scale = 10_000  # pixels a metre: the marker's cells need not fall on whole pixels
    width, height = (round(scale * extent) for extent in board.size_m)
    drawn = np.full((height, width), 255, np.uint8)
    for a, b, c, d in np.round(scale * board.ink_m).astype(int):
        drawn[b:d, a:c] = 0
    expected = board.opencv.generateImage((width, height))
    assert (drawn != expected).mean() < 0.02


def test_tags_count_from_the_bottom_left_as_kalibr_s() -> None:
    board = AprilGrid(6, 4, 0.030, 0.009)
    first = board.points_m.reshape(-1, 4, 3)
    assert first[0, 0, 0] == pytest.approx(0.009)
    assert first[0, 2, 1] == pytest.approx(board.size_m[1] - 0.009)
    assert first[6, 0, 1] < first[0, 0, 1]


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("", "No such board"),
        ("chess:9x6:25mm", "found 'chess:9x6:25mm'"),
        ("chessboard:9x6", "found 'chessboard:9x6'"),
        ("chessboard:9-6:25mm", "columns x rows"),
        ("chessboard:9x6:25", "with its unit"),
        ("chessboard:9x6:-25mm", "with its unit"),
        ("chessboard:9x6:25cm:3mm", "No such board"),
        ("chessboard:2x6:25mm", "at least 3x3"),
        ("chessboard:9x6:0mm", "between 1mm and 1m"),
        ("chessboard:9x6:25m", "between 1mm and 1m"),
        ("charuco:8x6:30mm:30mm", "smaller than its square"),
        ("charuco:8x6:30mm:22mm:9x9_10", "markers are one of"),
        ("charuco:30x30:30mm:22mm:4x4_50", "has 50"),
        ("aprilgrid:1x4:30mm:9mm", "at least 2x2"),
    ],
)
def test_words_that_are_no_board_get_a_sentence(spec: str, sentence: str) -> None:
    with pytest.raises(CalibrationError, match=sentence) as caught:
        parse_board(spec)
    assert "chessboard:9x6:25mm" in str(caught.value)


def test_lengths() -> None:
    assert parse_length("25mm") == pytest.approx(parse_length("2.5cm"))
    assert parse_length("0.025m") == pytest.approx(0.025)


def test_opencv_finds_a_printed_marker_where_the_ink_says() -> None:
    """The ink is the markers' own, not only something of the same size."""
    board = AprilGrid(2, 2, 0.030, 0.009)
    cells = cv2.aruco.generateImageMarker(
        cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11), 3, 10, borderBits=2
    )
    place, cell = board.places_m[3], board.tag_m / 10
    middles = place + cell * (np.stack(np.meshgrid(np.arange(10), np.arange(10)), -1) + 0.5)
    inked = np.zeros((10, 10), bool)
    for left, top, right, bottom in board.ink_m:
        x, y = middles[..., 0], middles[..., 1]
        inked |= (x > left) & (x < right) & (y > top) & (y < bottom)
    assert (inked == (cells == 0)).all()
