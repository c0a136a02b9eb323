"""The transport bar below the 3D view. Shows what the presenter says; its buttons ask."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
)

from app import theme
from app.playback.overview import Overview
from app.playback.presenter import SPEEDS, PlaybackFigures, speed_text
from app.playback.timeline import Timeline

SIGNS = {
    "step_back": "◁|",
    "step_on": "|▷",
    "set_loop": "Loop",
    "set_as_recorded": "As recorded",
}


ROOMY_PX = 760
"""Below this there is no room for the number of the frame."""


class TransportBar(QFrame):
    """Hidden while no recording is played."""

    toggle_asked = Signal()
    """Play or pause."""
    speed_asked = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        theme.styled(self, "card")
        self.timeline = Timeline()
        self._play = QToolButton()
        self._play.setFixedWidth(66)
        self._play.setToolTip("Play or pause  (Space)")
        self._play.clicked.connect(self.toggle_asked)
        self._time = theme.styled(QLabel(), "key")
        self._frame = theme.styled(QLabel(), "muted")
        self._distance = theme.styled(QLabel(), "muted")
        self._speed = QComboBox()
        self._speed.setToolTip("Times as fast as it happened  ([ slower, ] faster)")
        self._speed.setAccessibleName("Speed")
        self._speed.setFixedWidth(84)
        self._speed.addItems([speed_text(speed) for speed in SPEEDS])
        self._speed.activated.connect(lambda index: self.speed_asked.emit(SPEEDS[index]))
        self._buttons = {name: QToolButton() for name in SIGNS}
        for button in self._buttons.values():
            button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            button.setStyleSheet("padding: 6px 8px;")
        for name in ("step_back", "step_on"):
            self._buttons[name].setFixedWidth(38)
            self._buttons[name].setStyleSheet("padding: 6px 4px;")
        self._lay_out()
        self.hide()

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """The window's actions, as buttons."""
        for name, button in self._buttons.items():
            actions[name].setIconText(SIGNS[name])
            button.setDefaultAction(actions[name])

    def show_figures(self, figures: PlaybackFigures | None) -> None:
        """These, or no bar."""
        self.setVisible(figures is not None)
        if figures is None:
            return
        self._play.setText("Pause" if figures.playing else "Play")
        self.timeline.show_position(figures.at_s, figures.duration_s)
        self._time.setText(figures.text)
        self._frame.setText(figures.frame_text)
        text = speed_text(figures.speed)
        if text != self._speed.currentText():
            if self._speed.findText(text) < 0:
                self._speed.addItem(text)
            self._speed.setCurrentText(text)

    def show_overview(self, overview: Overview | None) -> None:
        """What happened in the session; None while that is not known."""
        self.timeline.show_markers(overview.markers if overview else ())
        about = overview.about if overview else ""
        for label in (self._frame, self._time):
            label.setToolTip(about)

    def show_distance(self, text: str, tip: str) -> None:
        """How far the hands are from those that were recorded; empty for nothing."""
        self._distance.setText(text)
        self._distance.setToolTip(tip)
        self._distance.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._frame.setVisible(self.width() >= ROOMY_PX)

    def _lay_out(self) -> None:
        upper, lower = QHBoxLayout(), QHBoxLayout()
        upper.addWidget(self.timeline, 1)
        upper.addWidget(self._time)
        lower.addWidget(self._play)
        for name in ("step_back", "step_on"):
            lower.addWidget(self._buttons[name])
        lower.addWidget(self._speed)
        lower.addWidget(self._buttons["set_loop"])
        lower.addWidget(self._frame)
        lower.addStretch(1)
        lower.addWidget(self._distance)
        lower.addWidget(self._buttons["set_as_recorded"])
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 5, 10, 8)
        column.setSpacing(4)
        for row in (upper, lower):
            row.setSpacing(7)
            column.addLayout(row)
