"""Which two cameras: what was found, and the forms of those that have to be named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from engine.capture.camera import SourceInfo


@dataclass(frozen=True, slots=True)
class CameraForm:
    """One way to name a pair of cameras."""

    label: str
    scheme: str
    """With the colon; empty for a URI typed whole."""
    hints: tuple[str, ...]
    """What stands in each field while it is empty."""
    defaults: tuple[str, ...]
    browse: str = ""
    """ "folder" or "file", where fields are places on disk."""


FORMS: tuple[CameraForm, ...] = (
    CameraForm("Two webcams", "uvc:", ("Left: 0", "Right: 1"), ("0", "1")),
    CameraForm("One camera with both pictures side by side", "uvc:", ("Number: 0",), ("0",)),
    CameraForm("ZED", "zed:", ("Serial number; empty for the first one",), ("",)),
    CameraForm(
        "RealSense, infrared", "realsense-ir:", ("Serial number; empty for the first one",), ("",)
    ),
    CameraForm(
        "Two folders of pictures", "images:", ("Folder of the left camera", "Of the right one"),
        ("", ""), "folder",
    ),
    CameraForm(
        "Two films", "video:", ("Film of the left camera", "Of the right one"), ("", ""), "file"
    ),
    CameraForm("Typed source", "", ("For example uvc:0,2",), ("",)),
)  # fmt: skip
OPTIONAL = ("zed:", "realsense-ir:")
"""Schemes that need nothing behind them."""
SWAPPABLE = ("uvc:", "images:", "video:")


def swapped(uri: str) -> str:
    """The same cameras the other way round; empty where that cannot be said."""
    scheme, colon, rest = uri.partition(":")
    place, mark, options = rest.partition("?")
    left, comma, right = place.partition(",")
    if f"{scheme}{colon}" not in SWAPPABLE or not comma:
        return ""
    return f"{scheme}:{right},{left}{mark}{options}"


class CameraChoice(QWidget):
    """A list, the fields of what is picked, and a button."""

    chosen = Signal(str)
    """(uri)"""

    def __init__(self) -> None:
        super().__init__()
        self._found: tuple[SourceInfo, ...] = ()
        self._list = QComboBox()
        self._list.setAccessibleName("Cameras")
        self._list.setMinimumWidth(220)
        self._fields = [QLineEdit(), QLineEdit()]
        self._browse = [QPushButton("…"), QPushButton("…")]
        self._open = theme.styled(QPushButton("Open"), "primary")
        self._open.clicked.connect(self._ask)
        row = QHBoxLayout()
        row.setSpacing(7)
        row.addWidget(self._list)
        for index, (field, button) in enumerate(zip(self._fields, self._browse, strict=True)):
            button.setMaximumWidth(40)
            button.clicked.connect(lambda _=False, k=index: self._look_for(k))
            field.returnPressed.connect(self._ask)
            field.textChanged.connect(self._check)
            row.addWidget(field, 1)
            row.addWidget(button)
        row.addWidget(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        self._list.currentIndexChanged.connect(self._picked)
        self.show_found(())

    @property
    def uri(self) -> str:
        """What is entered; empty where something is missing."""
        picked = self._list.currentData()
        if isinstance(picked, str):
            return picked
        form = self._form
        texts = [field.text().strip() for field in self._fields[: len(form.hints)]]
        if not all(texts) and form.scheme not in OPTIONAL:
            return ""
        return form.scheme + ",".join(texts)

    def show_found(self, found: Sequence[SourceInfo]) -> None:
        """Devices that are there, before the forms."""
        if tuple(found) == self._found and self._list.count():
            return
        self._found = tuple(found)
        self._list.blockSignals(True)
        self._list.clear()
        for source in self._found:
            self._list.addItem(source.name, source.uri)
        for index, form in enumerate(FORMS):
            self._list.addItem(form.label, index)
        self._list.blockSignals(False)
        self._picked()

    def type(self, uri: str) -> None:
        """Enter a source as if it were typed."""
        self._list.setCurrentIndex(self._list.count() - 1)
        self._fields[0].setText(uri)

    @property
    def _form(self) -> CameraForm:
        picked = self._list.currentData()
        return FORMS[picked if isinstance(picked, int) else -1]

    def _picked(self) -> None:
        typed = isinstance(self._list.currentData(), int)
        form = self._form
        for index, (field, button) in enumerate(zip(self._fields, self._browse, strict=True)):
            shown = typed and index < len(form.hints)
            field.setVisible(shown)
            button.setVisible(shown and bool(form.browse))
            if shown:
                field.setPlaceholderText(form.hints[index])
                field.setAccessibleName(form.hints[index])
                field.setText(form.defaults[index])
        self._check()

    def _check(self) -> None:
        self._open.setEnabled(bool(self.uri))

    def _ask(self) -> None:
        if self.uri:
            self.chosen.emit(self.uri)

    def _look_for(self, index: int) -> None:
        if self._form.browse == "folder":
            place = QFileDialog.getExistingDirectory(self, "Pictures of one camera")
        else:
            place, _ = QFileDialog.getOpenFileName(self, "Film of one camera")
        if place:
            self._fields[index].setText(place)
