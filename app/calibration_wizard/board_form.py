"""What a person enters of a board, and the board that it is. Knows nothing of Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from calibration.board import AnyBoard, AprilGrid, CharucoBoard, Chessboard


class BoardKind(Enum):
    """The value is its name for people."""

    CHARUCO = "ChArUco"
    CHESSBOARD = "Chessboard"
    APRILGRID = "AprilGrid"


@dataclass(frozen=True, slots=True)
class KindWords:
    """How one kind is spoken of."""

    counted: str
    """What columns and rows count."""
    length: str
    """What a person measures."""
    second: str
    """The other length; empty where there is none."""
    advice: str


WORDS: Mapping[BoardKind, KindWords] = MappingProxyType(
    {
        BoardKind.CHARUCO: KindWords(
            "squares", "Square", "Marker",
            "The best choice: it counts even where part of it is out of the picture or hidden, "
            "and a mirrored picture is noticed.",
        ),
        BoardKind.CHESSBOARD: KindWords(
            "inner corners", "Square", "",
            "For a board that you have already. All of it must be visible in both pictures. "
            "Count the corners where four squares meet, not the squares.",
        ),
        BoardKind.APRILGRID: KindWords(
            "tags", "Tag", "Gap",
            "The board of Kalibr: for those who have one already. It counts even where part of it "
            "is hidden.",
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoardForm:
    """The fields of the first page. Lengths in millimetres, as on a ruler."""

    kind: BoardKind = BoardKind.CHARUCO
    columns: int = 8
    rows: int = 6
    length_mm: float = 30.0
    """Of a square or tag as it is designed: what is printed."""
    second_mm: float = 22.0
    """Of a marker or gap; not used for chessboards."""
    measured_mm: float = 0.0
    """The same square or tag as it came out of the printer; 0 while nobody has measured."""

    @property
    def words(self) -> KindWords:
        return WORDS[self.kind]

    @property
    def printed(self) -> AnyBoard:
        """The board to print.

        Raises:
            CalibrationError: there is no such board; one sentence.
        """
        return self._board(1.0)

    @property
    def measured(self) -> AnyBoard:
        """The board as it is: a printer that scales, scales everything.

        Raises:
            CalibrationError: there is no such board; one sentence.
        """
        return self._board(self.scale)

    @property
    def scale(self) -> float:
        """How much larger than designed the print is."""
        return self.measured_mm / self.length_mm if self.measured_mm > 0 else 1.0

    def _board(self, scale: float) -> AnyBoard:
        length, second = scale * self.length_mm / 1000, scale * self.second_mm / 1000
        if self.kind is BoardKind.CHESSBOARD:
            return Chessboard(self.columns, self.rows, length)
        if self.kind is BoardKind.CHARUCO:
            return CharucoBoard(self.columns, self.rows, length, second)
        return AprilGrid(self.columns, self.rows, length, second)


DEFAULTS: Mapping[BoardKind, BoardForm] = MappingProxyType(
    {
        BoardKind.CHARUCO: BoardForm(),
        BoardKind.CHESSBOARD: replace(
            BoardForm(), kind=BoardKind.CHESSBOARD, columns=9, rows=6, length_mm=25.0
        ),
        BoardKind.APRILGRID: replace(
            BoardForm(), kind=BoardKind.APRILGRID, columns=6, rows=4, length_mm=30.0, second_mm=9.0
        ),
    }
)
"""Each fits an A4 page."""

ODD_SCALE = 0.03
"""Off by more than this, a print was scaled or another length was measured."""


def remark_on(form: BoardForm) -> str:
    """What is to be said of the measured length; empty where nothing is."""
    if form.measured_mm <= 0:
        return (
            f"Not measured yet: {form.length_mm:g} mm is believed. Measure across several "
            f"{form.words.length.lower()}s and divide, that is finer."
        )
    off = form.scale - 1
    if abs(off) <= ODD_SCALE:
        return ""
    return (
        f"That is {abs(off):.0%} {'larger' if off > 0 else 'smaller'} than designed. It is fine "
        "if the printer scaled the page; measure once more to be sure."
    )
