"""Recorded sessions in the window: recorded, recovered, played; sessions tracked are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.banner import Action
from app.exporting.dialog import ExportDialog
from app.settings import load_settings
from app.sources.forms import SESSION_FORM
from app.sources.open_dialog import OpenSourceDialog
from engine.capture.playback import Position
from engine.recording.recording_status import RecordingState
from engine.session_status import SessionState
from tests.app.desk import Desk
from tests.app.fakes import FakeSession
from tests.app.recording.statuses import RUNNING
from tests.fakes.session_files import write_session

SESSION_ACTIONS = ("step_back", "step_on", "slower", "faster", "set_loop", "set_as_recorded")


class FakeReplay:
    """A recording in which one can move about, a frame a tenth of a second."""

    speed = 1.0
    position = Position(3, 100, 0.3, 9.9)

    def seek(self, index: int) -> None:
        self.position = replace(self.position, index=index, time_s=index / 10)

    def index_at(self, time_s: float) -> int:
        return round(time_s * 10)

    def interval_ns(self) -> int:
        return 100_000_000


def _title(desk: Desk) -> str:
    banner = desk.window.view.banner.banner
    return banner.title.replace("\N{NO-BREAK SPACE}", " ") if banner else ""


def _press(qtbot: QtBot, desk: Desk, action: Action) -> None:
    buttons = desk.window.view.banner._buttons
    button = next(b for b in buttons if b.isVisibleTo(desk.window) and b.text() == action.value)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _record(qtbot: QtBot, desk: Desk) -> FakeSession:
    """Tracking, and being recorded for a minute."""
    session = desk.run(qtbot)
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: session.recording_status is not None)
    assert session.recording_status is not None
    session.recording_status = replace(RUNNING, path=session.recording_status.path)
    return session


def _end(session: FakeSession, state: RecordingState, sentence: str = "") -> None:
    status = session.recording_status
    assert status is not None
    paths = (status.path,)
    session.recording_status = replace(status, state=state, paths=paths, sentence=sentence)


def _replay(qtbot: QtBot, desk: Desk) -> FakeSession:
    session = desk.run(qtbot)
    session.playback.opened(FakeReplay())
    qtbot.waitUntil(lambda: desk.window.sessions.playback.bar.isVisible())
    return session


def test_one_key_records_and_one_saves(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    badge, record = (
        desk.window.sessions.recording.badge,
        desk.window.actions_by_name["set_recording"],
    )
    qtbot.waitUntil(lambda: badge._title.text() == "1:03")
    assert badge.isVisible()
    assert record.isChecked()
    assert desk.window.view.viewport.rect().contains(badge.geometry())
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_R)
    assert session.recording_end_asked
    _end(session, RecordingState.FINISHED)
    qtbot.waitUntil(lambda: _title(desk).startswith("Saved "))
    assert _title(desk).endswith("_sim.mcap (1 min 3 s, 412 MB)")
    assert not badge.isVisible()
    assert not record.isChecked()


def test_what_was_saved_can_be_opened(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    _end(session, RecordingState.FINISHED)
    qtbot.waitUntil(lambda: _title(desk).startswith("Saved "))
    _press(qtbot, desk, Action.OPEN)
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert session.recording_status is not None
    assert desk.sessions[-1].uri == f"replay:{session.recording_status.path}"


def test_recording_starts_tracking_where_none_goes_on(qtbot: QtBot, desk: Desk) -> None:
    qtbot.waitUntil(lambda: desk.window.sources.presenter.searched)
    desk.window.actions_by_name["set_recording"].trigger()
    qtbot.waitUntil(lambda: bool(desk.sessions))
    qtbot.waitUntil(lambda: desk.sessions[0].recording_status is not None)


def test_a_refused_recording_says_why_and_the_key_goes_back(qtbot: QtBot, desk: Desk) -> None:
    session = desk.run(qtbot)
    session.refusal = "Cannot record to 'x': the disk is full; free some space."
    record = desk.window.actions_by_name["set_recording"]
    record.trigger()
    qtbot.waitUntil(lambda: _title(desk) == "Nothing is recorded")
    assert not record.isChecked()
    _press(qtbot, desk, Action.DISMISS)
    qtbot.waitUntil(lambda: _title(desk) != "Nothing is recorded")


def test_a_recording_that_ends_by_itself_is_told(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    _end(session, RecordingState.FAILED, "The recording ended because the disk is full.")
    qtbot.waitUntil(lambda: _title(desk).startswith("Saved "))
    banner = desk.window.view.banner.banner
    assert banner is not None
    assert banner.advice.startswith("The recording ended because the disk is full.")
    assert not desk.window.actions_by_name["set_recording"].isChecked()


def test_when_tracking_fails_the_recording_is_finished(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    session.state, session.sentence = SessionState.FAILED, "The camera is gone."
    qtbot.waitUntil(lambda: session.recording_end_asked)
    _end(session, RecordingState.FINISHED)
    qtbot.waitUntil(lambda: _title(desk).startswith("Saved "))
    assert desk.window.sessions.recording.latest is not None


def test_another_source_ends_the_recording_and_it_is_still_told(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    desk.window.start("sim:seed=2")
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    _end(session, RecordingState.FINISHED)
    qtbot.waitUntil(lambda: _title(desk).startswith("Saved "))


def test_tracked_anew_a_source_goes_on_being_recorded(qtbot: QtBot, desk: Desk) -> None:
    first = _record(qtbot, desk)
    first.lingering = True
    desk.window.actions_by_name["set_improve"].trigger()
    qtbot.waitUntil(lambda: first.recording_end_asked)
    _end(first, RecordingState.FINISHED)
    first.lingering = False
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    qtbot.waitUntil(lambda: desk.sessions[1].recording_status is not None)
    assert desk.window.actions_by_name["set_recording"].isChecked()
    assert _title(desk).startswith("Saved ")


def test_a_disk_that_fills_up_is_warned_of(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    assert session.recording_status is not None
    session.recording_status = replace(session.recording_status, warning="5 GB are left.")
    qtbot.waitUntil(lambda: _title(desk) == "The disk is filling up")
    _press(qtbot, desk, Action.DISMISS)
    qtbot.waitUntil(lambda: _title(desk) != "The disk is filling up")


def test_closing_waits_for_the_file_in_the_open(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    desk.window.close()
    assert desk.window.isVisible()
    assert session.recording_end_asked
    qtbot.waitUntil(lambda: _title(desk) == "Finishing the recording…")
    _end(session, RecordingState.FINISHED)
    qtbot.waitUntil(lambda: not desk.window.isVisible())


def test_closing_twice_does_not_wait(qtbot: QtBot, desk: Desk) -> None:
    _record(qtbot, desk)
    desk.window.close()
    assert desk.window.isVisible()
    desk.window.close()
    assert not desk.window.isVisible()


def test_a_session_that_a_crash_left_is_offered(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thrown: list[str] = []
    monkeypatch.setattr("app.recording.room.QFile.moveToTrash", lambda p: not thrown.append(p))
    folder = tmp_path / "sessions"
    folder.mkdir()
    whole = write_session(folder / "walk.mcap")
    part = whole.rename(whole.with_suffix(".mcap.part"))
    desk.window.sessions.look_for_unfinished()
    qtbot.waitUntil(lambda: _title(desk) == "Recover the last session (0.3 s, 9 frames)?")
    _press(qtbot, desk, Action.RECOVER)
    qtbot.waitUntil(lambda: _title(desk) == "Recovered walk.mcap (0.3 s, 9 frames)", timeout=30_000)
    assert whole.exists()
    assert thrown == [str(part)]
    _press(qtbot, desk, Action.OPEN)
    qtbot.waitUntil(lambda: bool(desk.sessions))
    assert desk.sessions[0].uri == f"replay:{whole}"


def test_the_bar_is_there_for_recordings_alone(qtbot: QtBot, desk: Desk) -> None:
    session = desk.run(qtbot)
    bar, actions = desk.window.sessions.playback.bar, desk.window.actions_by_name
    assert not bar.isVisible()
    assert not any(actions[name].isEnabled() for name in SESSION_ACTIONS)
    session.playback.opened(FakeReplay())
    qtbot.waitUntil(bar.isVisible)
    assert all(actions[name].isEnabled() for name in SESSION_ACTIONS)
    desk.window.start_or_stop()
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert not any(actions[name].isEnabled() for name in SESSION_ACTIONS)


@pytest.mark.parametrize("size", [(900, 600), (1280, 800), (1920, 1080)])
def test_the_bar_fits(qtbot: QtBot, desk: Desk, size: tuple[int, int]) -> None:
    desk.window.resize(*size)
    _replay(qtbot, desk)
    bar = desk.window.sessions.playback.bar
    bar.show_distance("not tracked then", "")
    qtbot.wait(30)
    assert bar.minimumSizeHint().width() <= bar.width()
    assert bar.timeline.width() > 200


def test_space_pauses_a_recording_and_keeps_what_is_seen(qtbot: QtBot, desk: Desk) -> None:
    session = _replay(qtbot, desk)
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_Space)
    status = session.playback.status()
    assert status is not None
    assert status.paused
    assert not session.stop_asked
    qtbot.wait(900)  # Long enough for a live source to be called silent.
    assert "No new frames" not in _title(desk)
    assert not desk.pictures.requests[-1].content.stale
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_Space)
    status = session.playback.status()
    assert status is not None
    assert not status.paused


def test_a_recording_at_its_end_can_be_wound_back(qtbot: QtBot, desk: Desk) -> None:
    session = _replay(qtbot, desk)
    session.playback.end()
    session.state = SessionState.ENDED
    qtbot.waitUntil(lambda: desk.window.sessions.playback.bar._play.text() == "Play")
    assert "ended" not in _title(desk)
    assert desk.window.bridge.active
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_Space)
    replay = FakeReplay()
    assert session.playback.await_turn(replay, _Never())
    assert replay.position.index == 0


def test_keys_step_and_change_speed(qtbot: QtBot, desk: Desk) -> None:
    session = _replay(qtbot, desk)
    replay = FakeReplay()
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_Period)
    session.playback.await_turn(replay, _Never())
    assert replay.position.index == 4
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_BracketRight)
    status = session.playback.status()
    assert status is not None
    assert (status.speed, status.paused) == (2.0, True)


def test_how_it_is_played_is_remembered(qtbot: QtBot, desk: Desk) -> None:
    _replay(qtbot, desk)
    desk.window.actions_by_name["set_loop"].trigger()
    desk.window.actions_by_name["set_as_recorded"].trigger()
    desk.window.sessions.playback.set_speed(0.5)
    desk.window.close()
    kept = load_settings(desk.path)
    assert (kept.loop, kept.as_recorded, kept.speed) == (True, True, 0.5)


def test_a_session_is_chosen_in_the_dialog(qtbot: QtBot, desk: Desk) -> None:
    dialog = OpenSourceDialog(desk.window, SESSION_FORM)
    qtbot.addWidget(dialog)
    dialog._places[0].enter("/data/walk.mcap")
    assert dialog.uri == "replay:/data/walk.mcap"


def test_a_session_is_opened_from_the_menu(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    desk.window.sessions.open_session()
    dialog = desk.window.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "walk.mcap"))
    dialog.reject()
    qtbot.waitUntil(lambda: bool(desk.sessions))
    assert desk.sessions[0].uri == f"replay:{tmp_path / 'walk.mcap'}"


def test_an_export_goes_on_beside_and_says_what_it_wrote(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    session = write_session(tmp_path / "walk.mcap")
    dialog = desk.window.sessions.exporting.open(session)
    assert isinstance(dialog, ExportDialog)
    dialog._kind.setCurrentIndex(2)
    dialog.accept()
    qtbot.waitUntil(lambda: _title(desk) == "Exporting walk.csv")
    qtbot.waitUntil(lambda: _title(desk) == "Exported walk.csv", timeout=60_000)
    assert (tmp_path / "walk.csv").exists()
    assert desk.window.settings.export_format == "csv"


class _Never:
    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002
        return False
