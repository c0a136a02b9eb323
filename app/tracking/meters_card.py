"""The truth meters: fit, outline, bones and jitter, each with its history, and a verdict."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QVBoxLayout

from app import theme
from app.tracking.figures import NONE
from app.tracking.hud_figures import Figures, HandCard
from app.tracking.meters import METERS, SHOWN_STEPS, Meter, MeterKind, meters_of
from app.tracking.sparkline import Sparkline
from app.tracking.verdict import Grade
from engine.inference.meters import TruthReadings

GRADE_COLOR = {Grade.GOOD: theme.GOOD, Grade.FAIR: theme.FAIR, Grade.POOR: theme.POOR}
VALUE_PX = 104
"""Wide enough for the longest figure, so that the lines beside do not jump."""


class MetersCard(QFrame):
    """What can be known of right and wrong without a label."""

    def __init__(self) -> None:
        super().__init__()
        theme.styled(self, "card")
        self._verdict = theme.styled(QLabel(), "muted")
        self._verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        # One line of the column's width, whatever there is to say.
        self._verdict.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        grid = QGridLayout()
        grid.setHorizontalSpacing(9)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        self._live = False
        self._rows = [_MeterRow(grid, row, kind) for row, kind in enumerate(METERS)]
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 12, 9)
        column.setSpacing(4)
        column.addLayout(grid)
        column.addWidget(self._verdict)
        self._verdict.setFixedHeight(self._verdict.fontMetrics().height() + 2)

    def show_readings(self, readings: TruthReadings | None) -> None:
        """The newest; None where nothing tracks. Where nothing comes any more only their history
        is shown."""
        for row, meter in zip(self._rows, meters_of(readings), strict=True):
            row.show_meter(meter if self._live else replace(meter, text=NONE))

    def show_figures(self, figures: Figures) -> None:
        """The verdict, of the worse hand where there are two."""
        self._live = figures.live
        worst = max(figures.hands, key=lambda hand: hand.residual_mm, default=None)
        text = _verdict_text(figures, worst)
        metrics, elide = self._verdict.fontMetrics(), Qt.TextElideMode.ElideRight
        self._verdict.setText(metrics.elidedText(text, elide, self._verdict.width()))
        self._verdict.setToolTip(text)
        known = worst is not None and figures.live
        color = GRADE_COLOR[worst.verdict.grade] if known and worst else theme.MUTED
        self._verdict.setStyleSheet(f"color: {color.name()};")


class _MeterRow:
    """Title, line and figure of one meter."""

    def __init__(self, grid: QGridLayout, row: int, kind: MeterKind) -> None:
        title = theme.styled(QLabel(kind.title), "title")
        self._line = Sparkline(kind.scale, SHOWN_STEPS)
        self._value = QLabel()
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._value.setMinimumWidth(VALUE_PX)
        for column, widget in enumerate((title, self._line, self._value)):
            widget.setToolTip(kind.tip)
            grid.addWidget(widget, row, column)
        self.show_meter(Meter())

    def show_meter(self, meter: Meter) -> None:
        self._value.setText(meter.text)
        self._line.show_values(meter.history, meter.beside)


def _verdict_text(figures: Figures, worst: HandCard | None) -> str:
    if worst is None:
        return "No hand is tracked"
    if len(figures.hands) > 1 and worst.verdict.grade is not Grade.GOOD:
        return f"{worst.side.value.capitalize()} hand: {worst.verdict.sentence}"
    return worst.verdict.sentence
