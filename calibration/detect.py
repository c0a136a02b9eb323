"""Finding a board in a picture: which of its points are where, to some hundredths of a pixel.

OpenCV finds squares and markers; every corner is then placed anew by corners.py.
"""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import AnyBoard, AprilGrid, CharucoBoard, Chessboard
from calibration.board_pattern import APRIL_BORDER_BITS, APRIL_DICTIONARY, DICTIONARIES
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
        return _detection(gray, np.arange(len(ordered)), ordered)

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
        ratio = _marker_ratio(self._board.points_m[found], pixels, squares, self._board.marker_m)
        # A window with an edge of a marker in it is drawn towards the marker.
        clear = min(CLEAR_SHARE, (1 - self._board.marker_m / self._board.square_m) / 2)
        return _detection(gray, found, pixels, clear_share=clear, marker_ratio=ratio)


class AprilGridDetector:
    """The corners of all tags that are read, with Kalibr's frame of two cells or a plain one."""

    def __init__(self, board: AprilGrid) -> None:
        self._board = board
        self._detectors = [_tag_detector(bits) for bits in (APRIL_BORDER_BITS, 1)]

    def detect(self, gray: Gray) -> Detection | None:
        """At least two tags, or None."""
        for detector in self._detectors:
            corners, found, _ = detector.detectMarkers(gray)
            ids: Any = found  # OpenCV's types do not say that it gives None
            if ids is None:
                continue
            tags = np.ravel(ids).astype(np.int64)
            quads = np.asarray(corners, np.float64).reshape(-1, 4, 2)
            order = [k for k in np.argsort(tags) if tags[k] < len(self._board.places_m)]
            if len(order) * 4 >= LEAST_POINTS:
                return self._detection(gray, tags[order], quads[order])
        return None

    def _detection(self, gray: Gray, tags: Ids, pixels: Pixels) -> Detection | None:
        """Programs print tags turned by quarters; where they stand tells how these are."""
        points = self._board.points_m.reshape(-1, 4, 3)[tags]
        turn = min(range(4), key=lambda k: _misfit(points, np.roll(pixels, k, axis=1)))
        ids = (4 * tags[:, None] + np.arange(4)).ravel()
        ratio = _marker_ratio(points.mean(1), _crossings(pixels), pixels, self._board.tag_m)
        return _detection(
            gray, ids, np.roll(pixels, turn, axis=1).reshape(-1, 2), marker_ratio=ratio
        )


def _tag_detector(border_bits: int) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.markerBorderBits = border_bits
    tags = cv2.aruco.getPredefinedDictionary(DICTIONARIES[APRIL_DICTIONARY])
    return cv2.aruco.ArucoDetector(tags, parameters)


def _misfit(points: npt.NDArray[np.float64], pixels: Pixels) -> float:
    """How badly a flat board explains the pixels."""
    flat, seen = points[..., :2].reshape(-1, 2), pixels.reshape(-1, 2)
    H = homography(flat, seen)
    return np.inf if H is None else float(np.linalg.norm(mapped(H, flat) - seen, axis=1).sum())


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


def _crossings(quads: Pixels) -> Pixels:
    """Where the diagonals of quads [M, 4, 2] cross: the middle, in perspective."""
    a, b, c, d = (quads[:, k] for k in range(4))
    along, across = c - a, d - b
    offset = b - a
    share = (offset[:, 0] * across[:, 1] - offset[:, 1] * across[:, 0]) / (
        along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
    )
    return a + share[:, None] * along


def _detection(
    gray: Gray,
    ids: Ids,
    pixels: Pixels,
    *,
    clear_share: float = CLEAR_SHARE,
    marker_ratio: float = 0.0,
) -> Detection | None:
    order = np.argsort(ids)
    ids, pixels = ids[order].astype(np.int64), np.asarray(pixels, np.float64)[order]
    refined = refine_corners(gray, pixels, clear_share)
    height, width = gray.shape
    inside = ((refined >= 0) & (refined <= [width - 1, height - 1])).all(1)
    if inside.sum() < LEAST_POINTS:
        return None
    ids, refined = ids[inside], refined[inside]
    return Detection(
        ids, refined, (width, height), blur_px(gray, refined),
        saturated_share(gray, refined), marker_ratio,
    )  # fmt: skip
