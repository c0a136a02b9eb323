"""What is painted over a camera's picture: corners, a ghost of the board, rows, measured points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from app import theme
from app.calibration_wizard.picture_pane import Mark, Placed
from app.calibration_wizard.reprojected import Reprojected
from calibration.views import Detection

Matrix = npt.NDArray[np.float64]

CORNER_PX = 3.4
ROWS = 16
STRETCHED = 40.0
"""Times, that errors are drawn longer than they are: tenths of a pixel are not to be seen."""


def corners(seen: Detection, total: int) -> Mark:
    """The points that were found, each in the colour of its identity."""

    def paint(painter: QPainter, placed: Placed) -> None:
        painter.setPen(QPen(QColor(0, 0, 0, 150), 1.0))
        for identity, (u, v) in zip(seen.ids, seen.pixels, strict=True):
            painter.setBrush(QColor.fromHsvF(0.83 * float(identity) / max(total - 1, 1), 0.75, 1.0))
            painter.drawEllipse(placed.point(u, v), CORNER_PX, CORNER_PX)

    return paint


def ghost(outline_px: Matrix) -> Mark:
    """Where the board is wanted next; the first side is the top."""

    def paint(painter: QPainter, placed: Placed) -> None:
        sides = [placed.point(u, v) for u, v in outline_px]
        fill = QColor(theme.ACCENT)
        fill.setAlphaF(0.16)
        painter.setBrush(fill)
        painter.setPen(QPen(theme.ACCENT, 2.0, Qt.PenStyle.DashLine))
        painter.drawPolygon(QPolygonF(sides))
        painter.setPen(QPen(theme.ACCENT, 4.0))
        painter.drawLine(sides[0], sides[1])

    return paint


def rows() -> Mark:
    """Lines across: a thing lies on the same one in both rectified pictures."""

    def paint(painter: QPainter, placed: Placed) -> None:
        box = placed.box
        for row in range(1, ROWS):
            color = QColor.fromHsvF((row % 4) / 4.0, 0.5, 1.0, 0.7)
            painter.setPen(QPen(color, 1.0))
            y = box.top() + box.height() * row / ROWS
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))

    return paint


def errors(found: Reprojected) -> Mark:
    """A cross where each corner was seen, and its error from there, many times as long."""

    def paint(painter: QPainter, placed: Placed) -> None:
        for (u, v), (a, b) in zip(found.seen_px, found.expected_px, strict=True):
            at = placed.point(u, v)
            painter.setPen(QPen(theme.GOOD, 1.4))
            painter.drawLine(at - QPointF(4, 0), at + QPointF(4, 0))
            painter.drawLine(at - QPointF(0, 4), at + QPointF(0, 4))
            painter.setPen(QPen(theme.POOR, 1.6))
            painter.drawLine(at, placed.point(u + STRETCHED * (a - u), v + STRETCHED * (b - v)))

    return paint


def measured(points: Sequence[tuple[float, float]], words: str) -> Mark:
    """One or two points, the line between them, and what it measures."""

    def paint(painter: QPainter, placed: Placed) -> None:
        places = [placed.point(u, v) for u, v in points]
        if len(places) == 2:
            painter.setPen(QPen(QColor(0, 0, 0, 160), 4.0))
            painter.drawLine(places[0], places[1])
            painter.setPen(QPen(theme.ACCENT, 2.0))
            painter.drawLine(places[0], places[1])
        painter.setBrush(theme.ACCENT)
        painter.setPen(QPen(QColor(0, 0, 0, 180), 1.2))
        for place in places:
            painter.drawEllipse(place, 5, 5)
        if words and places:
            _label(painter, (places[0] + places[-1]) / 2, words)

    return paint


def _label(painter: QPainter, at: QPointF, words: str) -> None:
    font = QFont(painter.font())
    font.setPixelSize(15)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(words) + 18
    box = QRectF(at.x() - width / 2, at.y() - 38, width, 26)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(19, 21, 26, 225))
    painter.drawRoundedRect(box, 6, 6)
    painter.setPen(theme.TEXT)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
