"""The window's end: it hides at once, and the program ends when the camera was let go."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.bridge import SessionBridge

LIMIT_MS = 6000
"""A driver that hangs longer than this does not keep the program."""


class Closing(QObject):
    """Answers a window's close events. Belongs to the window's thread."""

    begun = Signal()
    """Once, before the session is asked to end: keep what is to be kept."""
    ended = Signal()
    """Just before the program ends."""

    def __init__(self, window: QWidget, bridge: SessionBridge) -> None:
        super().__init__(window)
        self._window, self._bridge = window, bridge
        self._asked = False
        bridge.released.connect(self._released)

    def answer(self, event: QCloseEvent) -> None:
        """Let the window close, or hide it until the session has let go of its camera."""
        if not self._asked:
            self._asked = True
            self.begun.emit()
            self._bridge.stop()
            QTimer.singleShot(LIMIT_MS, self._end)
        if self._bridge.holding:
            event.ignore()
            self._window.hide()
            return
        event.accept()
        self._end()

    def _released(self) -> None:
        if self._asked:
            self._window.close()

    def _end(self) -> None:
        self._bridge.close(timeout_s=0.5)
        self.ended.emit()
        QApplication.quit()
