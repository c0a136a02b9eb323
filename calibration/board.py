"""Calibration boards: flat patterns whose points are known in metres.

The board's frame has its origin at the outer corner of the pattern, x to the right and y down as
one looks at it, z away from the viewer; so a board that is held upright in front of a camera is
hardly turned against it. Every point has an identity, its index in `points_m`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board_pattern import (
    APRIL_BORDER_BITS,
    APRIL_DICTIONARY,
    CHARUCO_DICTIONARY,
    DICTIONARIES,
    black_squares,
    grid,
    marker_ink,
)
from calibration.errors import CalibrationError, CalibrationProblem

Points = npt.NDArray[np.float64]


class Board(Protocol):
    """What every board can say of itself."""

    @property
    def spec(self) -> str:
        """The words that make it again: `parse_board(board.spec) == board`."""

    @property
    def points_m(self) -> Points:
        """The points [N, 3] in the board's frame; z = 0."""

    @property
    def size_m(self) -> tuple[float, float]:
        """Width and height of the printed pattern."""

    @property
    def square_m(self) -> float:
        """The length that a person measures: a square's side, or a tag's."""

    @property
    def partial(self) -> bool:
        """Whether points can be told apart where parts of the board are hidden."""

    @property
    def ink_m(self) -> Points:
        """The black rectangles [K, 4] as left, top, right, bottom: what a printer has to print."""


@dataclass(frozen=True)
class Chessboard:
    """Black and white squares; counted are the inner corners, as OpenCV does."""

    columns: int
    rows: int
    square_m: float
    partial = False

    def __post_init__(self) -> None:
        _check_counts(self.columns, self.rows, least=3, what="inner corners")
        _check_length(self.square_m, "square")

    @property
    def spec(self) -> str:
        return f"chessboard:{self.columns}x{self.rows}:{_millimetres(self.square_m)}"

    @cached_property
    def points_m(self) -> Points:
        return grid(self.columns, self.rows, self.square_m)

    @property
    def size_m(self) -> tuple[float, float]:
        return (self.columns + 1) * self.square_m, (self.rows + 1) * self.square_m

    @cached_property
    def ink_m(self) -> Points:
        return black_squares(self.columns + 1, self.rows + 1, self.square_m)

    @property
    def turns_into_itself(self) -> bool:
        """Whether it looks the same upside down, so that its points cannot be told apart."""
        return (self.columns + self.rows) % 2 == 0


@dataclass(frozen=True)
class CharucoBoard:
    """A chessboard with a marker in every white square; counted are the squares."""

    columns: int
    rows: int
    square_m: float
    marker_m: float
    dictionary: str = CHARUCO_DICTIONARY
    partial = True

    def __post_init__(self) -> None:
        _check_counts(self.columns, self.rows, least=3, what="squares")
        _check_length(self.square_m, "square")
        _check_length(self.marker_m, "marker")
        if not self.marker_m < self.square_m:
            raise bad_board(
                f"a marker must be smaller than its square of {_millimetres(self.square_m)}, "
                f"found {_millimetres(self.marker_m)}"
            )
        _check_dictionary(self.dictionary)
        needed = self.columns * self.rows // 2
        known = len(cv2.aruco.getPredefinedDictionary(DICTIONARIES[self.dictionary]).bytesList)
        if needed > known:
            raise bad_board(
                f"{self.columns}x{self.rows} squares need {needed} markers, and the dictionary "
                f"{self.dictionary} has {known}"
            )

    @property
    def spec(self) -> str:
        square, marker = _millimetres(self.square_m), _millimetres(self.marker_m)
        return f"charuco:{self.columns}x{self.rows}:{square}:{marker}:{self.dictionary}"

    @cached_property
    def points_m(self) -> Points:
        return grid(self.columns - 1, self.rows - 1, self.square_m)

    @property
    def size_m(self) -> tuple[float, float]:
        return self.columns * self.square_m, self.rows * self.square_m

    @cached_property
    def opencv(self) -> cv2.aruco.CharucoBoard:
        """The same board for OpenCV's detector."""
        return cv2.aruco.CharucoBoard(
            (self.columns, self.rows),
            self.square_m,
            self.marker_m,
            cv2.aruco.getPredefinedDictionary(DICTIONARIES[self.dictionary]),
        )

    @cached_property
    def ink_m(self) -> Points:
        squares = black_squares(self.columns, self.rows, self.square_m)
        corners = np.asarray(self.opencv.getObjPoints(), np.float64)[:, 0, :2]
        ids = np.ravel(self.opencv.getIds())
        markers = [
            marker_ink(self.dictionary, int(marker), 1, self.marker_m) + [*place, *place]
            for marker, place in zip(ids, corners, strict=True)
        ]
        return np.concatenate([squares, *markers])


