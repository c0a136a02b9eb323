"""All that has to do with recorded sessions: recording one, recovering one that a crash left.

The window hands in its bridge and hears what to do; see app/personal.py for its sibling.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QWidget

from app.bridge import SessionBridge
from app.recording.badge import record_icon
from app.recording.room import RecordingRoom
from app.tracking.presenter import Action, Banner, Tone


class Speaker(Protocol):
    """Somebody whose banner is shown, with its buttons."""

    latest: Path | None
    """The file that it is about."""

    def act(self, action: Action) -> None: ...


class SessionsRoom(QObject):
    """Belongs to the window's thread."""

    track_asked = Signal(object)
    """(uri | None): this source is to be tracked; None for the current one."""

    def __init__(self, bridge: SessionBridge, host: QWidget) -> None:
        """Badges lie over `host`."""
        super().__init__()
        self.recording = RecordingRoom(bridge, host)
        self.recording.track_asked.connect(lambda: self.track_asked.emit(None))
        self._speaker: Speaker | None = None
        bridge.ticked.connect(self.recording.tick)

    @property
    def unfinished(self) -> bool:
        """Whether a file is still being written."""
        return self.recording.unfinished

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """The window's actions: they show what goes on."""
        record = actions["set_recording"]
        record.setIcon(record_icon())
        self.recording.changed.connect(record.setChecked)

    def set_recording(self, on: bool) -> None:
        """Record what is tracked, or end with a whole file."""
        self.recording.set_on(on)

    def banner(self, tracking: Banner | None, now_ns: int) -> Banner | None:
        """What to say, given what tracking and profiles have to say."""
        presenter, recovery = self.recording.presenter, self.recording.recovery
        urgent = tracking is not None and tracking.tone in (Tone.ERROR, Tone.WARNING)
        for speaker, banner in (
            (presenter, presenter.news(now_ns)),
            (None, tracking if urgent else None),
            (presenter, presenter.warning()),
            (recovery, recovery.banner()),
        ):
            if banner is not None:
                self._speaker = speaker
                return banner
        self._speaker = None
        return tracking

    def act(self, action: Action) -> bool:
        """Do what the banner's button says; whether the banner was about sessions."""
        speaker = self._speaker
        if speaker is None:
            return False
        latest = speaker.latest
        if latest is not None and action is Action.SHOW_FOLDER:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(latest.parent)))
        elif latest is not None and action is Action.OPEN:
            self.track_asked.emit(f"replay:{latest}")
        speaker.act(action)
        return True

    def look_for_unfinished(self) -> None:
        """In the background; the banner asks what to do."""
        self.recording.recovery.look()

    def begin_to_close(self) -> None:
        """The window goes: finish what is recorded, let go of the rest."""
        self.recording.begin_to_close()
