"""The plot of the adaptation: held-out score and loss over time, with the gate's decisions."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from app.adaptation.presenter import Curve, LearningFigures, Mark, Verdict

LEAST_SPAN_S = 60.0
MARK_PX = 4.0
NEAR_PX = 11.0
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 30.0, 8.0, 18.0, 16.0
LOSS_COLOR = theme.FAINT
MARK_COLOR = {
    Verdict.ACCEPTED: theme.GOOD,
    Verdict.REFUSED: theme.MUTED,
    Verdict.ROLLED_BACK: theme.POOR,
}


class LearningPlot(QWidget):
    """Score in mm on the left; the loss has a scale of its own, only its course matters."""

    def __init__(self) -> None:
        super().__init__()
        self._figures = LearningFigures("", "")
        self.setMinimumHeight(96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Plot of the adaptation")

    def sizeHint(self) -> QSize:
        return QSize(260, 108)

    def show_figures(self, figures: LearningFigures) -> None:
        self._figures = figures
        self.update()

    def mark_at(self, place: QPointF) -> Mark | None:
        """The decision drawn nearest to a place of the widget, if any is near."""
        near = [(self._distance(mark, place), k) for k, mark in enumerate(self._figures.marks)]
        distance, index = min(near, default=(math.inf, 0))
        return self._figures.marks[index] if distance <= NEAR_PX else None

    def place_of(self, mark: Mark) -> QPointF:
        """Where a decision is drawn."""
        area = self._area
        y = self._score_y(mark.score_mm) if math.isfinite(mark.score_mm) else area.bottom() - 5
        return QPointF(self._x(mark.time_s), y)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            mark = self.mark_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), mark.text if mark else _LEGEND, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme.write_in(painter, 10)
        self._paint_axes(painter)
        painter.setPen(QPen(LOSS_COLOR, 1.2))
        painter.drawPolyline(self._line(self._figures.loss, self._loss_y))
        painter.setPen(QPen(theme.ACCENT, 1.6))
        painter.drawPolyline(self._steps_line(self._figures.score))
        for mark in self._figures.marks:
            _paint_mark(painter, self.place_of(mark), mark.verdict)
        painter.end()

    @property
    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(LEFT_PX, TOP_PX, -RIGHT_PX, -BOTTOM_PX)

    @property
    def _span_s(self) -> tuple[float, float]:
        figures = self._figures
        starts = [*figures.loss.times_s[:1], *(mark.time_s for mark in figures.marks[:1])]
        first = min(starts, default=figures.now_s)
        return first, max(figures.now_s, first + LEAST_SPAN_S)

    @property
    def _score_range_mm(self) -> tuple[float, float]:
        scores = [*self._figures.score.values, *(m.score_mm for m in self._figures.marks)]
        known = [score for score in scores if math.isfinite(score)]
        if not known:
            return 0.0, 10.0
        margin = max(0.15 * (max(known) - min(known)), 0.2)
        return max(0.0, min(known) - margin), max(known) + margin

    def _x(self, time_s: float) -> float:
        first, last = self._span_s
        return self._area.left() + (time_s - first) / (last - first) * self._area.width()

    def _score_y(self, score_mm: float) -> float:
        low, high = self._score_range_mm
        return self._area.bottom() - (score_mm - low) / (high - low) * self._area.height()

    def _loss_y(self, loss: float) -> float:
        losses = self._figures.loss.values
        low, high = min(losses), max(losses)
        share = (loss - low) / max(high - low, 1e-9)
        return self._area.bottom() - (0.06 + 0.88 * share) * self._area.height()

    def _line(self, curve: Curve, height: Callable[[float], float]) -> QPolygonF:
        pairs = zip(curve.times_s, curve.values, strict=True)
        return QPolygonF([QPointF(self._x(t), height(v)) for t, v in pairs])

    def _steps_line(self, curve: Curve) -> QPolygonF:
        """Weights stay in use until the next decision, so the line has steps."""
        line = QPolygonF()
        y: float | None = None
        for time_s, score in zip(curve.times_s, curve.values, strict=True):
            x = self._x(time_s)
            if y is not None:
                line.append(QPointF(x, y))
            y = self._score_y(score)
            line.append(QPointF(x, y))
        if y is not None:
            line.append(QPointF(self._x(self._figures.now_s), y))
        return line

    def _paint_axes(self, painter: QPainter) -> None:
        area, figures = self._area, self._figures
        low, high = self._score_range_mm
        painter.setPen(QPen(theme.LINE, 1.0))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        for share in (0.0, 0.5, 1.0):
            y = area.bottom() - share * area.height()
            painter.setPen(QPen(theme.RAISED, 1.0))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            if figures.marks:
                painter.setPen(theme.FAINT)
                box = QRectF(0, y - 7, LEFT_PX - 5, 14)
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(box, right, f"{low + share * (high - low):.1f}")
        self._paint_words(painter, area)

    def _paint_words(self, painter: QPainter, area: QRectF) -> None:
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        top = QRectF(area.left(), 0, area.width(), TOP_PX - 4)
        painter.setPen(theme.ACCENT)
        painter.drawText(top, left | Qt.AlignmentFlag.AlignVCenter, "held-out score, mm")
        painter.setPen(LOSS_COLOR)
        painter.drawText(top, right | Qt.AlignmentFlag.AlignVCenter, "loss")
        first, last = self._span_s
        below = QRectF(area.left(), area.bottom() + 2, area.width(), BOTTOM_PX - 2)
        painter.drawText(below, left, "0")
        painter.drawText(below, right, f"{(last - first) / 60:.1f} min")
        if not self._figures.marks and not self._figures.loss.values:
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "nothing learnt yet")

    def _distance(self, mark: Mark, place: QPointF) -> float:
        apart = self.place_of(mark) - place
        return math.hypot(apart.x(), apart.y())


def _paint_mark(painter: QPainter, place: QPointF, verdict: Verdict) -> None:
    color = MARK_COLOR[verdict]
    painter.setPen(QPen(color, 1.5))
    painter.setBrush(theme.SURFACE if verdict is Verdict.REFUSED else QColor(color))
    if verdict is Verdict.ROLLED_BACK:
        r = MARK_PX + 1.0
        corners = [QPointF(0, -r), QPointF(r, 0), QPointF(0, r), QPointF(-r, 0)]
        painter.drawPolygon(QPolygonF([place + corner for corner in corners]))
    else:
        painter.drawEllipse(place, MARK_PX, MARK_PX)
    painter.setBrush(Qt.BrushStyle.NoBrush)


_LEGEND = (
    "Held-out score: error in mm on samples that are never learnt from, with the weights in use.\n"
    "Loss: of the training copy, on a scale of its own.\n"
    "Filled: new weights accepted. Ring: refused. Diamond: rolled back. Point at one for its "
    "figures."
)
