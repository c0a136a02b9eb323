"""The residual of the last half minute as a thin line with the limits of good and poor."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.tracking.verdict import GOOD_BELOW_M, POOR_ABOVE_M

TOP_MM = 10.0
LENGTH = 240
"""As many values as app.tracking.figures.History keeps."""


class Sparkline(QWidget):
    """Newest value on the right; gaps where no hand was seen."""

    def __init__(self) -> None:
        super().__init__()
        self._values_mm: tuple[float, ...] = ()
        self.setFixedHeight(38)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            f"Mesh-to-depth residual of the last 30 s, 0 to {TOP_MM:.0f} mm; good up to "
            f"{GOOD_BELOW_M * 1e3:.0f} mm, poor above {POOR_ABOVE_M * 1e3:.0f} mm"
        )

    def sizeHint(self) -> QSize:
        return QSize(200, 38)

    def show_values(self, values_mm: tuple[float, ...]) -> None:
        if values_mm != self._values_mm:
            self._values_mm = values_mm
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0, 2, 0, -2)
        for limit_m, color in ((GOOD_BELOW_M, theme.GOOD), (POOR_ABOVE_M, theme.POOR)):
            faint = QColor(color)
            faint.setAlphaF(0.35)
            painter.setPen(QPen(faint, 1.0, Qt.PenStyle.DotLine))
            y = _height(limit_m * 1e3, area)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(QPen(theme.ACCENT, 1.5))
        for run in _runs(self._values_mm, area):
            painter.drawPolyline(run)
        painter.end()


def _runs(values_mm: tuple[float, ...], area: QRectF) -> list[QPolygonF]:
    """One polyline for each unbroken run of values."""
    runs: list[QPolygonF] = []
    current = QPolygonF()
    step = area.width() / (LENGTH - 1)
    first = LENGTH - len(values_mm)
    for index, value in enumerate(values_mm):
        if math.isfinite(value):
            current.append(QPointF(area.left() + (first + index) * step, _height(value, area)))
        elif not current.isEmpty():
            runs.append(current)
            current = QPolygonF()
    return [*runs, current] if not current.isEmpty() else runs


def _height(value_mm: float, area: QRectF) -> float:
    return area.bottom() - min(value_mm, TOP_MM) / TOP_MM * area.height()
