"""The help that lies over the window: every key and what the mouse does."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.actions import ACTIONS, MOUSE


class HelpOverlay(QWidget):
    """Covers its parent; any click, Esc or ? closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        card = theme.styled(QFrame(), "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(26, 20, 26, 20)
        grid.setHorizontalSpacing(22)
        grid.setVerticalSpacing(7)
        grid.addWidget(theme.styled(QLabel("Keys"), "heading"), 0, 0, 1, 2)
        keyed = [(spec.key, spec.tip) for spec in ACTIONS if spec.key]
        _fill(grid, keyed, column=0)
        grid.setColumnMinimumWidth(2, 12)
        grid.addWidget(theme.styled(QLabel("Mouse in the 3D view"), "heading"), 0, 3, 1, 2)
        _fill(grid, MOUSE, column=3)
        column = QVBoxLayout(self)
        column.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self.hide()

    def toggle(self) -> None:
        """Show over the whole parent, or hide."""
        if self.isVisible():
            self.hide()
            return
        self.place()
        self.show()
        self.raise_()
        self.setFocus()

    def place(self) -> None:
        """Cover the parent; call when its size changed."""
        self.setGeometry(self._host.rect())

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


def _fill(
    grid: QGridLayout, rows: list[tuple[str, str]] | tuple[tuple[str, str], ...], column: int
) -> None:
    for row, (key, meaning) in enumerate(rows, start=1):
        grid.addWidget(theme.styled(QLabel(key), "key"), row, column)
        grid.addWidget(theme.styled(QLabel(meaning), "muted"), row, column + 1)
