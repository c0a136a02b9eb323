"""Exporting put together: dialog, work, and what came of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.background import ProcessWork, Work
from app.banner import Action
from app.choices import Choices
from app.exporting.dialog import ExportDialog
from app.exporting.presenter import ExportPresenter, ExportWish, export_session


class ExportRoom(QObject):
    """Belongs to the window's thread."""

    def __init__(self, choices: Choices, host: QWidget) -> None:
        super().__init__()
        self.presenter = ExportPresenter(_start)
        self._choices, self._host = choices, host

    def open(self, session: Path | None) -> ExportDialog:
        """Ask what to export of a session; does not block."""
        wanted = self._choices.settings
        dialog = ExportDialog(
            self._host.window(), session, wanted.export_format, wanted.export_axes
        )
        dialog.accepted.connect(lambda: self._begin(dialog))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def tick(self, now_ns: int) -> None:
        self.presenter.poll(now_ns)

    def cancel(self) -> None:
        """End what goes on; returns at once."""
        self.presenter.act(Action.CANCEL)

    def close(self) -> None:
        """The program ends."""
        self.presenter.close()

    def _begin(self, dialog: ExportDialog) -> None:
        wish = dialog.wish
        if wish is not None:
            self._choices.remember(export_format=str(wish.kind), export_axes=wish.axes)
            self.presenter.begin(wish)


def _start(wish: ExportWish) -> Work[str]:
    return ProcessWork("export", export_session, wish.arguments)
