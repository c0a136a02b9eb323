"""Finding a board in a picture: which of its points are where, to some hundredths of a pixel.

OpenCV finds squares and markers; every corner is then placed anew by corners.py.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from calibration.april_tags import TagReader
from calibration.board import AnyBoard, AprilGrid, CharucoBoard, Chessboard
from calibration.corners import CLEAR_SHARE, refine_corners
from calibration.homography import homography, mapped
from calibration.picture_quality import blur_px, saturated_share
from calibration.views import Detection

Gray = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.float64]

LEAST_POINTS = 6
"""Of a partly seen board; fewer tell little of its pose."""


class Detector(Protocol):
    """Finds one board."""

    def detect(self, gray: Gray) -> Detection | None:
        """The board in a picture [H, W], or None where it is not seen."""


def create_detector(board: AnyBoard, thorough: bool = True) -> Detector:
    """A detector for the board.

    `thorough` looks twice where a chessboard is not found at once; it takes up to a second, so a
    live picture is looked at without.
    """
    if isinstance(board, Chessboard):
        return ChessboardDetector(board, thorough)
    if isinstance(board, CharucoBoard):
        return CharucoDetector(board)
    return AprilGridDetector(board)


class ChessboardDetector:
    """All inner corners, or nothing. Told apart by the colour of the first square."""

    def __init__(self, board: Chessboard, thorough: bool = True) -> None:
        self._board, self._thorough = board, thorough

    def detect(self, gray: Gray) -> Detection | None:
        """All corners, or None."""
        pattern = (self._board.columns, self._board.rows)
        flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE
        if not self._thorough:
            flags |= cv2.CALIB_CB_FAST_CHECK
        found, corners = cv2.findChessboardCorners(gray, pattern, flags=flags)
        if not found and self._thorough:
            found, corners = cv2.findChessboardCornersSB(
                gray, pattern, flags=cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_NORMALIZE_IMAGE
            )
        if not found:
            return None
        ordered = self._ordered(gray, corners.reshape(-1, 2).astype(np.float64))
        refined, _ = refine_corners(gray, ordered)
        return _detection(gray, np.arange(len(ordered)), refined)

    def _ordered(self, gray: Gray, corners: Pixels) -> Pixels:
        """Row by row, seen from the front, the first square black as on the printed board.

        A board that looks the same upside down is taken as the one whose rows run to the right.
        """
        grid = corners.reshape(self._board.rows, self._board.columns, 2)
        right, down = grid[0, -1] - grid[0, 0], grid[-1, 0] - grid[0, 0]
        if right[0] * down[1] - right[1] * down[0] < 0:
            grid = grid[::-1]
        upside_down = grid[::-1, ::-1]
        if self._board.turns_into_itself:
            turn = grid[0, -1, 0] < grid[0, 0, 0]
        else:
            turn = _first_square(gray, upside_down) < _first_square(gray, grid)
        return np.ascontiguousarray((upside_down if turn else grid).reshape(-1, 2))


class CharucoDetector:
    """Whatever corners are seen between markers that are read."""

    def __init__(self, board: CharucoBoard) -> None:
        self._board = board
        self._detector = cv2.aruco.CharucoDetector(board.opencv)

    def detect(self, gray: Gray) -> Detection | None:
        """At least six corners, or None."""
        corners, ids, markers, marker_ids = self._detector.detectBoard(gray)
        if ids is None or len(ids) < LEAST_POINTS:
            return None
        found = np.ravel(ids).astype(np.int64)
        pixels = np.asarray(corners, np.float64).reshape(-1, 2)
        of_board = np.isin(np.ravel(marker_ids), np.ravel(self._board.opencv.getIds()))
        squares = np.asarray(markers, np.float64).reshape(-1, 4, 2)[of_board]
        ratio = _marker_ratio(
            self._board.points_m[found], pixels, _outlines(squares), self._board.marker_m
        )
        # A window with an edge of a marker in it is drawn towards the marker.
        clear = min(CLEAR_SHARE, (1 - self._board.marker_m / self._board.square_m) / 2)
        refined, exact = refine_corners(gray, pixels, clear)
        return _detection(gray, found[exact], refined[exact], ratio)


class AprilGridDetector:
    """The corners of all tags that are read."""

    def __init__(self, board: AprilGrid) -> None:
        self._board = board
        self._reader = TagReader(board)

    def detect(self, gray: Gray) -> Detection | None:
        """At least two tags, or None."""
        tags, quads = self._reader.read(gray)
        if not len(tags):
            return None
        ids = (4 * tags[:, None] + np.arange(4)).ravel()
        refined, exact = refine_corners(gray, quads.reshape(-1, 2))
        middles = self._board.points_m.reshape(-1, 4, 3)[tags].mean(1)
        corners = refined.reshape(-1, 4, 2)
        ratio = _marker_ratio(middles, _crossings(corners), corners, self._board.tag_m)
        return _detection(gray, ids[exact], refined[exact], ratio)


def _first_square(gray: Gray, grid: Pixels) -> float:
    """Brightness of the square between the first four inner corners: black on a printed board."""
    u, v = grid[:2, :2].reshape(4, 2).mean(0)
    patch = cv2.getRectSubPix(gray, (3, 3), (float(u), float(v)))
    return float(patch.mean())


def _marker_ratio(
    points_m: npt.NDArray[np.float64], pixels: Pixels, markers: Pixels, side_m: float
) -> float:
    """Side of the markers [M, 4, 2] as seen by what it should be, measured on the board's plane.

    `points_m` [N, 3] and `pixels` [N, 2] say where that plane is. 0 where they say too little.
    """
    H = homography(pixels, points_m[:, :2])
    if H is None or not len(markers):
        return 0.0
    flat = mapped(H, markers)
    sides = np.linalg.norm(flat - np.roll(flat, 1, axis=1), axis=-1)
    return float(np.median(sides) / side_m)


def _outlines(squares: Pixels) -> Pixels:
    """Markers [M, 4, 2] to the middle of their edges: OpenCV gives the outermost dark pixels."""
    middle = squares.mean(1, keepdims=True)
    side = np.linalg.norm(squares - np.roll(squares, 1, axis=1), axis=-1).mean(1)
    return middle + (squares - middle) * (1 + 1 / side)[:, None, None]


def _crossings(quads: Pixels) -> Pixels:
    """Where the diagonals of quads [M, 4, 2] cross: the middle, in perspective."""
    a, b, c, d = (quads[:, k] for k in range(4))
    along, across = c - a, d - b
    offset = b - a
    share = (offset[:, 0] * across[:, 1] - offset[:, 1] * across[:, 0]) / (
        along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
    )
    return a + share[:, None] * along


def _detection(gray: Gray, ids: Ids, pixels: Pixels, marker_ratio: float = 0.0) -> Detection | None:
    """What was found, without what lies outside of the picture."""
    order = np.argsort(ids)
    ids, pixels = ids[order].astype(np.int64), pixels[order]
    height, width = gray.shape
    inside = ((pixels >= 0) & (pixels <= [width - 1, height - 1])).all(1)
    if inside.sum() < LEAST_POINTS:
        return None
    ids, pixels = ids[inside], pixels[inside]
    return Detection(
        ids, pixels, (width, height), blur_px(gray, pixels), saturated_share(gray, pixels),
        marker_ratio,
    )  # fmt: skip
