"""The window's switch for streams: menu, key, badge, and the sentence where it cannot be."""

from __future__ import annotations

import pytest
import websocket
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.streaming.streams import open_streams
from tests.app.desk import Desk
from tests.app.scenes import make_hand, make_scene


def test_a_key_streams_and_the_badge_says_so(desk: Desk, qtbot: QtBot) -> None:
    badge = desk.window.streams.badge
    assert not badge.isVisibleTo(desk.window)
    desk.run(qtbot)
    qtbot.keyClick(desk.window, Qt.Key.Key_T)
    assert desk.window.actions_by_name["set_streaming"].isChecked()
    assert badge.isVisibleTo(desk.window)
    assert "nobody listens" in badge.text()
    assert f"ws://127.0.0.1:{desk.stream_port}/handtune" in badge.toolTip()
    listener = websocket.create_connection(
        f"ws://127.0.0.1:{desk.stream_port}", timeout=5, suppress_origin=True
    )
    qtbot.waitUntil(lambda: "1 listening" in badge.text())
    assert '"hello"' in listener.recv()
    desk.sinks.offer_scene(make_scene((make_hand(),), 7, 0))
    assert '"sequence":7' in listener.recv()
    qtbot.keyClick(desk.window, Qt.Key.Key_T)
    assert not badge.isVisibleTo(desk.window)
    assert listener.recv() == ""  # Goodbye.
    listener.close(timeout=1)


def test_the_badge_stays_in_its_corner(desk: Desk) -> None:
    badge, viewport = desk.window.streams.badge, desk.window.view.viewport
    desk.window.actions_by_name["set_streaming"].setChecked(True)
    for width in (1280, 900, 1500):
        desk.window.resize(width, 700)
        right = badge.geometry().right()
        assert viewport.width() - 20 < right < viewport.width()
        assert badge.geometry().top() >= 0
    desk.window.actions_by_name["set_streaming"].setChecked(False)


def test_a_taken_port_is_said_and_the_switch_goes_back(desk: Desk) -> None:
    switch = desk.window.actions_by_name["set_streaming"]
    with open_streams([f"websocket:{desk.stream_port}"]):
        switch.setChecked(True)
    assert not switch.isChecked()
    assert not desk.window.streams.badge.isVisibleTo(desk.window)
    assert "another program listens there already" in desk.window.view._caption.text()


@pytest.mark.usefixtures("qtbot")
def test_closing_ends_the_stream(desk: Desk) -> None:
    desk.window.actions_by_name["set_streaming"].setChecked(True)
    desk.window.close()
    with open_streams([f"websocket:{desk.stream_port}"]):  # The port is free again.
        pass
