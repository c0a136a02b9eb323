"""The poses of the guided minute as chips with ticks, wrapped into as many rows as they need."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.enrolment.figures import Chip, ChipState

ROW_PX, GAP_PX, PADDING_PX, TICK_PX = 22.0, 4.0, 8.0, 14.0
TEXT_COLOR = {
    ChipState.OPEN: theme.MUTED,
    ChipState.NOW: theme.TEXT,
    ChipState.DONE: theme.GOOD,
    ChipState.SKIPPED: theme.FAINT,
}
BORDER_COLOR = {
    ChipState.OPEN: theme.LINE,
    ChipState.NOW: theme.ACCENT,
    ChipState.DONE: theme.GOOD.darker(220),
    ChipState.SKIPPED: theme.LINE,
}


class PoseChips(QWidget):
    """Done ones have a tick, skipped ones are struck out, the present one is framed."""

    def __init__(self) -> None:
        super().__init__()
        self._chips: tuple[Chip, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Poses")

    def show_chips(self, chips: tuple[Chip, ...]) -> None:
        if chips == self._chips:
            return
        moved = [chip.name for chip in chips] != [chip.name for chip in self._chips]
        self._chips = chips
        done = sum(chip.state is ChipState.DONE for chip in chips)
        self.setAccessibleDescription(f"{done} of {len(chips)} captured")
        if moved:
            self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        boxes = self._boxes(width)
        return round(boxes[-1].bottom()) + 2 if boxes else 0

    def sizeHint(self) -> QSize:
        return QSize(330, self.heightForWidth(max(self.width(), 290)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for chip, box in zip(self._chips, self._boxes(self.width()), strict=True):
            _paint_chip(painter, chip, box, self._font(chip.state))
        painter.end()

    def _boxes(self, width: float) -> list[QRectF]:
        """Where each chip goes; room for a tick is kept, so that chips do not move."""
        metrics = QFontMetricsF(self._font(ChipState.NOW))
        boxes: list[QRectF] = []
        x, y = 0.5, 0.5
        for chip in self._chips:
            wide = metrics.horizontalAdvance(chip.name) + 2 * PADDING_PX + TICK_PX
            if x > 1 and x + wide > width - 1:
                x, y = 0.5, y + ROW_PX + GAP_PX
            boxes.append(QRectF(x, y, wide, ROW_PX))
            x += wide + GAP_PX
        return boxes

    def _font(self, state: ChipState) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(12)
        font.setStrikeOut(state is ChipState.SKIPPED)
        return font


def _paint_chip(painter: QPainter, chip: Chip, box: QRectF, font: QFont) -> None:
    painter.setPen(QPen(BORDER_COLOR[chip.state], 1.0))
    painter.setBrush(theme.RAISED if chip.state is ChipState.NOW else QColor(0, 0, 0, 0))
    painter.drawRoundedRect(box, 6, 6)
    painter.setPen(TEXT_COLOR[chip.state])
    painter.setFont(font)
    text = box.adjusted(PADDING_PX + TICK_PX, 0, 0, 0)
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, chip.name)
    middle = QPointF(box.left() + PADDING_PX + 4, box.center().y())
    if chip.state is ChipState.DONE:
        paint_tick(painter, middle, 4.0, theme.GOOD)
    else:
        painter.setBrush(theme.ACCENT if chip.state is ChipState.NOW else theme.LINE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(middle, 2.5, 2.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_tick(painter: QPainter, middle: QPointF, size: float, color: QColor) -> None:
    """A tick of half-width `size` around a point."""
    pen = QPen(color, max(1.8, size / 4.0))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    corners = [QPointF(-size, 0.1 * size), QPointF(-0.25 * size, 0.8 * size), QPointF(size, -size)]
    painter.drawPolyline(QPolygonF([middle + corner for corner in corners]))
