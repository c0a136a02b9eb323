"""How well the views cover both cameras: four bars each, and one map of the shared picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.calibration_wizard.captured import Covered
from calibration.coverage import DISTANCE_BINS, HEAT_COLUMNS, HEAT_ROWS

BARS = (
    ("X", "left to right"),
    ("Y", "top to bottom"),
    ("Size", "near and far"),
    ("Skew", "tilted"),
)
FULL_COUNT = 40
"""Corners in a cell from which it is as bright as it gets."""
ROW_PX, MAP_GAP_PX = 22.0, 10.0


class CoverageBars(QWidget):
    """X, Y, size and skew, the left camera's bar above the right one's."""

    def __init__(self) -> None:
        super().__init__()
        self._covered: Covered | None = None
        self.setAccessibleName("Coverage")
        self.setToolTip(
            "How far the board has been: across (X), up and down (Y), near and far (size), and "
            "tilted (skew). The upper half of each bar is the left camera, the lower the right one."
        )
        self.setMinimumHeight(int(len(BARS) * ROW_PX))

    def sizeHint(self) -> QSize:
        return QSize(240, int(len(BARS) * ROW_PX))

    def show_covered(self, covered: Covered) -> None:
        if covered is not self._covered:
            self._covered = covered
            lows = np.min([camera.bars for camera in covered.cameras], 0)
            words = ", ".join(f"{n} {100 * b:.0f} %" for (n, _), b in zip(BARS, lows, strict=True))
            self.setAccessibleDescription(words)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(painter.font())
        font.setPixelSize(12)
        painter.setFont(font)
        for row, (name, meaning) in enumerate(BARS):
            box = QRectF(0, row * ROW_PX, self.width(), ROW_PX)
            painter.setPen(theme.TEXT)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(theme.FAINT)
            painter.drawText(box.adjusted(36, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, meaning)
            for camera in range(2):
                value = 0.0 if self._covered is None else self._covered.cameras[camera].bars[row]
                self._paint_bar(painter, box.top() + 4 + 8 * camera, value)
        painter.end()

    def _paint_bar(self, painter: QPainter, top: float, value: float) -> None:
        left = 128.0
        room = QRectF(left, top, max(self.width() - left, 20), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.RAISED)
        painter.drawRoundedRect(room, 3, 3)
        if value > 0:
            room.setWidth(max(6.0, room.width() * min(value, 1.0)))
            painter.setBrush(theme.GOOD if value >= 1.0 else theme.ACCENT)
            painter.drawRoundedRect(room, 3, 3)


class SharedMap(QWidget):
    """Where in the left picture both cameras saw corners, apart for near, middle and far."""

    def __init__(self) -> None:
        super().__init__()
        self._heat: npt.NDArray[np.int64] | None = None
        self.setAccessibleName("Where both cameras saw the board")
        self.setToolTip(
            "Corners that both cameras saw, in the left picture: the brighter, the more"
        )
        self.setMinimumHeight(66)

    def sizeHint(self) -> QSize:
        return QSize(240, 74)

    def show_heat(self, heat: npt.NDArray[np.int64]) -> None:
        if heat is not self._heat:
            self._heat = heat
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = (self.width() - 2 * MAP_GAP_PX) / 3
        height = min(self.height() - 16, 0.75 * width)
        font = QFont(painter.font())
        font.setPixelSize(11)
        painter.setFont(font)
        for k, name in enumerate(DISTANCE_BINS):
            box = QRectF(k * (width + MAP_GAP_PX), 0, width, height)
            self._paint_map(painter, box, None if self._heat is None else self._heat[k])
            painter.setPen(theme.MUTED)
            below = QRectF(box.left(), height + 1, width, 14)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        painter.end()

    def _paint_map(
        self, painter: QPainter, box: QRectF, heat: npt.NDArray[np.int64] | None
    ) -> None:
        w, h = box.width() / HEAT_COLUMNS, box.height() / HEAT_ROWS
        painter.setPen(Qt.PenStyle.NoPen)
        for row in range(HEAT_ROWS):
            for column in range(HEAT_COLUMNS):
                count = 0 if heat is None else int(heat[row, column])
                color = QColor(theme.RAISED)
                if count:
                    color = QColor(theme.ACCENT)
                    color.setAlphaF(0.25 + 0.75 * min(count / FULL_COUNT, 1.0))
                painter.setBrush(color)
                corner = box.topLeft() + QPointF(column * w, row * h)
                painter.drawRect(QRectF(corner.x(), corner.y(), w - 1, h - 1))
