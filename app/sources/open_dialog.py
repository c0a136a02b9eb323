"""The dialog for sources that are not found by themselves: folders, data sets, stereo cameras."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.banner import Action
from app.sources.forms import FOLDER_FORM, FORMS, RIG_FILES, SourceForm
from app.sources.place_field import PlaceField

RIG_HINT = "A .toml file, from Calibrate two cameras"
WIDTH_PX = 560


class OpenSourceDialog(QDialog):
    """Builds a source URI; `uri` is empty until what the kind needs was entered."""

    calibrate_asked = Signal(str)
    """(uri): make a rig for these cameras first."""

    def __init__(self, parent: QWidget, form_index: int = FOLDER_FORM) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open a source")
        self.setMinimumWidth(WIDTH_PX)
        self._kind = QComboBox()
        self._kind.setAccessibleName("Kind")
        self._kind.setMaxVisibleItems(len(FORMS))
        self._kind.addItems([form.label for form in FORMS])
        self._places = (PlaceField("Place"), PlaceField("Place of the right camera"))
        self._rig = PlaceField("Rig file")
        self._rig.ask_for(RIG_HINT, RIG_FILES)
        self._preview = theme.styled(QLabel(), "muted")
        self._preview.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._open = buttons.button(QDialogButtonBox.StandardButton.Open)
        self.calibrate = buttons.addButton(
            Action.CALIBRATE.value, QDialogButtonBox.ButtonRole.ActionRole
        )
        self.calibrate.clicked.connect(self._ask_to_calibrate)
        self._build(buttons)
        self._kind.setCurrentIndex(form_index)
        self._picked()
        self._kind.currentIndexChanged.connect(self._picked)
        for field in (*self._places, self._rig):
            field.changed.connect(self._changed)

    @property
    def uri(self) -> str:
        """Empty where something is missing."""
        return self._form.uri([place.text for place in self._places], self._rig.text)

    @property
    def _form(self) -> SourceForm:
        return FORMS[self._kind.currentIndex()]

    def _build(self, buttons: QDialogButtonBox) -> None:
        left, right = self._places
        self._first = QLabel("Place")
        rows = self._rows = QFormLayout()
        rows.setVerticalSpacing(10)
        rows.addRow("Kind", self._kind)
        rows.addRow(self._first, left)
        rows.addRow("Right", right)
        rows.addRow("Rig file", self._rig)
        rows.addRow("", self._preview)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.addLayout(rows)
        column.addStretch(1)
        column.addWidget(buttons)

    def _picked(self) -> None:
        """Another kind: ask for what it needs. What was entered stays where it fits."""
        form = self._form
        for place, hint in zip(self._places, form.hints, strict=False):
            place.ask_for(hint, form.files, form.folders)
        two = len(form.hints) > 1
        self._first.setText("Left" if two else "Place")
        self._rows.setRowVisible(self._places[1], two)
        self._rows.setRowVisible(self._rig, form.rig)
        self.calibrate.setVisible(form.rig)
        self._changed()

    def _ask_to_calibrate(self) -> None:
        uri = self._form.cameras([place.text for place in self._places])
        self.reject()
        self.calibrate_asked.emit(uri)

    def _changed(self) -> None:
        uri = self.uri
        self._preview.setText(f"Opens {uri}" if uri else self._form.missing)
        self._open.setEnabled(bool(uri))
