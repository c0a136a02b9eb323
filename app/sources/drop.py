"""Recordings dropped onto the window are opened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

SCHEMES = {".mcap": "replay:", ".bag": "realsense:"}
"""By the ending of a file."""


class DropTarget(QObject):
    """Watches a window. Belongs to its thread."""

    dropped = Signal(str)
    """(uri): the recording that was dropped."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QDropEvent):  # Which a drag that enters is too.
            return False
        uri = dropped_uri(event.mimeData())
        if uri:
            event.acceptProposedAction()
        if uri and event.type() == QEvent.Type.Drop:
            self.dropped.emit(uri)
        return bool(uri)


def dropped_uri(data: QMimeData) -> str:
    """The source that a file of what is dropped is; empty where there is none."""
    for url in data.urls():
        path = Path(url.toLocalFile())
        scheme = SCHEMES.get(path.suffix.lower())
        if scheme and path.is_file():
            return f"{scheme}{path}"
    return ""
