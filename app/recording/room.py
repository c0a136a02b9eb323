"""Recording put together: the key and its badge, and sessions that a crash left unfinished."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QObject, Signal
from PySide6.QtWidgets import QWidget

from app.background import ProcessWork, ThreadWork, Watch, Work
from app.banner import Action
from app.bridge import SessionBridge
from app.recording.badge import RecordingBadge
from app.recording.presenter import RecordingPresenter
from app.recording.recovery import Recovered, RecoveryPresenter, find_sessions, recover_session
from app.recording.repairing import RepairPresenter, repair_session
from engine.recording.layout import SessionError
from engine.recording.place import new_session_path

if TYPE_CHECKING:
    from engine.recording.recovery import Unfinished


class RecordingRoom(QObject):
    """Belongs to the window's thread."""

    track_asked = Signal()
    """There is nothing to record until something is tracked."""
    changed = Signal(bool)
    """(recording): started, or ended."""

    def __init__(self, bridge: SessionBridge, host: QWidget) -> None:
        """The badge lies over `host`."""
        super().__init__()
        self.presenter = RecordingPresenter(new_session_path)
        self.recovery = RecoveryPresenter(_find, _recover, move_to_trash)
        self.repairing = RepairPresenter(_repair)
        self._loading = ThreadWork("recorder", load_recorder)
        self.badge = RecordingBadge(host)
        self._bridge = bridge
        self._wanted = self._told = False
        self._uri = ""
        bridge.began.connect(self._end_with_session)

    @property
    def latest(self) -> Path | None:
        """The session that was recorded, recovered or repaired last."""
        return self.presenter.latest or self.recovery.latest or self.repairing.latest

    @property
    def unfinished(self) -> bool:
        """Whether a file is still being written."""
        return self.presenter.unfinished

    def set_on(self, on: bool) -> None:
        """Record from now on, or end with a whole file; `changed` tells what came of it."""
        if not on:
            self._wanted = False
            self.presenter.stop()
        elif not self.presenter.unfinished:
            self._wanted = True
            if not self._bridge.active:
                self.track_asked.emit()
        self._tell()

    def tick(self, now_ns: int) -> None:
        """As often as the bridge looks."""
        self._begin_if_wanted()
        if not self._bridge.active:
            coming = self._bridge.coming
            self._end_with_session("" if coming is None else coming.uri)
        self.presenter.update(now_ns)
        self.recovery.poll()
        self.repairing.poll()
        self.badge.show_figures(self.presenter.figures())
        if self._told != self._on:
            self._tell()

    def begin_to_close(self) -> None:
        """The window goes: finish what is recorded, let go of the rest."""
        self._wanted = False
        self.presenter.close()
        self.recovery.act(Action.CANCEL)
        self.repairing.act(Action.CANCEL)

    def end(self) -> None:
        """The program ends: waits a moment for work that was asked to end."""
        self.recovery.close()
        self.repairing.close()
        self._loading.close()

    @property
    def _on(self) -> bool:
        return self._wanted or self.presenter.active

    def _tell(self) -> None:
        self._told = self._on
        self.changed.emit(self._told)

    def _end_with_session(self, coming_uri: str) -> None:
        """Nothing more will come. The same source goes on being recorded, in another file, where
        it is tracked anew: as somebody else, or to improve."""
        if self.presenter.active:
            self._wanted = coming_uri == self._uri
            self.presenter.stop()

    def _begin_if_wanted(self) -> None:
        session = self._bridge.session
        if not self._wanted or session is None or self.presenter.unfinished:
            return
        if self._loading.poll():
            self._wanted, self._uri = False, session.uri
            self.presenter.start(session, session.uri)


def load_recorder(_watch: Watch) -> None:
    """Import what recording takes, so that the window does not stand still for it later."""
    import engine.recording.recorder
    import engine.recording.session_watch  # noqa: F401


def _find() -> Work[Sequence[Unfinished]]:
    return ThreadWork("unfinished", find_sessions)


def _recover(unfinished: Unfinished) -> Work[Recovered]:
    return ProcessWork("recovery", recover_session, unfinished)


def _repair(path: Path) -> Work[Recovered]:
    return ProcessWork("repair", repair_session, path)


def move_to_trash(unfinished: Unfinished) -> None:
    """From where the person can bring it back.

    Raises:
        SessionError: there is no trash on that disk; the file is where it was.
    """
    from engine.recording.recovery import discard

    if not QFile.moveToTrash(str(unfinished.path)):
        raise SessionError(
            f"'{unfinished.path}' could not be moved to the trash; delete it there if you are sure."
        )
    discard(unfinished)  # What is left of it: its lock.
