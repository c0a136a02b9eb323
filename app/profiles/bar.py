"""Whose hands these are, in the bar on top. Holds no logic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from app.profiles.presenter import NOBODY


class ProfileBar(QWidget):
    """The list of profiles and what can be done with the one in use."""

    chosen = Signal(str)
    """(name): another profile, or NOBODY."""
    new_asked = Signal()

    def __init__(self, actions: Iterable[QAction], changes: Mapping[str, QAction]) -> None:
        """`actions` become buttons beside the list, `changes` to the profile small ones by sign."""
        super().__init__()
        self._shown: tuple[tuple[str, ...], str] | None = None
        self._list = QComboBox()
        self._list.setMinimumWidth(118)
        self._list.setMaximumWidth(220)
        self._list.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._list.setToolTip("Whose hands these are: shape and network learnt before")
        self._list.setAccessibleName("Profile")
        self._list.activated.connect(self._picked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(7)
        row.addWidget(self._list, 1)
        self._changes: list[QToolButton] = []
        for sign, change in changes.items():
            button = QToolButton()
            button.setText(sign)
            button.setToolTip(change.toolTip())
            button.setAccessibleName(change.text())
            button.setStyleSheet("padding: 6px 8px;")
            button.clicked.connect(change.trigger)
            self._changes.append(button)
            row.addWidget(button)
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            row.addWidget(button)

    def show_names(self, names: Sequence[str], current: str, anew: bool = False) -> None:
        """Fill the list, unless that is what it shows (`anew`: fill it all the same) or the person
        has it open."""
        if not anew and ((tuple(names), current) == self._shown or self._list.view().isVisible()):
            return
        self._shown = (tuple(names), current)
        self._list.clear()
        self._list.addItem("No profile", NOBODY)
        for name in names:
            self._list.addItem(name, name)
            self._list.setItemData(self._list.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
        self._list.insertSeparator(self._list.count())
        self._list.addItem("New user…", None)
        self._list.setCurrentIndex(max(self._list.findData(current), 0))
        for button in self._changes:
            button.setEnabled(current != NOBODY)

    def _picked(self, index: int) -> None:
        name = self._list.itemData(index)
        if isinstance(name, str):
            self.chosen.emit(name)
            return
        current = self._shown[1] if self._shown else NOBODY
        self._list.setCurrentIndex(max(self._list.findData(current), 0))
        self.new_asked.emit()
