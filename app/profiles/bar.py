"""Whose hands these are, in the bar on top. Holds no logic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from app.eliding_list import ElidingList
from app.profiles.presenter import NOBODY

DAMAGED = "⚠"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the list was filled with."""

    names: tuple[str, ...]
    current: str
    damaged: tuple[tuple[str, str], ...]


class ProfileBar(QWidget):
    """The list of profiles and what can be done with the one in use."""

    chosen = Signal(str)
    """(name): another profile, or NOBODY."""
    new_asked = Signal()

    def __init__(self, actions: Iterable[QAction], changes: Mapping[str, QAction]) -> None:
        """`actions` become buttons beside the list, `changes` to the profile small ones by sign."""
        super().__init__()
        self._shown: _Shown | None = None
        self._list = ElidingList()
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
        self._changes: list[QToolButton | QAction] = [*changes.values()]
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

    def show_names(
        self, names: Sequence[str], current: str, damaged: Mapping[str, str], anew: bool = False
    ) -> None:
        """Fill the list, unless that is what it shows (`anew`: fill it all the same) or the person
        has it open. `damaged`: what is wrong with some, by name."""
        shown = _Shown(tuple(names), current, tuple(damaged.items()))
        if not anew and (shown == self._shown or self._list.view().isVisible()):
            return
        self._shown = shown
        self._list.clear()
        self._list.addItem("No profile", NOBODY)
        for name in names:
            self._list.addItem(f"{DAMAGED}  {name}" if name in damaged else name, name)
            tip = f"Damaged: {damaged[name]}" if name in damaged else name
            self._list.setItemData(self._list.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self._list.insertSeparator(self._list.count())
        self._list.addItem("New user…", None)
        self._list.setCurrentIndex(max(self._list.findData(current), 0))
        for change in self._changes:
            change.setEnabled(current != NOBODY)

    def _picked(self, index: int) -> None:
        name = self._list.itemData(index)
        if isinstance(name, str):
            self.chosen.emit(name)
            return
        current = self._shown.current if self._shown else NOBODY
        self._list.setCurrentIndex(max(self._list.findData(current), 0))
        self.new_asked.emit()
