"""Values of the recent past as thin lines, with limits of good and poor where there are such."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme

Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """What the height of a line means. A value beyond an end is drawn at that end."""

    bottom: float
    top: float
    good: float | None = None
    poor: float | None = None
    """Where a dotted line is drawn."""

    def share(self, value: float) -> float:
        """0..1 of the height."""
        return min(max((value - self.bottom) / (self.top - self.bottom), 0.0), 1.0)


class Sparkline(QWidget):
    """Newest value on the right; gaps where nothing could be measured."""

    def __init__(self, scale: Scale, length: int, height_px: int = 24) -> None:
        """`length` values fill the width."""
        super().__init__()
        self._scale, self._length = scale, length
        self._values: Values = ()
        self._beside: Values = ()
        self.setFixedHeight(height_px)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(140, self.height())

    def show_values(self, values: Values, beside: Values = ()) -> None:
        """`beside`: something to compare with, drawn fainter."""
        if (values, beside) != (self._values, self._beside):
            self._values, self._beside = values, beside
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0, 2, -1, -2)
        for limit, color in ((self._scale.good, theme.GOOD), (self._scale.poor, theme.POOR)):
            if limit is not None:
                self._paint_limit(painter, area, limit, color)
        for values, line in ((self._beside, theme.FAINT), (self._values, theme.ACCENT)):
            painter.setPen(QPen(line, 1.4))
            for run in self._runs(values[-self._length :], area):
                painter.drawPolyline(run)
        painter.end()

    def _paint_limit(self, painter: QPainter, area: QRectF, limit: float, color: QColor) -> None:
        faint = QColor(color)
        faint.setAlphaF(0.35)
        painter.setPen(QPen(faint, 1.0, Qt.PenStyle.DotLine))
        y = self._height(limit, area)
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))

    def _runs(self, values: Values, area: QRectF) -> list[QPolygonF]:
        """One polyline for each unbroken run of values."""
        runs: list[QPolygonF] = []
        current = QPolygonF()
        step = area.width() / (self._length - 1)
        first = self._length - len(values)
        for index, value in enumerate(values):
            if math.isfinite(value):
                x = area.left() + (first + index) * step
                current.append(QPointF(x, self._height(value, area)))
            elif not current.isEmpty():
                runs.append(current)
                current = QPolygonF()
        return [*runs, current] if not current.isEmpty() else runs

    def _height(self, value: float, area: QRectF) -> float:
        return area.bottom() - self._scale.share(value) * area.height()
