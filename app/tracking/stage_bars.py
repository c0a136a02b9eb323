"""The time of each stage as rows of name, bar and milliseconds."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme

ROW_PX = 16
ROWS_KEPT = 6
"""Height is reserved for this many stages, so that the column does not jump at the start."""
BAR_COLOR = QColor("#3f7f86")


class StageBars(QWidget):
    """Bars share one scale: the longest stage fills its row."""

    def __init__(self) -> None:
        super().__init__()
        self._stages_ms: Mapping[str, float] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Median time of each stage of the last frames")
        self.setFixedHeight(ROWS_KEPT * ROW_PX)

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def show_stages(self, stages_ms: Mapping[str, float]) -> None:
        rows = max(ROWS_KEPT, len(stages_ms))
        if rows * ROW_PX != self.height():
            self.setFixedHeight(rows * ROW_PX)
        self._stages_ms = stages_ms
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme.write_in(painter, 12)
        longest = max([1.0, *self._stages_ms.values()])
        for row, (name, milliseconds) in enumerate(self._stages_ms.items()):
            box = QRectF(0, row * ROW_PX, self.width(), ROW_PX)
            _paint_row(painter, box, name.replace("_", " "), milliseconds, milliseconds / longest)
        if not self._stages_ms:
            painter.setPen(theme.FAINT)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "not tracking")
        painter.end()


def _paint_row(painter: QPainter, box: QRectF, name: str, ms: float, share: float) -> None:
    name_width, value_width = min(88.0, 0.34 * box.width()), 52.0
    label = QRectF(box.left(), box.top(), name_width, box.height())
    painter.setPen(theme.MUTED)
    elided = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(name_width))
    painter.drawText(label, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
    track = QRectF(label.right() + 4, box.top() + 6, 0, box.height() - 12)
    track.setRight(box.right() - value_width)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.RAISED)
    painter.drawRoundedRect(track, 2, 2)
    track.setWidth(max(2.0, track.width() * share))
    painter.setBrush(BAR_COLOR)
    painter.drawRoundedRect(track, 2, 2)
    value = QRectF(box.right() - value_width, box.top(), value_width, box.height())
    painter.setPen(theme.TEXT)
    right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
    painter.drawText(value, right, f"{ms:.1f} ms" if ms < 99.95 else f"{ms:.0f} ms")