@dataclass(frozen=True)
class AprilGrid:
    """Kalibr's board: AprilTags 36h11 in a grid, with a small black square where corners meet.

    `columns` x `rows` tags of `tag_m`, `gap_m` apart. Tags count from the bottom left upwards; the
    points are each tag's corners: top left, top right, bottom right, bottom left.
    """

    columns: int
    rows: int
    tag_m: float
    gap_m: float
    partial = True

    def __post_init__(self) -> None:
        _check_counts(self.columns, self.rows, least=2, what="tags")
        _check_length(self.tag_m, "tag")
        _check_length(self.gap_m, "gap")

    @property
    def spec(self) -> str:
        tag, gap = _millimetres(self.tag_m), _millimetres(self.gap_m)
        return f"aprilgrid:{self.columns}x{self.rows}:{tag}:{gap}"

    @property
    def square_m(self) -> float:
        return self.tag_m

    @cached_property
    def places_m(self) -> Points:
        """Top left corners [tags, 2], by tag."""
        pitch = self.tag_m + self.gap_m
        column, up = np.meshgrid(np.arange(self.columns), np.arange(self.rows))
        x = self.gap_m + column * pitch
        y = self.gap_m + (self.rows - 1 - up) * pitch
        return np.stack([x.ravel(), y.ravel()], -1)

    @cached_property
    def points_m(self) -> Points:
        corners = self.tag_m * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        flat = (self.places_m[:, None] + corners).reshape(-1, 2)
        return np.concatenate([flat, np.zeros((len(flat), 1))], -1)

    @property
    def size_m(self) -> tuple[float, float]:
        pitch = self.tag_m + self.gap_m
        return self.columns * pitch + self.gap_m, self.rows * pitch + self.gap_m

    @cached_property
    def ink_m(self) -> Points:
        pitch, gap = self.tag_m + self.gap_m, self.gap_m
        x, y = np.meshgrid(pitch * np.arange(self.columns + 1), pitch * np.arange(self.rows + 1))
        squares = np.stack([x, y, x + gap, y + gap], -1).reshape(-1, 4)
        tags = [
            marker_ink(APRIL_DICTIONARY, tag, APRIL_BORDER_BITS, self.tag_m) + [*place, *place]
            for tag, place in enumerate(self.places_m)
        ]
        return np.concatenate([squares, *tags])


AnyBoard = Chessboard | CharucoBoard | AprilGrid


def _millimetres(length_m: float) -> str:
    return f"{1000 * length_m:.6g}mm"


def bad_board(reason: str) -> CalibrationError:
    return CalibrationError(
        CalibrationProblem.INPUT,
        f"No such board: {reason}; a board is chessboard:COLUMNSxROWS:SQUARE (inner corners), "
        "charuco:COLUMNSxROWS:SQUARE:MARKER (squares) or aprilgrid:COLUMNSxROWS:TAG:GAP, such as "
        "chessboard:9x6:25mm.",
    )


def _check_counts(columns: int, rows: int, least: int, what: str) -> None:
    if columns < least or rows < least:
        raise bad_board(f"at least {least}x{least} {what} are needed, found {columns}x{rows}")


def _check_length(length_m: float, what: str) -> None:
    if not 0.001 <= length_m <= 1.0:
        raise bad_board(f"a {what} is between 1mm and 1m, found {_millimetres(length_m)}")


def _check_dictionary(name: str) -> None:
    if name not in DICTIONARIES:
        raise bad_board(f"markers are one of {', '.join(DICTIONARIES)}, found '{name}'")
