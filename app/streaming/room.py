"""The badge over the 3D view, fed by the presenter twice a second."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.streaming.badge import StreamBadgeView
from app.streaming.presenter import StreamBadge, StreamsPresenter

LOOK_MS = 500


class StreamsRoom(QObject):
    """Belongs to the window's thread."""

    refused = Signal(str)
    """(sentence): it could not be switched on."""

    def __init__(self, presenter: StreamsPresenter, host: QWidget) -> None:
        """The badge lies in a corner of `host`."""
        super().__init__()
        self.presenter = presenter
        self.badge = StreamBadgeView(host)
        self._shown: StreamBadge | None = None
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.show)

    def adopt(self, switch: QAction) -> None:
        """The window's switch: on where something is streamed already, off where it was refused."""
        self.refused.connect(lambda _sentence: switch.setChecked(False))
        switch.setChecked(self.presenter.given)

    def set_streaming(self, on: bool) -> None:
        """Stream, or stop; `refused` tells where that cannot be."""
        if on:
            sentence = self.presenter.switch_on()
            if sentence:
                self.refused.emit(sentence)
        else:
            self.presenter.switch_off()
        self.show()

    def show(self) -> None:
        """Bring the badge up to date; it looks again by itself while something is streamed."""
        badge = self.presenter.badge()
        if badge is None:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()
        if badge != self._shown:
            self._shown = badge
            self.badge.show_badge(badge)

    def close(self) -> None:
        self._timer.stop()
        self.presenter.close()
