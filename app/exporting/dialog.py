"""The dialog of an export: which session, as what, in whose axes, where to."""

from __future__ import annotations

from pathlib import Path

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
from app.exporting.presenter import (
    HANDS,
    KINDS,
    ExportWish,
    axes_words,
    has_axes,
    usual_target,
)
from app.sources.forms import SESSION_FILES
from engine.export.axes import PRESETS, ExportFormat
from engine.recording.place import sessions_folder

WIDTH_PX = 600


class ExportDialog(QDialog):
    """Asks; `wish` is None until all of it makes sense."""

    def __init__(self, parent: QWidget, session: Path | None, kind: str, axes: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export a session")
        self.setMinimumWidth(WIDTH_PX)
        self._session, self._target = QLineEdit(), QLineEdit()
        self._session.setPlaceholderText("A recorded session (.mcap)")
        self._kind, self._axes, self._hand = QComboBox(), QComboBox(), QComboBox()
        for value, words in KINDS:
            self._kind.addItem(words, value)
        self._axes.addItem("As usual for the format", "")
        for name in PRESETS:
            self._axes.addItem(name, name)
        for side, words in HANDS:
            self._hand.addItem(words, side)
        self._axes_words = theme.styled(QLabel(), "muted")
        self._remark = theme.wrapped()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._export = theme.styled(QPushButton("Export"), "primary")
        self._buttons.addButton(self._export, QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out()
        self._kind.setCurrentIndex(max(self._kind.findData(kind), 0))
        self._axes.setCurrentIndex(max(self._axes.findData(axes), 0))
        self._session.textChanged.connect(self._renamed)
        self._kind.currentIndexChanged.connect(self._renamed)
        self._axes.currentIndexChanged.connect(self._changed)
        self._target.textChanged.connect(self._changed)
        self._session.setText("" if session is None else str(session))
        self._renamed()

    @property
    def wish(self) -> ExportWish | None:
        """What is asked for, where that can be done."""
        session, target = (Path(edit.text().strip()) for edit in (self._session, self._target))
        if not session.is_file() or not target.name:
            return None
        return ExportWish(session, self.kind, target, self.axes, self._hand.currentData())

    @property
    def kind(self) -> ExportFormat:
        return ExportFormat(self._kind.currentData())

    @property
    def axes(self) -> str:
        return str(self._axes.currentData())

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow("Session", _with_browse(self._session, self._choose_session))
        form.addRow("Write", self._kind)
        form.addRow("Axes of", self._axes)
        form.addRow("", self._axes_words)
        form.addRow("Hands", self._hand)
        form.addRow("To", _with_browse(self._target, self._choose_target))
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self._remark)
        column.addWidget(self._buttons)

    def _renamed(self) -> None:
        """Another session or format: another usual name."""
        text = self._session.text().strip()
        self._target.setText(str(usual_target(Path(text), self.kind)) if text else "")
        self._changed()

    def _changed(self) -> None:
        self._axes.setEnabled(has_axes(self.kind))
        self._axes_words.setText(axes_words(self.kind, self.axes))
        target = Path(self._target.text().strip())
        replaces = bool(target.name) and target.is_file()
        self._export.setText("Replace" if replaces else "Export")
        self._export.setEnabled(self.wish is not None)
        self._remark.setText(self._trouble() or ("This file is replaced." if replaces else ""))
        color = theme.FAIR if self._remark.text() else theme.MUTED
        self._remark.setStyleSheet(f"color: {color.name()};")

    def _trouble(self) -> str:
        text = self._session.text().strip()
        if text and not Path(text).is_file():
            return "There is no such session; a recorded one (.mcap) is expected."
        if text and not self._target.text().strip():
            return "Say where to write it."
        return ""

    def _choose_session(self) -> None:
        begin = self._session.text() or str(sessions_folder())
        chosen, _ = QFileDialog.getOpenFileName(self, "Session", begin, SESSION_FILES)
        if chosen:
            self._session.setText(chosen)

    def _choose_target(self) -> None:
        # It asks by itself whether to replace what is there.
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export to", self._target.text(), f"*.{self.kind}"
        )
        if chosen:
            self._target.setText(str(Path(chosen).with_suffix(f".{self.kind}")))


def _with_browse(edit: QLineEdit, choose: object) -> QHBoxLayout:
    browse = QPushButton("Browse…")
    browse.setAutoDefault(False)
    browse.clicked.connect(choose)
    row = QHBoxLayout()
    row.setSpacing(7)
    row.addWidget(edit, 1)
    row.addWidget(browse)
    return row
