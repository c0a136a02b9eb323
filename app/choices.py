"""What the person chose, while the window is open: one place that holds and changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from app.geometry import with_geometry
from app.settings import Settings, load_settings, save_settings

VIEW_SWITCHES = ("points", "skeleton", "grid", "mirrored", "follow")
"""Settings that only change what is drawn."""
SWITCHES = (*VIEW_SWITCHES, "learning", "improve")
"""Settings that are on or off, each with an action called `set_` and its name."""


class Choices(QObject):
    """The settings in use. Belongs to the window's thread."""

    changed = Signal(object)
    """(Settings): something that is drawn is to be drawn otherwise."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._settings = load_settings(path)

    @property
    def settings(self) -> Settings:
        return self._settings

    def switch_for(self, action: str) -> Callable[[bool], None] | None:
        """What an action switches (`set_points`); None where that is no view switch."""
        name = action.removeprefix("set_")
        return partial(self.switch, name) if name in VIEW_SWITCHES else None

    def switch(self, name: str, on: bool) -> None:
        """Turn something that is drawn on or off."""
        self._settings = _switched(self._settings, name, on)
        self.changed.emit(self._settings)

    def remember_source(self, uri: str) -> None:
        """The source in use from now on."""
        self._settings = self._settings.remembering(uri)

    def remember_person(self, profile: str, improve: bool, learning: bool) -> None:
        """Who is tracked, whether the tracker learns, and whether that is shown."""
        self._settings = replace(
            self._settings, profile=profile, improve=improve, learning=learning
        )

    def remember(self, **changes: Any) -> None:
        """Fields of the settings that nothing has to be drawn anew for."""
        self._settings = replace(self._settings, **changes)

    def save(self, window: QWidget, splitter: QSplitter) -> None:
        """Write everything, and where the window is; a folder that cannot be written is no harm."""
        self._settings = with_geometry(self._settings, window, splitter)
        save_settings(self._settings, self._path)


def _switched(settings: Settings, name: str, on: bool) -> Settings:
    change: dict[str, Any] = {name: on}
    return replace(settings, **change)
