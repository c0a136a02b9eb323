"""A board on its page, as it will be printed."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.board_print import Sheet, paint_sheet
from calibration.board import AnyBoard


class PaperView(QWidget):
    """The page as it will be printed."""

    def __init__(self) -> None:
        super().__init__()
        self._board: AnyBoard | None = None
        self._sheet: Sheet | None = None
        self.setMinimumSize(260, 200)
        self.setAccessibleName("The page to print")

    def show_sheet(self, board: AnyBoard | None, sheet: Sheet | None) -> None:
        self._board, self._sheet = board, sheet
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._board is not None and self._sheet is not None:
            sheet = self._sheet
            scale = min(self.width() / sheet.width_mm, self.height() / sheet.height_mm)
            painter.translate(
                (self.width() - scale * sheet.width_mm) / 2,
                (self.height() - scale * sheet.height_mm) / 2,
            )
            painter.scale(scale, scale)
            painter.fillRect(QRectF(0, 0, sheet.width_mm, sheet.height_mm), QColor("#f4f4f2"))
            paint_sheet(painter, self._board, sheet)
        painter.end()
