"""The wizard's steps in a row, the present one bright."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.calibration_wizard.pages import Page
from app.enrolment.chips import paint_tick

TITLES = {
    Page.BOARD: "Board",
    Page.CAMERAS: "Cameras",
    Page.CAPTURE: "Capture",
    Page.SOLVE: "Solve",
    Page.REPORT: "Report",
    Page.PREVIEW: "Check",
    Page.SAVE: "Save",
}
HEIGHT_PX, DOT_PX = 34, 10.0


class StepsBar(QWidget):
    """Done steps have a tick."""

    def __init__(self) -> None:
        super().__init__()
        self._page = Page.BOARD
        self.setFixedHeight(HEIGHT_PX)
        self.setAccessibleName("Steps")

    def sizeHint(self) -> QSize:
        return QSize(700, HEIGHT_PX)

    def show_page(self, page: Page) -> None:
        self._page = page
        self.setAccessibleDescription(f"Step {page + 1} of {len(Page)}: {TITLES[page]}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pitch = self.width() / len(Page)
        for page in Page:
            self._paint_step(painter, page, QRectF(page * pitch, 0, pitch, HEIGHT_PX))
        painter.end()

    def _paint_step(self, painter: QPainter, page: Page, box: QRectF) -> None:
        done, now = page < self._page, page is self._page
        font = QFont(painter.font())
        font.setPixelSize(13)
        font.setWeight(QFont.Weight.DemiBold if now else QFont.Weight.Normal)
        painter.setFont(font)
        middle = QPointF(box.left() + DOT_PX + 3, box.center().y())
        color = theme.GOOD if done else theme.ACCENT if now else theme.LINE
        painter.setPen(QPen(color, 1.4))
        painter.setBrush(theme.ACCENT if now else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle, DOT_PX, DOT_PX)
        if done:
            paint_tick(painter, middle, 4.5, theme.GOOD)
        else:
            painter.setPen(theme.WINDOW if now else theme.MUTED)
            dot = QRectF(middle.x() - 10, middle.y() - 10, 20, 20)
            painter.drawText(dot, Qt.AlignmentFlag.AlignCenter, str(page + 1))
        painter.setPen(theme.TEXT if now else theme.MUTED)
        words = QRectF(box.left() + 2 * DOT_PX + 12, 0, box.width(), HEIGHT_PX)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, TITLES[page])
