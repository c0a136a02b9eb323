"""How well the views cover what a calibration has to know: place, size and tilt of the board.

The four bars are those that ROS users know (camera_calibration): the range that the board's place
(X, Y), its size and its skew went through, as a share of a range that is enough. The heat map
counts corners in cells of the picture, apart for a near, middle and far board.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.homography import homography, mapped
from calibration.views import Detection

Matrix = npt.NDArray[np.float64]

ENOUGH = np.array([0.7, 0.7, 0.4, 0.5])
ENOUGH_STEREO = np.array([0.4, 0.7, 0.4, 0.5])
"""Both cameras cannot see a board at the far left of one of them."""
HEAT_ROWS, HEAT_COLUMNS = 6, 8
NEAR_SIZE, FAR_SIZE = 0.5, 0.3
"""A board is near where the square root of its share of the picture is above, far where below."""
DISTANCE_BINS = ("near", "middle", "far")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a board is in a picture, each 0 to 1."""

    x: float
    y: float
    size: float
    skew: float

    @property
    def vector(self) -> Matrix:
        return np.array([self.x, self.y, self.size, self.skew])

    @property
    def distance_bin(self) -> int:
        """Index into DISTANCE_BINS."""
        return 0 if self.size >= NEAR_SIZE else 2 if self.size < FAR_SIZE else 1


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one camera."""

    x: float
    y: float
    size: float
    skew: float
    """Each 0 (nothing) to 1 (enough)."""
    heat: npt.NDArray[np.int64]
    """Corners seen [3 distance bins, 6 rows, 8 columns]."""

    @property
    def bars(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.size, self.skew

    @property
    def complete(self) -> bool:
        return min(self.bars) >= 1.0

    @property
    def cells_hit(self) -> float:
        """Share of the picture's cells with at least one corner."""
        return float((self.heat.sum(0) > 0).mean())


def outline_px(detection: Detection, board: Board) -> Matrix | None:
    """The corners [4, 2] of the board's field of points in the picture, clockwise from the first.

    Also where the board is seen in part; None where the points lie on a line.
    """
    points = board.points_m[:, :2]
    low, high = points.min(0), points.max(0)
    corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    H = homography(points[detection.ids], detection.pixels)
    return None if H is None else mapped(H, corners)


def placement(outline: Matrix, size_px: tuple[int, int]) -> Placement:
    """The placement of a board whose outline [4, 2] is seen in a picture of this size."""
    width, height = size_px
    area = float(cv2.contourArea(outline.astype(np.float32)))
    border = np.sqrt(area)
    middle = outline.mean(0)
    x, y = (
        float(np.clip((m - border / 2) / max(extent - border, 1.0), 0, 1))
        for m, extent in zip(middle, (width, height), strict=True)
    )
    size = float(np.sqrt(area / (width * height)))
    before, after = outline[0] - outline[1], outline[2] - outline[1]
    cosine = before @ after / max(np.linalg.norm(before) * np.linalg.norm(after), 1e-9)
    angle = float(np.arccos(np.clip(cosine, -1, 1)))
    return Placement(x, y, min(size, 1.0), min(1.0, 2 * abs(np.pi / 2 - angle)))


def placement_of(detection: Detection, board: Board) -> Placement | None:
    """The placement of a detected board; None where it has no outline."""
    outline = outline_px(detection, board)
    return None if outline is None else placement(outline, detection.size_px)


def coverage(detections: Sequence[Detection | None], board: Board, stereo: bool = True) -> Coverage:
    """Of one camera's pictures."""
    heat = np.zeros((len(DISTANCE_BINS), HEAT_ROWS, HEAT_COLUMNS), np.int64)
    places = []
    for detection in detections:
        place = None if detection is None else placement_of(detection, board)
        if detection is None or place is None:
            continue
        places.append(place.vector)
        np.add.at(heat[place.distance_bin], _cells(detection), 1)
    if not places:
        return Coverage(0.0, 0.0, 0.0, 0.0, heat)
    low, high = np.min(places, 0), np.max(places, 0)
    low[2:] = 0.0  # a small or an upright board is no merit of its own
    bars = np.minimum((high - low) / (ENOUGH_STEREO if stereo else ENOUGH), 1.0)
    x, y, size, skew = (float(bar) for bar in bars)
    return Coverage(x, y, size, skew, heat)


def _cells(detection: Detection) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row and column of the heat map of each point."""
    width, height = detection.size_px
    share = (detection.pixels + 0.5) / [width, height]
    column, row = np.floor(share * [HEAT_COLUMNS, HEAT_ROWS]).astype(np.int64).T
    return np.clip(row, 0, HEAT_ROWS - 1), np.clip(column, 0, HEAT_COLUMNS - 1)
