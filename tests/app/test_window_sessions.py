"""Recording in the window: one key, the disk, what a crash left; sessions tracked are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.banner import Action
from app.exporting.dialog import ExportDialog
from engine.recording.layout import DamagedSessionError
from engine.recording.recording_status import RecordingState
from engine.session_status import SessionState
from tests.app.desk import Desk
from tests.app.fakes import FakeSession
from tests.app.recording.statuses import RUNNING
from tests.fakes.session_files import write_session


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
    qtbot.waitUntil(lambda: desk.banner_title.startswith("Saved "))
    assert desk.banner_title.endswith("_sim.mcap (1 min 3 s, 412 MB)")
    assert not badge.isVisible()
    assert not record.isChecked()


def test_what_was_saved_can_be_opened(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    _end(session, RecordingState.FINISHED)
    qtbot.waitUntil(lambda: desk.banner_title.startswith("Saved "))
    desk.press(qtbot, Action.OPEN)
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
    qtbot.waitUntil(lambda: desk.banner_title == "Nothing is recorded")
    assert not record.isChecked()
    desk.press(qtbot, Action.DISMISS)
    qtbot.waitUntil(lambda: desk.banner_title != "Nothing is recorded")


def test_a_recording_that_ends_by_itself_is_told(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    _end(session, RecordingState.FAILED, "The recording ended because the disk is full.")
    qtbot.waitUntil(lambda: desk.banner_title.startswith("Saved "))
    banner = desk.window.view.banner.banner
    assert banner is not None
    assert banner.advice.startswith("The recording ended because the disk is full.")
    assert not desk.window.actions_by_name["set_recording"].isChecked()


def test_when_tracking_fails_the_recording_is_finished(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    session.state, session.sentence = SessionState.FAILED, "The camera is gone."
    qtbot.waitUntil(lambda: session.recording_end_asked)
    _end(session, RecordingState.FINISHED)
    qtbot.waitUntil(lambda: desk.banner_title.startswith("Saved "))
    assert desk.window.sessions.recording.latest is not None


def test_another_source_ends_the_recording_and_it_is_still_told(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    desk.window.start("sim:seed=2")
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    _end(session, RecordingState.FINISHED)
    qtbot.waitUntil(lambda: desk.banner_title.startswith("Saved "))


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
    assert desk.banner_title.startswith("Saved ")


def test_a_disk_that_fills_up_is_warned_of(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    assert session.recording_status is not None
    session.recording_status = replace(session.recording_status, warning="5 GB are left.")
    qtbot.waitUntil(lambda: desk.banner_title == "The disk is filling up")
    desk.press(qtbot, Action.DISMISS)
    qtbot.waitUntil(lambda: desk.banner_title != "The disk is filling up")


def test_closing_waits_for_the_file_in_the_open(qtbot: QtBot, desk: Desk) -> None:
    session = _record(qtbot, desk)
    desk.window.close()
    assert desk.window.isVisible()
    assert session.recording_end_asked
    qtbot.waitUntil(lambda: desk.banner_title == "Finishing the recording…")
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
    qtbot.waitUntil(lambda: desk.banner_title == "Recover the last session (0.3 s, 9 frames)?")
    desk.press(qtbot, Action.RECOVER)
    qtbot.waitUntil(
        lambda: desk.banner_title == "Recovered walk.mcap (0.3 s, 9 frames)", timeout=30_000
    )
    assert whole.exists()
    assert thrown == [str(part)]
    desk.press(qtbot, Action.OPEN)
    qtbot.waitUntil(lambda: bool(desk.sessions))
    assert desk.sessions[0].uri == f"replay:{whole}"


def test_a_damaged_session_is_repaired_from_its_banner(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    path = write_session(tmp_path / "walk.mcap")
    path.write_bytes(path.read_bytes()[:-2000])
    desk.window.start(f"replay:{path}")
    qtbot.waitUntil(lambda: bool(desk.sessions))
    session = desk.sessions[0]
    session.damaged = DamagedSessionError(path, "the session is damaged", "a new file")
    session.sentence, session.state = str(session.damaged), SessionState.FAILED
    qtbot.waitUntil(lambda: desk.banner_title == "This recording is damaged")
    desk.press(qtbot, Action.REPAIR)
    qtbot.waitUntil(
        lambda: desk.banner_title == "Repaired walk.repaired.mcap (0.3 s, 9 frames)", timeout=30_000
    )
    desk.press(qtbot, Action.OPEN)
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.sessions[1].uri == f"replay:{tmp_path / 'walk.repaired.mcap'}"


def test_an_export_goes_on_beside_and_says_what_it_wrote(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    session = write_session(tmp_path / "walk.mcap")
    dialog = desk.window.sessions.exporting.open(session)
    assert isinstance(dialog, ExportDialog)
    dialog._kind.setCurrentIndex(2)
    dialog.accept()
    qtbot.waitUntil(lambda: desk.banner_title == "Exporting walk.csv")
    qtbot.waitUntil(lambda: desk.banner_title == "Exported walk.csv", timeout=60_000)
    assert (tmp_path / "walk.csv").exists()
    assert desk.window.settings.export_format == "csv"


class _Never:
    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002
        return False
