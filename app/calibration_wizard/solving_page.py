"""The fourth page: solving, with how far it is; or why there is no solution."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app import theme
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.solving import stage_of
from app.calibration_wizard.words import heading, muted, say

WIDTH_PX = 520


class SolvingPage(QWidget):
    """Shows the presenter's work."""

    def __init__(self) -> None:
        super().__init__()
        self._heading, self._stage = heading(""), muted()
        self._bar = QProgressBar()
        self._bar.setRange(0, 100)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName("Progress")
        inner = QWidget()
        inner.setFixedWidth(WIDTH_PX)
        column = QVBoxLayout(inner)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._heading)
        column.addWidget(self._bar)
        column.addWidget(self._stage)
        column.addStretch(3)
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(inner)
        outer.addStretch(1)

    @property
    def failure(self) -> str:
        """What is shown as the reason; empty while it works."""
        return self._stage.text() if self._bar.isHidden() else ""

    def present(self, presenter: WizardPresenter) -> None:
        """How far it is."""
        work = presenter.solving
        failure = "" if work is None else work.failure
        self._bar.setHidden(bool(failure))
        if failure:
            say(self._heading, "No calibration came of these views", theme.TEXT)
            say(
                self._stage, f"{failure}\n\nGo back to take more views; yours are kept.", theme.FAIR
            )
            return
        share = 0.0 if work is None else work.share
        say(self._heading, f"Solving from {len(presenter.book.views)} views", theme.TEXT)
        say(self._stage, f"{stage_of(share)}. You can put the board down.")
        self._bar.setValue(round(100 * share))
