"""The fifth page: is it good enough, and which views spoil it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.calibration_wizard.captured import LEAST_VIEWS, Captured
from app.calibration_wizard.error_bars import ErrorBars, words_of
from app.calibration_wizard.marks import errors
from app.calibration_wizard.picture_pane import PicturePane
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.reprojected import reprojected
from app.calibration_wizard.verdict_words import HEADLINES, answer, figures, why
from app.calibration_wizard.words import large, muted, say, title, wrapped
from calibration.report import StereoReport, Verdict

COLORS = {
    Verdict.GOOD: theme.GOOD,
    Verdict.USABLE: theme.FAIR,
    Verdict.NOT_GOOD_ENOUGH: theme.POOR,
}
SIDE_PX = 352


class ReportPage(QWidget):
    """Shows the presenter's result; tells what to drop."""

    drop_asked = Signal(str)
    """(name of a view): solve without it."""
    restore_asked = Signal()
    """Solve with the one dropped last."""

    def __init__(self) -> None:
        super().__init__()
        self._verdict, self._answer, self._why = large(22), wrapped(QLabel()), muted()
        self._faults, self._square = wrapped(QLabel()), muted()
        self.bars = ErrorBars()
        self.bars.chosen.connect(self._choose)
        self._chosen, self._shown = "", ("", "")
        self.left, self.right = PicturePane("Left"), PicturePane("Right")
        self._view_words = muted()
        self.drop = QPushButton("Solve without it")
        self.drop.clicked.connect(lambda: self.drop_asked.emit(self._chosen))
        self.restore = QPushButton("Put the dropped view back")
        self.restore.clicked.connect(self.restore_asked)
        self._grid = QGridLayout()
        self._report: StereoReport | None = None
        self._presenter: WizardPresenter | None = None
        self._lay_out()

    def present(self, presenter: WizardPresenter) -> None:
        """The report, once it is another one."""
        result = presenter.result
        self._presenter = presenter
        self.restore.setVisible(bool(presenter.dropped))
        if result is None or result.report is self._report:
            return
        self._report = report = result.report
        self._shown = ("", "")
        say(self._verdict, HEADLINES[report.verdict], COLORS[report.verdict])
        say(self._answer, answer(report), theme.TEXT)
        say(self._why, why(report))
        self._why.setVisible(bool(report.reasons))
        sentences = [*(fault.sentence for fault in report.faults), *report.left_out_sentences]
        say(self._faults, "\n\n".join(sentences), theme.FAIR)
        self._faults.setVisible(bool(sentences))
        say(self._square, report.square.sentence)
        self._fill(report)
        used = [view for view in report.views if not view.dropped]
        worst = max(used, key=lambda view: max((r for r in view.rms_px if r), default=0.0))
        self._choose(worst.name)

    def _choose(self, name: str) -> None:
        """Show a view's pictures with its errors."""
        self._chosen = name
        presenter, report = self._presenter, self._report
        self.bars.show_report(report, name)
        if presenter is None or report is None or presenter.result is None:
            return
        kept = next((k for k in presenter.book.views if k.view.name == name), None)
        view = next((v for v in report.views if v.name == name), None)
        self.drop.setEnabled(kept is not None and len(presenter.book.views) > LEAST_VIEWS)
        if kept is not None and view is not None:
            say(self._view_words, f"{words_of(view)}.")
            self._show_view(presenter, kept)

    def _show_view(self, presenter: WizardPresenter, kept: Captured) -> None:
        if presenter.board is None or presenter.result is None:
            return
        found = reprojected(kept, presenter.result.rig, presenter.board)
        for camera, pane in enumerate((self.left, self.right)):
            pane.show_picture(kept.picture(camera), (errors(found[camera]),))

    def _fill(self, report: StereoReport) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for row, (name, value, meaning) in enumerate(figures(report)):
            label, figure = title(name), QLabel(value)
            figure.setAlignment(Qt.AlignmentFlag.AlignRight)
            for widget in (label, figure):
                widget.setToolTip(meaning)
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(figure, row, 1)

    def _lay_out(self) -> None:
        pictures = QHBoxLayout()
        pictures.setSpacing(theme.GAP_PX)
        pictures.addWidget(self.left, 1)
        pictures.addWidget(self.right, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._view_words, 1)
        buttons.addWidget(self.restore)
        buttons.addWidget(self.drop)
        main = QVBoxLayout()
        main.setSpacing(7)
        main.addWidget(self._verdict)
        main.addWidget(self._answer)
        main.addWidget(self._why)
        main.addSpacing(4)
        main.addWidget(title("Error of each view in pixels, left and right. Click one to see it."))
        main.addWidget(self.bars, 2)
        main.addLayout(pictures, 5)
        main.addWidget(title("Green: where corners were seen. Red: their error, 40 times as long."))
        main.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        row.addLayout(main, 1)
        row.addWidget(self._side())

    def _side(self) -> QFrame:
        side = theme.styled(QFrame(), "card")
        side.setFixedWidth(SIDE_PX)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(9)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(0, 1)
        column.addWidget(self._faults)
        column.addLayout(self._grid)
        column.addWidget(self._square)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        outer = QVBoxLayout(side)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.addWidget(scroll)
        return side
