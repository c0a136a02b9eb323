"""A board as a PDF at 1:1, with a ruler to check that the printer did not scale it.

write_board_pdf(CharucoBoard(8, 6, 0.03, 0.022), Path("board.pdf"), "A4")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPainterPath,
    QPdfWriter,
    QPen,
    QTransform,
)

from calibration.board import AnyBoard
from calibration.errors import CalibrationError, CalibrationProblem
from engine.atomic_file import replacing

PAPERS_MM: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "A4": (297.0, 210.0), "A3": (420.0, 297.0), "A2": (594.0, 420.0),
        "Letter": (279.4, 215.9), "Tabloid": (431.8, 279.4),
    }
)  # fmt: skip
"""Long and short side."""
BORDER_MM = 6.0
"""That most printers cannot print."""
FOOT_MM = 13.0
"""For ruler and words under the board."""
RULER_MM = 100
DPI = 1200
TEXT_MM, FONT_PX = 2.7, 64


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with a board on it; everything in millimetres from its top left."""

    width_mm: float
    height_mm: float
    board_mm: tuple[float, float]
    """Where the board's origin lies."""


def sheet_of(board: AnyBoard, paper: str) -> Sheet:
    """The page, upright or lying as it fits.

    Raises:
        CalibrationError: the board is larger than the paper; one sentence.
    """
    long_mm, short_mm = PAPERS_MM[paper]
    width, height = (1000 * extent for extent in board.size_m)
    for page in ((long_mm, short_mm), (short_mm, long_mm)):
        room = page[0] - 2 * BORDER_MM, page[1] - 2 * BORDER_MM - FOOT_MM
        if width <= room[0] and height <= room[1]:
            left = (page[0] - width) / 2
            return Sheet(*page, (left, BORDER_MM + (room[1] - height) / 2))
    raise CalibrationError(
        CalibrationProblem.INPUT,
        f"The board is {width:.0f} x {height:.0f} mm and does not fit on {paper} with its ruler; "
        "choose larger paper, fewer columns or rows, or smaller squares.",
    )


def write_board_pdf(board: AnyBoard, path: Path, paper: str) -> None:
    """
    Raises:
        CalibrationError: the board is larger than the paper.
        OutputError: the file cannot be written.
    """
    sheet = sheet_of(board, paper)
    with replacing(path) as partial:
        writer = QPdfWriter(str(partial))
        writer.setResolution(DPI)
        writer.setTitle(f"Calibration board {board.spec}")
        writer.setPageLayout(_page(sheet, paper))
        painter = QPainter(writer)
        if not painter.isActive():
            raise OSError(5, "it cannot be written")
        painter.scale(DPI / 25.4, DPI / 25.4)  # From here on in millimetres.
        paint_sheet(painter, board, sheet)
        painter.end()


def paint_sheet(painter: QPainter, board: AnyBoard, sheet: Sheet) -> None:
    """The board with its ruler; the painter counts millimetres."""
    x, y = sheet.board_mm
    ink = QPainterPath()  # One path: apart, rectangles that touch show a seam.
    ink.setFillRule(Qt.FillRule.WindingFill)
    for left, top, right, bottom in 1000 * board.ink_m:
        ink.addRect(QRectF(x + left, y + top, right - left, bottom - top))
    painter.fillPath(ink, Qt.GlobalColor.black)
    foot = sheet.height_mm - BORDER_MM
    _paint_ruler(painter, QPointF(BORDER_MM + 4, foot - 1.0))
    _paint_words(painter, board, QPointF(BORDER_MM + 116, foot - 4.6))


def _page(sheet: Sheet, paper: str) -> QPageLayout:
    long_mm, short_mm = PAPERS_MM[paper]
    size = QPageSize(QSizeF(short_mm, long_mm), QPageSize.Unit.Millimeter, paper)
    lying = sheet.width_mm > sheet.height_mm
    way = QPageLayout.Orientation.Landscape if lying else QPageLayout.Orientation.Portrait
    return QPageLayout(size, way, QMarginsF())


def _paint_ruler(painter: QPainter, origin: QPointF) -> None:
    """100 mm with a line each millimetre."""
    painter.setPen(QPen(Qt.GlobalColor.black, 0.15))
    painter.drawLine(origin, origin + QPointF(RULER_MM, 0))
    for mm in range(RULER_MM + 1):
        tall = 4.5 if mm % 10 == 0 else 3.2 if mm % 5 == 0 else 2.0
        painter.drawLine(origin + QPointF(mm, 0), origin + QPointF(mm, -tall))
    for mm in range(0, RULER_MM + 1, 10):
        words = f"{mm} mm" if mm == RULER_MM else str(mm)
        place = origin + QPointF(mm, -5.6)
        painter.fillPath(_text(words, place, centred=True), Qt.GlobalColor.black)


def _paint_words(painter: QPainter, board: AnyBoard, origin: QPointF) -> None:
    lines = (
        f"{board.spec}   Print at 100 %, not 'fit to page', and check this ruler with a real one.",
        "Glue the sheet to something flat and stiff: a pane of glass, a cupboard door, thick card.",
    )
    for line, words in enumerate(lines):
        place = origin + QPointF(0, line * 1.6 * TEXT_MM)
        painter.fillPath(_text(words, place), Qt.GlobalColor.black)


def _text(words: str, place: QPointF, centred: bool = False) -> QPainterPath:
    """Words as outlines, their base line beginning at `place`: fonts know no millimetres."""
    font = QFont("sans-serif")
    font.setPixelSize(FONT_PX)
    path = QPainterPath()
    path.addText(0, 0, font, words)
    scale = TEXT_MM / FONT_PX
    left = path.boundingRect().center().x() * scale if centred else 0.0
    return QTransform(scale, 0, 0, scale, place.x() - left, place.y()).map(path)
