"""The badge over the 3D view while something is recorded. Draws what the presenter says."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app import theme
from app.recording.presenter import RecordingFigures

PLACE_PX = (12, 32)
"""Below the line that names the source."""


class RecordingBadge(QFrame):
    """A red dot, the time, and how it goes. Hidden while nothing is recorded."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setAccessibleName("Recording")
        self._shown: RecordingFigures | None = None
        self._dot = QLabel("●")
        self._title = theme.styled(QLabel(), "key")
        self._figures = theme.styled(QLabel(), "muted")
        self._left = theme.styled(QLabel(), "muted")
        self._lost = theme.styled(QLabel(), "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(9, 4, 10, 4)
        row.setSpacing(7)
        for label in (self._dot, self._title, self._figures, self._left, self._lost):
            row.addWidget(label, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setStyleSheet(
            f"RecordingBadge {{ background: rgba(26, 29, 35, 225); border-radius: 6px;"
            f" border: 1px solid {theme.LINE.name()}; }}"
        )
        self.move(*PLACE_PX)
        self.hide()

    def show_figures(self, figures: RecordingFigures | None) -> None:
        """These, or nothing."""
        if figures == self._shown:
            return
        self._shown = figures
        self.setVisible(figures is not None)
        if figures is None:
            return
        color = theme.RECORD if figures.recording else theme.MUTED
        self._dot.setStyleSheet(f"color: {color.name()};")
        self._title.setText(figures.title)
        self._figures.setText("  ·  ".join(figures.figures))
        _show(self._left, figures.left, figures.warning)
        _show(self._lost, figures.lost, figures.lossy)
        self.setToolTip(figures.tip)
        self.adjustSize()
        self.raise_()


def _show(label: QLabel, text: str, amber: bool) -> None:
    label.setText(f"·  {text}")
    label.setVisible(bool(text))
    label.setStyleSheet(f"color: {theme.FAIR.name()};" if amber else "")


def record_icon() -> QIcon:
    """A red dot; a square while it is on."""
    icon = QIcon()
    for state, radius in ((QIcon.State.Off, 1.0), (QIcon.State.On, 0.2)):
        pixmap = QPixmap(32, 32)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.RECORD)
        area = QRectF(6, 6, 20, 20)
        painter.drawRoundedRect(area, radius * 10, radius * 10)
        painter.end()
        icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon
