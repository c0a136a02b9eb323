"""The first page of an enrolment: a name, and which hand."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from engine.adaptation.profile import ProfileError, checked_name
from engine.messages import Side

CHOICES: tuple[tuple[str, tuple[Side, ...]], ...] = (
    ("Right hand", (Side.RIGHT,)),
    ("Left hand", (Side.LEFT,)),
    ("Both, one after the other", (Side.RIGHT, Side.LEFT)),
)
EXPLANATION = (
    "A minute of poses, one after the other: a ghost hand shows each of them in the 3D view, and "
    "a tick tells when it was captured. Then the lengths of your bones are read out, and you see "
    "what it gains. Nothing leaves this computer."
)


class SetupPage(QWidget):
    """Tells when the person is ready to begin."""

    begin_asked = Signal(str, object)
    """(name, tuple of sides)."""
    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._name = QLineEdit()
        self._name.setPlaceholderText("Your name")
        self._name.setMaxLength(60)
        self._name.setAccessibleName("Name of the profile")
        self._name.textChanged.connect(self._check)
        self._name.returnPressed.connect(self._begin_if_ready)
        self._remark = theme.wrapped()
        self._sides = QButtonGroup(self)
        self._begin = theme.styled(QPushButton("Begin"), "primary")
        self._begin.clicked.connect(self._begin_if_ready)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.cancel_asked)
        explanation = theme.wrapped(EXPLANATION)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._begin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(theme.styled(QLabel("New user"), "heading"))
        column.addWidget(explanation)
        column.addWidget(self._name)
        column.addLayout(self._side_row())
        column.addWidget(self._remark)
        column.addStretch(1)
        column.addLayout(buttons)
        self._check()

    def prepare(self, names: tuple[str, ...]) -> None:
        """Empty, for somebody new; `names` are taken."""
        self._names = names
        self._name.clear()
        self._check()
        self._name.setFocus()

    def _side_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        for index, (label, _) in enumerate(CHOICES):
            button = QToolButton()
            button.setText("Both" if index == 2 else label)
            button.setToolTip(label)
            button.setCheckable(True)
            button.setChecked(index == 0)
            self._sides.addButton(button, index)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _check(self) -> None:
        name = self._name.text().strip()
        problem, known = "", name in self._names
        if name:
            try:
                checked_name(name)
            except ProfileError as error:
                problem = str(error)
        remark = f"{name} is known: this hand is measured anew, the rest is kept." if known else ""
        self._remark.setText(problem or remark)
        self._remark.setStyleSheet(f"color: {(theme.POOR if problem else theme.FAIR).name()};")
        self._begin.setEnabled(bool(name) and not problem)

    def _begin_if_ready(self) -> None:
        if self._begin.isEnabled():
            sides = CHOICES[self._sides.checkedId()][1]
            self.begin_asked.emit(self._name.text().strip(), sides)
