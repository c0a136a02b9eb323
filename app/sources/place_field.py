"""A line for a place on disk, with a button to look for it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from app.sources.forms import SESSION_FILES
from engine.recording.place import sessions_folder


class PlaceField(QWidget):
    """Also takes what is no place on disk; then there is no button."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        """`name` is for those who cannot see it."""
        super().__init__()
        self._line = QLineEdit()
        self._line.setAccessibleName(name)
        self._line.textChanged.connect(self.changed)
        self._browse = QPushButton("Browse…")
        self._browse.clicked.connect(self._choose)
        self._files = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._line, 1)
        row.addWidget(self._browse)

    def ask_for(self, hint: str, files: str = "", folders: bool = False) -> None:
        """What is to be entered, and which files or folders can be looked for."""
        self._files = files
        self._line.setPlaceholderText(hint)
        self._browse.setVisible(bool(files) or folders)

    @property
    def text(self) -> str:
        return self._line.text()

    def enter(self, text: str) -> None:
        """As if it were typed."""
        self._line.setText(text)

    def _choose(self) -> None:
        if self._files:
            folder = str(sessions_folder()) if self._files == SESSION_FILES else ""
            chosen, _ = QFileDialog.getOpenFileName(self, "Open", folder, self._files)
        else:
            chosen = QFileDialog.getExistingDirectory(self, "Open")
        if chosen:
            self._line.setText(chosen)
