"""The figures beside the 3D view: fit, confidence, speed. Draws what the presenter says."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.tracking.figures import Spread
from app.tracking.finger_bars import FingerBars
from app.tracking.presenter import Figures, HandCard
from app.tracking.sparkline import Sparkline
from app.tracking.stage_bars import StageBars
from app.tracking.verdict import Grade

GRADE_COLOR = {Grade.GOOD: theme.GOOD, Grade.FAIR: theme.FAIR, Grade.POOR: theme.POOR}
NONE = "–"


class FitCard(QFrame):
    """Mesh-to-depth residual with its verdict and history; with two hands, the worse one."""

    def __init__(self) -> None:
        super().__init__()
        theme.styled(self, "card")
        self._residual = theme.styled(QLabel(NONE), "value")
        self._residual.setToolTip(
            "Mean distance of the observed hand points to the mesh; with two hands, the larger one"
        )
        self._verdict = theme.styled(QLabel(""), "muted")
        self._verdict.setWordWrap(True)
        self._verdict.setMinimumHeight(2 * self._verdict.fontMetrics().lineSpacing() - 4)
        self._verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._spark = Sparkline()
        column = _column(self)
        column.addLayout(_title_row("Mesh fit", self._residual))
        column.addWidget(self._spark)
        column.addWidget(self._verdict)

    def show_figures(self, figures: Figures) -> None:
        worst = max(figures.hands, key=lambda hand: hand.residual_mm, default=None)
        self._residual.setText(NONE if worst is None else f"{worst.residual_mm:.1f} mm")
        self._verdict.setText(_verdict_text(figures, worst))
        color = (
            theme.MUTED if worst is None or not figures.live else GRADE_COLOR[worst.verdict.grade]
        )
        self._verdict.setStyleSheet(f"color: {color.name()};")
        self._spark.show_values(figures.residual_history_mm)


def _verdict_text(figures: Figures, worst: HandCard | None) -> str:
    if worst is None:
        return "No hand is tracked"
    if len(figures.hands) > 1 and worst.verdict.grade is not Grade.GOOD:
        return f"{worst.side.value.capitalize()} hand: {worst.verdict.sentence}"
    return worst.verdict.sentence


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


def _title_row(title: str, value: QLabel) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(theme.styled(QLabel(title), "title"))
    row.addStretch(1)
    row.addWidget(value)
    return row
