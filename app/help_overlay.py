"""The help that lies over the window: every key and what the mouse does."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.actions import ACTIONS, MOUSE

HALVES = (("Tracking", "Session"), ("Person", "View", "Help"))
"""Menus in each half."""
MEANING_PX = 285


class HelpOverlay(QWidget):
    """Covers its parent; any click, Esc or ? closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._before: QWidget | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        card = theme.styled(QFrame(), "card")
        halves = QHBoxLayout(card)
        halves.setContentsMargins(26, 18, 26, 20)
        halves.setSpacing(34)
        for menus in HALVES:
            half = QGridLayout()
            half.setHorizontalSpacing(18)
            half.setVerticalSpacing(5)
            for menu in menus:
                _fill(half, menu, [(s.key, s.tip) for s in ACTIONS if s.key and s.menu == menu])
            if menus is HALVES[-1]:
                _fill(half, "Mouse in the 3D view", MOUSE)
            half.setRowStretch(half.rowCount(), 1)
            halves.addLayout(half)
        column = QVBoxLayout(self)
        column.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self.hide()

    def toggle(self) -> None:
        """Show over the whole parent, or hide."""
        if self.isVisible():
            self.hide()
            return
        self._before = QApplication.focusWidget()
        self.place()
        self.show()
        self.raise_()
        self.setFocus()

    def place(self) -> None:
        """Cover the parent; call when its size changed."""
        self.setGeometry(self._host.rect())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._before is not None:
            self._before.setFocus()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(13, 15, 19, 205))
        painter.end()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


def _fill(grid: QGridLayout, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """A heading and its rows, below what is there."""
    heading = theme.styled(QLabel(title), "value")
    heading.setContentsMargins(0, 7 if grid.count() else 0, 0, 1)
    grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
    for key, meaning in rows:
        words = theme.wrapped(meaning)
        words.setFixedWidth(MEANING_PX)
        row = grid.rowCount()
        grid.addWidget(theme.styled(QLabel(key), "key"), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(words, row, 1)
