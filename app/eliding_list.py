"""A drop-down list whose chosen line ends in an ellipsis where there is no room for it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

MOST_LINES = 24
MARGINS_PX, WIDEST_PX = 24, 720


class ElidingList(QComboBox):
    """Qt cuts such a line off in the middle of a letter, once a style sheet is set; and it makes
    the open list as narrow as the closed one."""

    def __init__(self) -> None:
        super().__init__()
        self.setMaxVisibleItems(MOST_LINES)

    def showPopup(self) -> None:
        wanted = self.view().sizeHintForColumn(0) + MARGINS_PX
        self.view().setMinimumWidth(min(wanted, WIDEST_PX))
        super().showPopup()

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, field.width() - 4
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
