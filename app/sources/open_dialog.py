"""The dialog for sources that are not found by themselves: folders, data sets, typed URIs."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from engine.recording.place import sessions_folder


@dataclass(frozen=True, slots=True)
class SourceForm:
    """How one kind of source is written."""

    label: str
    scheme: str
    """With the colon; empty for a URI typed whole."""
    hint: str
    files: str = ""
    """For a place that is a file: what the file dialog shows."""


SESSION_FILES = "Recorded sessions (*.mcap)"
FORMS: tuple[SourceForm, ...] = (
    SourceForm("Recorded session", "replay:", "A .mcap file", SESSION_FILES),
    SourceForm("Folder of depth images", "folder:", "16-bit PNGs and a camera.json"),
    SourceForm("CVAR data set", "cvar:", "The folder of the unpacked data set"),
    SourceForm("NYU data set", "nyu:", "The folder of the unpacked data set"),
    SourceForm("MSRA data set", "msra:", "The folder of the unpacked data set"),
    SourceForm("ICVL data set", "icvl:", "The folder of the unpacked data set"),
    SourceForm("RealSense recording", "realsense:", "A .bag file", "Recordings (*.bag)"),
    SourceForm("Typed source", "", "For example sim:seed=3,hands=2 or realsense:SERIAL"),
)
SESSION_FORM, FOLDER_FORM, DATASET_FORM, TYPED_FORM = 0, 1, 2, 7


class OpenSourceDialog(QDialog):
    """Builds a source URI; `uri` is empty until something was entered."""

    def __init__(self, parent: QWidget, form_index: int = FOLDER_FORM) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open a source")
        self.setMinimumWidth(520)
        self._kind = QComboBox()
        self._kind.addItems([form.label for form in FORMS])
        self._place = QLineEdit()
        self._browse = QPushButton("Browse…")
        self._browse.clicked.connect(self._choose)
        self._preview = theme.styled(QLabel(), "muted")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._open = buttons.button(QDialogButtonBox.StandardButton.Open)
        self._build(buttons)
        self._kind.currentIndexChanged.connect(self._changed)
        self._place.textChanged.connect(self._changed)
        self._kind.setCurrentIndex(form_index)
        self._changed()

    @property
    def uri(self) -> str:
        place = self._place.text().strip()
        return f"{self._form.scheme}{place}" if place else ""

    @property
    def _form(self) -> SourceForm:
        return FORMS[self._kind.currentIndex()]

    def _build(self, buttons: QDialogButtonBox) -> None:
        place = QHBoxLayout()
        place.addWidget(self._place, 1)
        place.addWidget(self._browse)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow("Kind", self._kind)
        form.addRow("Place", place)
        form.addRow("", self._preview)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.addLayout(form)
        column.addWidget(buttons)

    def _changed(self) -> None:
        form = self._form
        self._place.setPlaceholderText(form.hint)
        self._browse.setVisible(bool(form.scheme))
        self._preview.setText(f"Opens {self.uri}" if self.uri else form.hint)
        self._open.setEnabled(bool(self.uri))

    def _choose(self) -> None:
        if self._form.files:
            folder = str(sessions_folder()) if self._form.files == SESSION_FILES else ""
            chosen, _ = QFileDialog.getOpenFileName(self, "Open", folder, self._form.files)
        else:
            chosen = QFileDialog.getExistingDirectory(self, "Open")
        if chosen:
            self._place.setText(chosen)
