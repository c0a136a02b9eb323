"""A page that says something, with a way on: while the hand is measured, and when that failed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app import theme


class MessagePage(QWidget):
    """Heading, sentence, perhaps a bar, one button."""

    left = Signal()
    """The button was pressed."""

    def __init__(self, heading: str, button: str, busy: bool) -> None:
        super().__init__()
        self._text = theme.wrapped()
        leave = QPushButton(button)
        leave.clicked.connect(self.left)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._bar.setRange(0, 100)
        self._bar.setVisible(busy)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(9)
        title = theme.wrapped(heading, "heading")
        column.addWidget(title)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        column.addStretch(1)
        column.addLayout(buttons)

    def show_text(self, text: str, share: float = 0.0) -> None:
        """`share` 0..1 of the work that is done."""
        self._text.setText(text)
        self._bar.setValue(round(100 * share))
