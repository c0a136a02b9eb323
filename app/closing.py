"""The window's end: it hides at once, and the program ends when the camera was let go.

While a file is being finished the window stays, so that everybody sees why; closing it once more
does not wait: what was written by then can be recovered at the next start.
"""

from __future__ import annotations

from collections.abc import Callable

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

    def __init__(
        self, window: QWidget, bridge: SessionBridge, unfinished: Callable[[], bool]
    ) -> None:
        """`unfinished`: whether a file is still being written."""
        super().__init__(window)
        self._window, self._bridge, self._unfinished = window, bridge, unfinished
        self._asked = self._waiting = False
        bridge.released.connect(self._released)
        bridge.ticked.connect(self._tick)

    def answer(self, event: QCloseEvent) -> None:
        """Let the window close, or hide it until the session has let go of its camera."""
        first = not self._asked
        if first:
            self._asked = True
            self.begun.emit()
            self._bridge.stop()
        self._waiting = first and self._unfinished()
        if self._waiting:
            event.ignore()
        else:
            self._let_go(event)

    def _let_go(self, event: QCloseEvent) -> None:
        QTimer.singleShot(LIMIT_MS, self._end)
        if self._bridge.holding:
            event.ignore()
            self._window.hide()
            return
        event.accept()
        self._end()

    def _tick(self) -> None:
        if self._waiting and not self._unfinished():
            self._window.close()

    def _released(self) -> None:
        if self._asked and not self._waiting:
            self._window.close()

    def _end(self) -> None:
        self._bridge.close(timeout_s=0.5)
        self.ended.emit()
        QApplication.quit()
