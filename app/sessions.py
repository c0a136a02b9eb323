"""All that has to do with recorded sessions: recording, recovering, playing, exporting one.

The window hands in its bridge and hears what to do; see app/personal.py for its sibling.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.banner import Action, Banner, Tone
from app.bridge import SessionBridge
from app.choices import Choices
from app.exporting.room import ExportRoom
from app.playback.room import PlaybackRoom
from app.recording.badge import record_icon
from app.recording.room import RecordingRoom
from app.sources.forms import SESSION_FILES
from app.viewport.surface import HandSurface
from app.viewport.widget import ViewportWidget
from engine.recording.place import sessions_folder

PLAYBACK_ACTIONS = ("step_back", "step_on", "slower", "faster", "set_loop", "set_as_recorded")


class Speaker(Protocol):
    """Somebody whose banner is shown, with its buttons."""

    latest: Path | None
    """The file that it is about."""

    def act(self, action: Action) -> None: ...


class SessionsRoom(QObject):
    """Belongs to the window's thread."""

    track_asked = Signal(object)
    """(uri | None): this source is to be tracked; None for the current one."""

    def __init__(
        self,
        bridge: SessionBridge,
        choices: Choices,
        viewport: ViewportWidget,
        surface: HandSurface,
    ) -> None:
        """Badges lie over the viewport."""
        super().__init__()
        self.recording = RecordingRoom(bridge, viewport)
        self.playback = PlaybackRoom(bridge, viewport, surface)
        self.exporting = ExportRoom(choices, viewport)
        self._bridge, self._choices, self._host = bridge, choices, viewport
        self.recording.track_asked.connect(lambda: self.track_asked.emit(None))
        self._speaker: Speaker | None = None
        self._actions: Mapping[str, QAction] = {}
        self.playback.opened.connect(self._enable)
        bridge.ticked.connect(self.recording.tick)
        bridge.ticked.connect(self.playback.tick)
        bridge.ticked.connect(self.exporting.tick)

    @property
    def unfinished(self) -> bool:
        """Whether a file is still being written."""
        return self.recording.unfinished

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """The window's actions: they show what goes on."""
        record = actions["set_recording"]
        record.setIcon(record_icon())
        self.recording.changed.connect(record.setChecked)
        record.toggled.connect(lambda on: record.setIconText("Recording" if on else "Record"))
        self._actions = actions
        self.playback.bar.adopt(actions)
        self._enable(False)
        settings = self._choices.settings
        self.playback.presenter.speed = settings.speed
        actions["set_loop"].setChecked(settings.loop)
        actions["set_as_recorded"].setChecked(settings.as_recorded)
        self.playback.changed.connect(self._remember)

    def set_recording(self, on: bool) -> None:
        """Record what is tracked, or end with a whole file."""
        self.recording.set_on(on)

    def toggle_playing(self) -> bool:
        """Play or pause; whether a recording is played at all."""
        return self.playback.presenter.toggle()

    def step_back(self) -> None:
        self.playback.presenter.step(-1)

    def step_on(self) -> None:
        self.playback.presenter.step(1)

    def slower(self) -> None:
        self.playback.faster(-1)

    def faster(self) -> None:
        self.playback.faster(1)

    def set_loop(self, on: bool) -> None:
        self.playback.set_loop(on)

    def set_as_recorded(self, on: bool) -> None:
        self.playback.set_as_recorded(on)

    def open_session(self) -> None:
        """Ask for a file; does not block."""
        dialog = QFileDialog(
            self._host.window(), "Open a session", str(sessions_folder()), SESSION_FILES
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.track_asked.emit(f"replay:{path}"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_session(self) -> None:
        """Ask what to export; of the session that is played, or else of the last one."""
        self.exporting.open(self.playback.path or self.recording.latest)

    def banner(self, tracking: Banner | None, now_ns: int) -> Banner | None:
        """What to say, given what tracking and profiles have to say."""
        presenter, recovery = self.recording.presenter, self.recording.recovery
        repairing, exporting = self.recording.repairing, self.exporting.presenter
        urgent = tracking is not None and tracking.tone in (Tone.ERROR, Tone.WARNING)
        for speaker, banner in (
            (presenter, presenter.news(now_ns)),
            (repairing, repairing.banner()),
            (None, tracking if urgent else None),
            (presenter, presenter.warning()),
            (exporting, exporting.banner(now_ns)),
            (recovery, recovery.banner()),
        ):
            if banner is not None:
                self._speaker = speaker
                return banner
        self._speaker = None
        return tracking

    def act(self, action: Action) -> bool:
        """Do what the banner's button says; whether the banner was about sessions."""
        if action is Action.REPAIR:
            self._repair()
            return True
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

    def _repair(self) -> None:
        status = self._bridge.status
        if status is not None and status.damaged is not None:
            self.recording.repairing.begin(status.damaged.path)

    def look_for_unfinished(self) -> None:
        """In the background; the banner asks what to do."""
        self.recording.recovery.look()

    def begin_to_close(self) -> None:
        """The window goes: finish what is recorded, let go of the rest."""
        self.recording.begin_to_close()
        self.playback.close()
        self.exporting.cancel()

    def end(self) -> None:
        """The program ends: waits a moment for work that was asked to end."""
        self.recording.end()
        self.exporting.close()

    def _enable(self, present: bool) -> None:
        for name in PLAYBACK_ACTIONS:
            self._actions[name].setEnabled(present)

    def _remember(self) -> None:
        presenter = self.playback.presenter
        self._choices.remember(
            loop=presenter.loop, speed=presenter.speed, as_recorded=self.playback.as_recorded
        )
