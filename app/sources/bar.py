"""The bar on top: source list, refresh, start and stop, and what others put into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from app import theme
from app.eliding_list import ElidingList
from app.sources.forms import (
    DATASET_FORM,
    FOLDER_FORM,
    SESSION_FORM,
    STEREO_FORM,
    TYPED_FORM,
)
from app.sources.presenter import Choice, Kind

OPENERS = (
    ("Open session…", SESSION_FORM),
    ("Open folder…", FOLDER_FORM),
    ("Open data set…", DATASET_FORM),
    ("Open stereo camera…", STEREO_FORM),
    ("Type a source…", TYPED_FORM),
)


NARROW_PX = 1240
"""Below this there is no room for a button for everything that can be shown."""

WORDS_PX = 990
"""Below this a button with an icon does without its word."""

RECORD_PX = 126
"""Has room for the longer of its words, so that nothing beside it jumps."""


class SourceBar(QWidget):
    """Shows choices and tells what was chosen; holds no logic."""

    chosen = Signal(str)
    """(uri): another source was picked from the list."""
    open_asked = Signal(int)
    """(form index): a dialog line was picked."""
    refresh_asked = Signal()
    toggle_asked = Signal()
    """Start or stop."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: tuple[Choice, ...] = ()
        self._current_uri = ""
        self._shown: tuple[bool, bool, bool] | None = None
        self._list = ElidingList()
        self._list.setMinimumWidth(140)
        self._list.setMaximumWidth(460)
        self._list.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._list.setToolTip("Where the depth comes from")
        self._list.setAccessibleName("Source")
        self._list.activated.connect(self._picked)
        self._refresh = QToolButton()
        self._refresh.setText("⟳")
        self._refresh.setToolTip("Look for cameras again  (F5)")
        self._refresh.clicked.connect(self.refresh_asked)
        self._toggle = theme.styled(QPushButton("Start"), "primary")
        self._toggle.setMinimumWidth(92)
        self._toggle.clicked.connect(self.toggle_asked)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(7)
        for widget in (self._list, self._refresh, self._toggle):
            row.addWidget(widget, 12 if widget is self._list else 0)
        row.addStretch(1)
        self._buttons: list[QToolButton] = []
        self._worded: list[QToolButton] = []
        self._menu_button = QToolButton()
        self._menu_button.setText("View")
        self._menu_button.setToolTip("What is shown")
        self._menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def add_widget(self, widget: QWidget) -> None:
        """Something that belongs to the left end, after the start button."""
        self._row.insertSpacing(self._row.count() - 1, 9)
        self._row.insertWidget(self._row.count() - 1, widget, 3)

    def add_button(self, action: QAction) -> None:
        """A button with its icon, after the start button."""
        button = QToolButton()
        button.setDefaultAction(action)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._worded.append(button)
        self._row.insertWidget(self._row.count() - 1, button)

    def add_actions(self, actions: Iterable[QAction]) -> None:
        """Buttons at the right end; in a narrow window, one button with a menu of them."""
        menu = QMenu(self._menu_button)
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            self._row.addWidget(button)
            self._buttons.append(button)
            menu.addAction(action)
        self._menu_button.setMenu(menu)
        self._row.addWidget(self._menu_button)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        narrow = self.width() < NARROW_PX
        for button in self._buttons:
            button.setVisible(not narrow)
        self._menu_button.setVisible(narrow)
        words = self.width() >= WORDS_PX
        style = Qt.ToolButtonStyle
        for button in self._worded:
            button.setToolButtonStyle(
                style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly
            )
            button.setMinimumWidth(RECORD_PX if words else 0)

    def show_choices(self, choices: Sequence[Choice], current_uri: str) -> None:
        """Fill the list, unless that is what it shows or the person has it open."""
        if (tuple(choices), current_uri) == (self._choices, self._current_uri):
            return
        if self._list.view().isVisible():
            return
        self._choices, self._current_uri = tuple(choices), current_uri
        self._list.clear()
        previous: Kind | None = None
        for choice in self._choices:
            if previous is not None and choice.kind is not previous:
                self._list.insertSeparator(self._list.count())
            self._list.addItem(choice.label, choice.uri)
            self._list.setItemData(self._list.count() - 1, choice.uri, Qt.ItemDataRole.ToolTipRole)
            previous = choice.kind
        self._list.insertSeparator(self._list.count())
        for label, form_index in OPENERS:
            self._list.addItem(label, form_index)
        self._list.setCurrentIndex(max(self._list.findData(current_uri), 0))

    def show_running(self, running: bool, stopping: bool, searching: bool) -> None:
        """The button's word, and whether it can be pressed."""
        if (running, stopping, searching) == self._shown:
            return
        self._shown = (running, stopping, searching)
        self._toggle.setText("Stopping…" if stopping else "Stop" if running else "Start")
        self._toggle.setEnabled(not stopping)
        role = "" if running else "primary"
        if self._toggle.objectName() != role:
            self._toggle.setObjectName(role)
            self._toggle.style().polish(self._toggle)
        self._toggle.setToolTip("Stop tracking" if running else "Start tracking  (Space)")
        self._refresh.setEnabled(not searching)

    def _picked(self, index: int) -> None:
        data = self._list.itemData(index)
        if isinstance(data, str):
            self._current_uri = data
            self.chosen.emit(data)
        elif isinstance(data, int):
            self._list.setCurrentIndex(max(self._list.findData(self._current_uri), 0))
            self.open_asked.emit(data)
