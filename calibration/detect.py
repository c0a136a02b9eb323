"""Finding a board in a picture: which of its points are where, to a tenth of a pixel or so.

OpenCV finds squares and markers. Every corner is then placed by the gradients around it, in a
window that is as large as the picture of one square allows: a larger one takes in the next
corners' edges, a smaller one gives away accuracy.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import (
    APRIL_BORDER_BITS,
    APRIL_DICTIONARY,
    DICTIONARIES,
    AnyBoard,
    AprilGrid,
    CharucoBoard,
    Chessboard,
)
from calibration.picture_quality import blur_px, saturated_share
from calibration.views import Detection

Gray = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.float64]

WINDOW_SHARE = 0.3
"""Half width of the window, as a share of the distance to the nearest other point."""
WINDOW_PX = (2, 16)
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
        ids, pixels = ids.ravel().astype(np.int64), corners.reshape(-1, 2).astype(np.float64)
        of_board = np.isin(marker_ids.ravel(), self._board.opencv.getIds().ravel())
        squares = np.asarray([m.reshape(4, 2) for m in markers], np.float64)[of_board]
        ratio = _marker_ratio(self._board.points_m[ids], pixels, squares, self._board.marker_m)
        return _detection(gray, ids, pixels, ratio)


class AprilGridDetector:
    """The corners of all tags that are read, with Kalibr's frame of two cells or a plain one."""

    def __init__(self, board: AprilGrid) -> None:
        self._board = board
        self._detectors = [_tag_detector(bits) for bits in (APRIL_BORDER_BITS, 1)]

    def detect(self, gray: Gray) -> Detection | None:
        """At least two tags, or None."""
        for detector in self._detectors:
            corners, ids, _ = detector.detectMarkers(gray)
            known = [] if ids is None else np.flatnonzero(ids.ravel() < len(self._board.places_m))
            if len(known) * 4 >= LEAST_POINTS:
                tags = ids.ravel()[known].astype(np.int64)
                pixels = np.asarray([corners[k].reshape(4, 2) for k in known], np.float64)
                order = np.argsort(tags)
                return self._detection(gray, tags[order], pixels[order])
        return None

    def _detection(self, gray: Gray, tags: Ids, pixels: Pixels) -> Detection | None:
        """Programs print tags turned by quarters; where they stand tells how these are."""
        points = self._board.points_m.reshape(-1, 4, 3)[tags]
        turn = min(range(4), key=lambda k: _misfit(points, np.roll(pixels, k, axis=1)))
        ids = (4 * tags[:, None] + np.arange(4)).ravel()
        ratio = _marker_ratio(points.mean(1), _crossings(pixels), pixels, self._board.tag_m)
        return _detection(gray, ids, np.roll(pixels, turn, axis=1).reshape(-1, 2), ratio)


def _tag_detector(border_bits: int) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.markerBorderBits = border_bits
    tags = cv2.aruco.getPredefinedDictionary(DICTIONARIES[APRIL_DICTIONARY])
    return cv2.aruco.ArucoDetector(tags, parameters)


def _misfit(points: npt.NDArray[np.float64], pixels: Pixels) -> float:
    """How badly a flat board explains the pixels."""
    flat, seen = points[..., :2].reshape(-1, 2), pixels.reshape(-1, 2)
    H, _ = cv2.findHomography(flat, seen)
    if H is None:
        return np.inf
    return float(np.linalg.norm(cv2.perspectiveTransform(flat[None], H)[0] - seen, axis=1).sum())


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
    if len(points_m) < 4 or not len(markers):
        return 0.0
    H, _ = cv2.findHomography(pixels, points_m[:, :2])
    if H is None:
        return 0.0
    flat = cv2.perspectiveTransform(markers.reshape(1, -1, 2), H).reshape(-1, 4, 2)
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


def _detection(gray: Gray, ids: Ids, pixels: Pixels, marker_ratio: float = 0.0) -> Detection | None:
    order = np.argsort(ids)
    ids, pixels = ids[order].astype(np.int64), np.asarray(pixels, np.float64)[order]
    refined = refine_corners(gray, pixels)
    height, width = gray.shape
    inside = ((refined >= 0) & (refined <= [width - 1, height - 1])).all(1)
    if inside.sum() < LEAST_POINTS:
        return None
    ids, refined = ids[inside], refined[inside]
    return Detection(
        ids, refined, (width, height), blur_px(gray, refined),
        saturated_share(gray, refined), marker_ratio,
    )  # fmt: skip


def refine_corners(gray: Gray, pixels: Pixels) -> Pixels:
    """Corners [N, 2] to sub-pixel accuracy, each in a window that fits its surroundings."""
    windows = np.clip((WINDOW_SHARE * _spacing(pixels)).astype(int), *WINDOW_PX)
    refined = pixels.astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)
    for window in np.unique(windows):
        chosen = np.flatnonzero(windows == window)
        part = refined[chosen].reshape(-1, 1, 2).copy()
        size = (int(window), int(window))
        refined[chosen] = cv2.cornerSubPix(gray, part, size, (-1, -1), stop)[:, 0]
    moved = np.linalg.norm(refined - pixels, axis=1)
    # What wandered off found another corner, or none.
    return np.where((moved <= windows)[:, None], refined, pixels).astype(np.float64)


def _spacing(pixels: Pixels) -> Pixels:
    """Distance [N] of each point to the nearest other."""
    apart = np.linalg.norm(pixels[:, None] - pixels[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return apart.min(1)
