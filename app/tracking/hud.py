"""The figures beside the 3D view: confidence and speed. Draws what the presenter says."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.tracking.figures import NONE, Spread
from app.tracking.finger_bars import FingerBars
from app.tracking.hud_figures import Figures
from app.tracking.stage_bars import StageBars


class ConfidenceCard(QFrame):
    """Confidence of each joint."""

    def __init__(self) -> None:
        super().__init__()
        theme.styled(self, "card")
        self._bars = FingerBars()
        column = _column(self)
        column.addWidget(theme.styled(QLabel("Joint confidence"), "title"))
        column.addWidget(self._bars)

    def show_figures(self, figures: Figures) -> None:
        self._bars.show_hands(figures.hands)


class SpeedCard(QFrame):
    """Frames a second, latency, time of each stage."""

    def __init__(self) -> None:
        super().__init__()
        theme.styled(self, "card")
        self._cells: dict[str, QLabel] = {}
        column = _column(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 1)
        for row, (key, title, tip) in enumerate(_SPEED_ROWS):
            label = theme.styled(QLabel(title), "title")
            cell = QLabel(NONE)
            cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            label.setToolTip(tip)
            cell.setToolTip(tip)
            grid.addWidget(label, row, 0)
            grid.addWidget(cell, row, 1)
            self._cells[key] = cell
        column.addLayout(grid)
        self._stages = StageBars()
        column.addWidget(self._stages)

    def show_figures(self, figures: Figures) -> None:
        live = figures.live
        tracked = f"{figures.tracked_hz:.0f} tracked  ·  {figures.shown_hz:.0f} shown"
        self._cells["rate"].setText(tracked if live and figures.tracked_hz else NONE)
        self._cells["mesh"].setText(_spread(figures.to_mesh_ms) if live else NONE)
        self._cells["screen"].setText(_spread(figures.to_screen_ms) if live else NONE)
        self._stages.show_stages(figures.stages_ms if live else {})


_SPEED_ROWS = (
    ("rate", "Frames a second", "Frames tracked, and pictures of new frames that were shown"),
    ("mesh", "Camera to mesh", "From a frame in memory to its mesh: median, 95th percentile"),
    (
        "screen",
        "Camera to screen",
        "From a frame in memory to its mesh painted: median, 95th percentile",
    ),
)


def _spread(spread: Spread | None) -> str:
    return NONE if spread is None else f"{spread.median:.0f} ms  ·  p95 {spread.p95:.0f}"


def _column(card: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(card)
    column.setContentsMargins(12, 9, 12, 9)
    column.setSpacing(5)
    return column
