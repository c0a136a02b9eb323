"""The learning room laid out as a card: state, plot, counters, buttons. Holds no logic."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from app import theme
from app.adaptation.plot import LearningPlot
from app.adaptation.presenter import LearningFigures


class LearningCard(QFrame):
    """What the adaptation does; its buttons ask, and the window acts."""

    pause_asked = Signal(bool)
    """(paused): pause, or go on."""
    rollback_asked = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        theme.styled(self, "card")
        self._paused = False
        self._title = theme.styled(QLabel(), "heading")
        self._sentence = theme.wrapped()
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Room for what the longest sentence takes, so that the plot does not jump.
        self._sentence.setMinimumHeight(3 * self._sentence.fontMetrics().lineSpacing())
        self._plot = LearningPlot()
        self._counters = {key: QLabel("–") for key, _, _ in _COUNTERS}
        self._pause = QPushButton("Pause")
        self._pause.clicked.connect(lambda: self.pause_asked.emit(not self._paused))
        self._rollback = QPushButton("Roll back")
        self._rollback.setToolTip("Go back to the former weights at once")
        self._rollback.clicked.connect(self.rollback_asked)
        self._close = QPushButton("Hide")
        self._close.setToolTip("Show confidence and speed again  (L)")
        self._close.clicked.connect(self.closed)
        self._lay_out()

    def show_figures(self, figures: LearningFigures) -> None:
        self._title.setText(figures.title)
        self._sentence.setText(figures.sentence)
        self._plot.show_figures(figures)
        self._counters["steps"].setText(figures.steps or "–")
        self._counters["samples"].setText(figures.samples or "–")
        self._counters["decisions"].setText(figures.decisions or "–")
        disbelieved = figures.disbelieved or "none"
        self._counters["samples"].setToolTip(
            f"Samples that the teacher did not believe:\n{disbelieved}"
        )
        self._paused = figures.paused
        self._pause.setText("Go on" if figures.paused else "Pause")
        self._pause.setEnabled(figures.can_pause)
        self._rollback.setEnabled(figures.can_roll_back)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, (key, title, tip) in enumerate(_COUNTERS):
            label = theme.styled(QLabel(title), "title")
            label.setToolTip(tip)
            cell = self._counters[key]
            cell.setToolTip(tip)
            cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label, row, 0)
            grid.addWidget(cell, row, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(7)
        buttons.addWidget(self._pause)
        buttons.addWidget(self._rollback)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 12, 11)
        column.setSpacing(5)
        column.addWidget(self._title)
        column.addWidget(self._sentence)
        column.addWidget(self._plot, 1)
        column.addLayout(grid)
        column.addLayout(buttons)


_COUNTERS = (
    ("steps", "Learning", "Small training steps on a copy of the network"),
    ("samples", "Samples", "Kept frames of your hand; the held-out ones only judge"),
    ("decisions", "Gate", "New weights that were accepted, refused, and taken back"),
)
