"""What is printed on boards: grids of points, squares and the cells of markers, in metres."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

CHARUCO_DICTIONARY = "5x5_100"
APRIL_DICTIONARY = "april_36h11"
DICTIONARIES: Mapping[str, int] = MappingProxyType(
    {
        "4x4_50": cv2.aruco.DICT_4X4_50,
        "4x4_100": cv2.aruco.DICT_4X4_100,
        "4x4_250": cv2.aruco.DICT_4X4_250,
        "5x5_50": cv2.aruco.DICT_5X5_50,
        "5x5_100": cv2.aruco.DICT_5X5_100,
        "5x5_250": cv2.aruco.DICT_5X5_250,
        "6x6_50": cv2.aruco.DICT_6X6_50,
        "6x6_100": cv2.aruco.DICT_6X6_100,
        "6x6_250": cv2.aruco.DICT_6X6_250,
        APRIL_DICTIONARY: cv2.aruco.DICT_APRILTAG_36h11,
    }
)
APRIL_BORDER_BITS = 2
"""Of a tag's black frame, as Kalibr prints it: its boards and ours are the same."""


def grid(columns: int, rows: int, square_m: float) -> Points:
    """Inner corners [columns * rows, 3], row by row."""
    x, y = np.meshgrid(np.arange(1, columns + 1), np.arange(1, rows + 1))
    flat = np.stack([x.ravel(), y.ravel(), np.zeros(columns * rows)], -1)
    return np.asarray(square_m * flat, np.float64)


def black_squares(columns: int, rows: int, square_m: float) -> Points:
    """Rectangles of a chessboard's black squares; the one at the origin is black."""
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    black = (x + y) % 2 == 0
    corners = np.stack([x[black], y[black], x[black] + 1, y[black] + 1], -1)
    return square_m * corners.astype(np.float64)


def marker_ink(dictionary: str, marker: int, border_bits: int, side_m: float) -> Points:
    """Black rectangles [K, 4], a run of cells each, of a marker with its corner at the origin."""
    markers = cv2.aruco.getPredefinedDictionary(DICTIONARIES[dictionary])
    cells = markers.markerSize + 2 * border_bits
    picture = cv2.aruco.generateImageMarker(markers, marker, cells, borderBits=border_bits)
    runs = []
    for row, line in enumerate(picture == 0):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
        runs += [[a, row, b, row + 1] for a, b in edges.reshape(-1, 2)]
    return (side_m / cells) * np.array(runs, np.float64)
