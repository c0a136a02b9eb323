"""The wizard's window: steps on top, a page, and the way back and forth. Holds no logic."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.calibration_wizard.board_page import BoardPage
from app.calibration_wizard.cameras_page import CamerasPage
from app.calibration_wizard.capture_page import CapturePage
from app.calibration_wizard.pages import Page
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.preview_page import PreviewPage
from app.calibration_wizard.report_page import ReportPage
from app.calibration_wizard.save_page import SavePage
from app.calibration_wizard.solving_page import SolvingPage
from app.calibration_wizard.steps_bar import StepsBar

SIZE_PX = (1180, 780)
FORTH = {
    Page.BOARD: "Next",
    Page.CAMERAS: "Next",
    Page.CAPTURE: "Solve",
    Page.SOLVE: "Next",
    Page.REPORT: "Next",
    Page.PREVIEW: "Next",
    Page.SAVE: "Save",
}


class WizardDialog(QDialog):
    """All pages. Closing it in whatever way asks to leave."""

    forth_asked = Signal()
    back_asked = Signal()
    leave_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Calibrate two cameras")
        self.resize(self._largest(QSize(*SIZE_PX)))
        self.steps = StepsBar()
        self.board, self.cameras, self.capture = BoardPage(), CamerasPage(), CapturePage()
        self.solving, self.report = SolvingPage(), ReportPage()
        self.preview, self.save = PreviewPage(), SavePage()
        self._stack = QStackedWidget()
        for page in (
            self.board, self.cameras, self.capture, self.solving, self.report, self.preview,
            self.save,
        ):  # fmt: skip
            self._stack.addWidget(page)
        self.cancel, self.back = QPushButton("Cancel"), QPushButton("Back")
        self.forth = theme.styled(QPushButton("Next"), "primary")
        self.cancel.clicked.connect(self.leave_asked)
        self.back.clicked.connect(self.back_asked)
        self.forth.clicked.connect(self.forth_asked)
        for button in (self.cancel, self.back, self.forth):
            button.setMinimumWidth(96)
            button.setAutoDefault(False)
        self._lay_out()
        self.forth.setFocus()

    def _largest(self, size: QSize) -> QSize:
        """What of a size the screen has room for, with a margin for its title."""
        room = self.screen().availableGeometry().size()
        return size.boundedTo(room - QSize(2 * theme.GAP_PX, 4 * theme.GAP_PX))

    def present(self, presenter: WizardPresenter) -> None:
        """The present page with what is known now."""
        page = presenter.page
        turned = self._stack.currentIndex() != page
        self._stack.setCurrentIndex(page)
        self.steps.show_page(page)
        for each in (
            (Page.CAMERAS, self.cameras), (Page.CAPTURE, self.capture), (Page.SOLVE, self.solving),
            (Page.REPORT, self.report), (Page.PREVIEW, self.preview), (Page.SAVE, self.save),
        ):  # fmt: skip
            if each[0] is page:
                each[1].present(presenter)
        self._show_buttons(presenter)
        if turned and page is not Page.CAPTURE:  # There the space bar captures.
            (self.forth if self.forth.isEnabled() else self._stack).setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.leave_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        else:
            self.leave_asked.emit()

    def _show_buttons(self, presenter: WizardPresenter) -> None:
        page, saved = presenter.page, presenter.saved is not None
        self.back.setEnabled(page is not Page.BOARD)
        done = "Track with it" if presenter.uri else "Saved"
        self.forth.setText(done if saved and page is Page.SAVE else FORTH[page])
        self.forth.setEnabled(self._can_go_on(presenter))
        self.cancel.setText("Close" if saved else "Cancel")

    def _can_go_on(self, presenter: WizardPresenter) -> bool:
        page, info = presenter.page, presenter.info
        if page is Page.BOARD:
            return not self.board.problem
        if page is Page.CAMERAS:
            return info is not None and info.left_size_px == info.right_size_px
        if page is Page.CAPTURE:
            return presenter.can_solve
        if page is Page.SAVE:
            if presenter.saved is not None:
                return bool(presenter.uri)
            return self.save.may_save(presenter)
        return page is not Page.SOLVE and presenter.stored is not None

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(7)
        buttons.addWidget(self.cancel)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        buttons.addWidget(self.forth)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 20, 16)
        column.setSpacing(14)
        column.addWidget(self.steps)
        column.addWidget(self._stack, 1)
        column.addLayout(buttons)
