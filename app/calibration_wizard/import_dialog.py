"""Bringing a calibration from elsewhere: which program's, which files, in which unit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.calibration_wizard.words import muted, say
from calibration.errors import CalibrationError, CalibrationProblem
from calibration.formats.files import RigFormat, import_rig
from calibration.storage import load_rig
from calibration.stored_rig import StoredRig

OWN = "Rig file of this program"
FILES: Mapping[RigFormat, tuple[str, ...]] = MappingProxyType(
    {
        RigFormat.ROS: ("Left camera", "Right camera"),
        RigFormat.OPENCV_TEXT: (
            "Left intrinsics", "Right intrinsics", "Left place", "Right place",
        ),
    }
)  # fmt: skip
MOST_FILES = 4


class ImportDialog(QDialog):
    """`stored` is the rig once it was accepted; a file that is none is refused with its reason."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import a calibration")
        self.setMinimumWidth(560)
        self.stored: StoredRig | None = None
        self.kind = QComboBox()
        self.kind.addItem(OWN, None)
        for kind in RigFormat:
            self.kind.addItem(kind.value, kind)
        self._labels = [QLabel() for _ in range(MOST_FILES)]
        self.places = [QLineEdit() for _ in range(MOST_FILES)]
        self._rows = [self._row(place) for place in self.places]
        self.unit_mm = QDoubleSpinBox()
        self.unit_mm.setRange(0.001, 10_000.0)
        self.unit_mm.setDecimals(3)
        self.unit_mm.setSuffix(" mm")
        self.unit_mm.setValue(1000.0)
        self.unit_mm.lineEdit().setTextMargins(7, 0, 7, 0)
        self.unit_mm.setToolTip(
            "1000 where the file counts in metres, 10 in centimetres, 1 in millimetres; the side "
            "of a square where it counts in squares"
        )
        self.width_px, self.height_px = _pixels(), _pixels()
        self._problem = muted()
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._changed)
        self._changed()

    def accept(self) -> None:
        """Read the files; stay where they are none."""
        try:
            self.stored = self._read()
        except CalibrationError as error:
            say(self._problem, str(error), theme.POOR)
            return
        super().accept()

    def _read(self) -> StoredRig:
        kind: RigFormat | None = self.kind.currentData()
        needed = self.places[: 1 if kind is None else kind.file_count]
        if not all(place.text().strip() for place in needed):
            raise CalibrationError(
                CalibrationProblem.INPUT,
                "Name every file of the calibration, by typing it or with Browse.",
            )
        paths = [Path(place.text().strip()).expanduser() for place in self.places]
        if kind is None:
            return load_rig(paths[0])
        size = (self.width_px.value(), self.height_px.value())
        return import_rig(
            kind,
            paths[: kind.file_count],
            size_px=size if min(size) > 0 else None,
            unit_m=self.unit_mm.value() / 1000,
        )

    def _changed(self) -> None:
        kind: RigFormat | None = self.kind.currentData()
        names = FILES.get(kind, ("File",)) if kind is not None else ("File",)
        for index, (label, row) in enumerate(zip(self._labels, self._rows, strict=True)):
            shown = index < len(names)
            label.setVisible(shown)
            row.setVisible(shown)
            label.setText(names[index] if shown else "")
        foreign = kind is not None
        for widget in (self.unit_mm, self._unit_label, self._size, self._size_label):
            widget.setVisible(foreign)
        say(self._problem, "")
        self.adjustSize()

    def _row(self, place: QLineEdit) -> QWidget:
        browse = QPushButton("Browse…")
        browse.clicked.connect(lambda: self._browse(place))
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(place, 1)
        row.addWidget(browse)
        return holder

    def _browse(self, place: QLineEdit) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Open")
        if chosen:
            place.setText(chosen)

    def _lay_out(self) -> None:
        self._unit_label, self._size_label = QLabel("One unit is"), QLabel("Size of pictures")
        self._size = QWidget()
        size = QHBoxLayout(self._size)
        size.setContentsMargins(0, 0, 0, 0)
        size.addWidget(self.width_px)
        size.addWidget(QLabel("×"))
        size.addWidget(self.height_px)
        size.addWidget(QLabel("px, where the file leaves it out"), 1)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow("Made by", self.kind)
        for label, row in zip(self._labels, self._rows, strict=True):
            form.addRow(label, row)
        form.addRow(self._unit_label, self.unit_mm)
        form.addRow(self._size_label, self._size)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.addLayout(form)
        column.addWidget(self._problem)
        column.addWidget(self._buttons)


def _pixels() -> QSpinBox:
    field = QSpinBox()
    field.setRange(0, 20_000)
    field.lineEdit().setTextMargins(7, 0, 7, 0)
    field.setSpecialValueText("–")
    return field
