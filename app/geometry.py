"""Where the window was and how wide its parts were, kept between runs."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QSplitter, QWidget

from app.settings import Settings

SMALLEST_PX = (900, 600)
FIRST_PX = (1280, 800)


def restore_geometry(window: QWidget, splitter: QSplitter, settings: Settings) -> None:
    """Put the window where it was the last time; Qt moves it onto a screen that is still there."""
    window.setMinimumSize(*SMALLEST_PX)
    window.resize(*FIRST_PX)
    if settings.geometry:
        window.restoreGeometry(QByteArray.fromHex(settings.geometry.encode()))
    if len(settings.splitter) == 2:
        splitter.setSizes(list(settings.splitter))


def with_geometry(settings: Settings, window: QWidget, splitter: QSplitter) -> Settings:
    """The settings with where the window is now."""
    geometry = bytes(window.saveGeometry().toHex().data()).decode()
    return replace(settings, geometry=geometry, splitter=tuple(splitter.sizes()))
