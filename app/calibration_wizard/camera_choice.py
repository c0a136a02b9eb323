"""Which two cameras: how each kind of pair is named."""

from __future__ import annotations

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
from app.calibration_wizard.words import title


@dataclass(frozen=True, slots=True)
class CameraForm:
    """One way to name a pair of cameras."""

    label: str
    scheme: str
    """With the colon; empty for a URI typed whole."""
    hints: tuple[str, ...]
    """What stands in each field while it is empty."""
    defaults: tuple[str, ...]
    names: tuple[str, ...] = ("", "")
    """Before each field; empty where the hint says enough."""
    browse: str = ""
    """ "folder" or "file", where fields are places on disk."""


FORMS: tuple[CameraForm, ...] = (
    CameraForm(
        "Two webcams", "uvc:", ("Number of the left camera", "Of the right one"), ("0", "1"),
        ("Left", "Right"),
    ),
    CameraForm(
        "One camera, pictures side by side", "uvc:", ("Number of the camera",), ("0",),
        ("Number",),
    ),
    CameraForm(
        "Two folders of pictures", "images:", ("Folder of the left camera", "Of the right one"),
        ("", ""), browse="folder",
    ),
    CameraForm(
        "Two films", "video:", ("Film of the left camera", "Of the right one"), ("", ""),
        browse="file",
    ),
    CameraForm("Typed source", "", ("For example uvc:0,2",), ("",)),
)  # fmt: skip
SIZES_PX = ((640, 480), (1280, 720), (1920, 1080))
"""Of one picture, that webcams are asked for."""
SWAPPABLE = ("uvc:", "images:", "video:")


def swapped(uri: str) -> str:
    """The same cameras the other way round; empty where that cannot be said."""
    scheme, colon, rest = uri.partition(":")
    place, mark, options = rest.partition("?")
    left, comma, right = place.partition(",")
    if f"{scheme}{colon}" not in SWAPPABLE or not comma:
        return ""
    return f"{scheme}:{right},{left}{mark}{options}"


def without_rig(uri: str) -> str:
    """The source without its rig file, which is to be made."""
    place, mark, options = uri.rpartition("?")
    if not mark:
        return uri
    kept = [option for option in options.split(",") if not option.startswith("rig=")]
    return f"{place}?{','.join(kept)}" if kept else place


def _form_of(uri: str) -> tuple[int, tuple[str, ...], tuple[int, int] | None]:
    """The form that can say a source, what stands in its fields, and the size."""
    scheme, _, rest = uri.partition(":")
    place, mark, options = rest.partition("?")
    places = tuple(place.split(","))
    size = _size_of(options) if scheme == "uvc" else None
    for index, form in enumerate(FORMS):
        same = form.scheme == f"{scheme}:" and len(form.hints) == len(places)
        if same and (not mark or size is not None):
            return index, places, size
    return len(FORMS) - 1, (uri,), None


def _size_of(options: str) -> tuple[int, int] | None:
    """The size that the options name, where the list has it and they name nothing else."""
    return next(
        (
            size
            for size in SIZES_PX
            if sorted(options.split(",")) == sorted((f"width={size[0]}", f"height={size[1]}"))
        ),
        None,
    )


class CameraChoice(QWidget):
    """The kinds in a list, the fields of the one that is picked, and a button."""

    chosen = Signal(str)
    """(uri)"""

    def __init__(self) -> None:
        super().__init__()
        self._list = QComboBox()
        self._list.setAccessibleName("Cameras")
        self._list.setMinimumWidth(220)
        self._list.addItems([form.label for form in FORMS])
        self._size = QComboBox()
        self._size.setAccessibleName("Resolution of one picture")
        self._size.setToolTip("Track with the same resolution: a calibration is for one")
        for width, height in SIZES_PX:
            self._size.addItem(f"{width} × {height}", (width, height))
        self._names = [title(""), title("")]
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
            row.addWidget(self._names[index])
            row.addWidget(field, 1)
            row.addWidget(button)
        row.addWidget(self._size)
        row.addWidget(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        self._list.currentIndexChanged.connect(self._picked)
        self._picked()

    @property
    def uri(self) -> str:
        """What is entered; empty where something is missing."""
        form = self._form
        texts = [field.text().strip() for field in self._fields[: len(form.hints)]]
        if not all(texts):
            return ""
        size = self._size.currentData() if form.scheme == "uvc:" else None
        options = f"?width={size[0]},height={size[1]}" if size else ""
        return form.scheme + ",".join(texts) + options

    def suggest(self, uri: str) -> None:
        """Enter a source, in the fields of its kind where they can say it."""
        uri = without_rig(uri)
        index, places, size = _form_of(uri)
        self._list.setCurrentIndex(index)
        if size is not None:
            self._size.setCurrentIndex(SIZES_PX.index(size))
        for field, place in zip(self._fields, places, strict=False):
            field.setText(place)

    @property
    def _form(self) -> CameraForm:
        return FORMS[self._list.currentIndex()]

    def _picked(self) -> None:
        form = self._form
        self._size.setVisible(form.scheme == "uvc:")
        for index, (field, button) in enumerate(zip(self._fields, self._browse, strict=True)):
            shown = index < len(form.hints)
            field.setVisible(shown)
            button.setVisible(shown and bool(form.browse))
            self._names[index].setVisible(shown and bool(form.names[index]))
            if shown:
                field.setPlaceholderText(form.hints[index])
                field.setAccessibleName(form.hints[index])
                field.setText(form.defaults[index])
                self._names[index].setText(form.names[index])
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
