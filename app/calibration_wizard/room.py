"""The wizard put together: presenter, window, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.board_print import write_board_pdf
from app.calibration_wizard.dialog import WizardDialog
from app.calibration_wizard.import_dialog import ImportDialog
from app.calibration_wizard.pages import Page
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.saving import save
from calibration.board import AnyBoard
from calibration.stored_rig import StoredRig
from engine.errors import UserError

LOOK_MS = 40
CLOSE_S = 1.0


class CalibrationRoom(QObject):
    """Belongs to the window's thread."""

    left = Signal()
    """The wizard was left, and its cameras were let go."""
    track_asked = Signal(str, object)
    """(uri, Path): track these cameras with the rig that was saved there."""

    def __init__(self, presenter: WizardPresenter, parent: QWidget) -> None:
        super().__init__(parent)
        self.presenter = presenter
        self._parent = parent
        self.dialog: WizardDialog | None = None
        self.question: QMessageBox | None = None
        self._kept_index = 0
        self._wanted: tuple[str, Path] | None = None
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.tick)

    def open(self, cameras: str = "") -> None:
        """Begin with the first page; does not block. `cameras`, where given, are suggested."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        self._wanted = None
        self.dialog = dialog = WizardDialog(self._parent)
        self._connect(dialog)
        dialog.board.show_form(self.presenter.form)
        if cameras:
            dialog.cameras.choice.suggest(cameras)
        self._timer.start()
        self.tick()
        dialog.open()

    def tick(self) -> None:
        """Show how things stand."""
        self.presenter.poll()
        if self.dialog is None:
            if not self.presenter.running:
                self._timer.stop()
                self._end()
            return
        self.dialog.present(self.presenter)

    def ask_to_leave(self) -> None:
        """Leave at once where nothing is lost by it; else ask."""
        if not self.presenter.something_to_lose or self.dialog is None:
            self.leave()
            return
        count = len(self.presenter.book.views)
        self.question = box = QMessageBox(self.dialog)
        box.setWindowTitle("Leave the calibration?")
        box.setText(f"The {count} views that you took will be lost.")
        leave = box.addButton("Leave", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
        leave.clicked.connect(self.leave)
        box.finished.connect(box.deleteLater)
        box.open()

    def leave(self) -> None:
        """Give up what was not saved; the cameras are let go in the background."""
        self.presenter.leave()
        if self.dialog is not None:
            self.dialog.hide()
            self.dialog.deleteLater()
            self.dialog = None

    def close(self) -> None:
        """The program ends."""
        self._wanted = None
        self.leave()
        self._timer.stop()
        self.presenter.close(CLOSE_S)

    def go_forth(self) -> None:
        """What the page's button on the right does."""
        presenter, dialog = self.presenter, self.dialog
        if dialog is None:
            return
        if presenter.page is Page.BOARD:
            self._with_words(lambda: presenter.use_form(dialog.board.form))
        elif presenter.page is Page.CAPTURE:
            presenter.solve()
        elif presenter.page is Page.SAVE:
            self._save_or_track(dialog)
        else:
            if presenter.page is Page.CAMERAS:
                known = dialog.cameras.baseline.value() / 1000
                presenter.known_baseline_m = known or None
            presenter.go_to(Page(presenter.page + 1))
        self.tick()

    def go_back(self) -> None:
        """One page, past the one that only shows progress."""
        presenter = self.presenter
        before = {Page.REPORT: Page.CAPTURE, Page.SAVE: Page.PREVIEW}
        page = before.get(presenter.page, Page(max(presenter.page - 1, 0)))
        if presenter.imported is not None:
            page = Page.BOARD
        presenter.go_to(page)
        self.tick()

    def _end(self) -> None:
        """Everything has ended."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.track_asked.emit(*wanted)
        self.left.emit()

    def _connect(self, dialog: WizardDialog) -> None:
        presenter = self.presenter
        dialog.leave_asked.connect(self.ask_to_leave)
        dialog.back_asked.connect(self.go_back)
        dialog.forth_asked.connect(self.go_forth)
        dialog.board.print_asked.connect(self._print)
        dialog.board.import_asked.connect(self._import)
        dialog.cameras.chosen.connect(presenter.choose_cameras)
        dialog.capture.undo_asked.connect(self._undo)
        dialog.capture.capture_asked.connect(self._capture)
        dialog.capture.again_asked.connect(lambda: presenter.choose_cameras(presenter.uri))
        dialog.capture.automatic_changed.connect(self._set_automatic)
        dialog.report.drop_asked.connect(presenter.drop_view)
        dialog.report.restore_asked.connect(presenter.restore_dropped)
        preview = dialog.preview
        preview.freeze_asked.connect(self._freeze)
        preview.live_asked.connect(self._show_live)
        preview.step_asked.connect(self._step)

    def _undo(self) -> None:
        if self.presenter.watch is not None:
            self.presenter.watch.undo()

    def _capture(self) -> None:
        if self.presenter.watch is not None:
            self.presenter.watch.capture()

    def _set_automatic(self, on: bool) -> None:
        self.presenter.automatic = on

    def _freeze(self) -> None:
        if self.presenter.preview is not None:
            self.presenter.preview.freeze()

    def _show_live(self) -> None:
        if self.presenter.preview is not None:
            self.presenter.preview.show_live()

    def _step(self, step: int) -> None:
        views = self.presenter.book.views
        if views and self.presenter.preview is not None:
            self._kept_index = (self._kept_index + step) % len(views)
            self.presenter.preview.show_kept(views[self._kept_index])

    def _save_or_track(self, dialog: WizardDialog) -> None:
        presenter, stored = self.presenter, self.presenter.stored
        if presenter.saved is not None:
            self._wanted = (presenter.uri, presenter.saved)
            self.leave()
        elif stored is not None:
            try:
                saved = save(dialog.save.path, stored, dialog.save.exports)
            except UserError as error:
                dialog.save.show_failure(str(error))
                return
            presenter.saved = saved.rig
            dialog.save.show_saved(saved)

    def _print(self, board: AnyBoard, paper: str) -> None:
        suggestion = str(Path.home() / f"board-{board.spec.replace(':', '-')}.pdf")
        place, _ = QFileDialog.getSaveFileName(
            self.dialog, "Print the board as PDF", suggestion, "PDF (*.pdf)"
        )
        if place:
            self._with_words(lambda: write_board_pdf(board, Path(place), paper))

    def _import(self) -> None:
        assert self.dialog is not None
        asking = ImportDialog(self.dialog)
        asking.accepted.connect(lambda: self._use_import(asking.stored))
        asking.finished.connect(asking.deleteLater)
        asking.open()

    def _use_import(self, stored: StoredRig | None) -> None:
        if stored is not None:
            self.presenter.use_import(stored)

    def _with_words(self, action: Callable[[], None]) -> None:
        """Do it, or say why not."""
        try:
            action()
        except UserError as error:
            box = QMessageBox(
                QMessageBox.Icon.Warning, "Calibration", str(error), parent=self.dialog
            )
            box.finished.connect(box.deleteLater)
            box.open()
