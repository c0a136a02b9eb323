"""Recorded sessions in the window: the bar, its keys, where they come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.settings import load_settings
from app.sources.forms import SESSION_FORM
from app.sources.open_dialog import OpenSourceDialog
from engine.capture.playback import Position
from engine.session_status import SessionState
from tests.app.desk import Desk
from tests.app.fakes import FakeSession
from tests.app.test_window_sessions import _Never

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


def _replay(qtbot: QtBot, desk: Desk) -> FakeSession:
    session = desk.run(qtbot)
    session.playback.opened(FakeReplay())
    qtbot.waitUntil(lambda: desk.window.sessions.playback.bar.isVisible())
    return session


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
    bar.show_distance("untracked then", "")
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
    assert "No new frames" not in desk.banner_title
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
    assert "ended" not in desk.banner_title
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
