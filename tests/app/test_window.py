"""The whole window with a session and a renderer made up: what a person does, and what shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS
from app.banner import Tone
from app.settings import load_settings
from engine.capture.camera import SourceInfo
from engine.runtime.clock import monotonic_ns
from engine.session_status import SessionState
from tests.app.desk import Desk


def test_it_opens_idle_and_says_how_to_begin(qtbot: QtBot, desk: Desk) -> None:
    qtbot.waitUntil(lambda: desk.banner_title == "Ready")
    assert not desk.sessions


def test_without_a_wish_it_starts_the_simulated_hand(qtbot: QtBot, desk: Desk) -> None:
    desk.window.start(None)
    qtbot.waitUntil(lambda: len(desk.sessions) == 1)
    assert desk.sessions[0].uri == "sim:"
    qtbot.waitUntil(lambda: desk.banner_title.startswith("Starting"))


def test_space_starts_and_stops(qtbot: QtBot, desk: Desk) -> None:
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(desk.sessions) == 1)
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_Space)
    assert desk.sessions[0].stop_asked
    qtbot.waitUntil(lambda: desk.banner_title == "Ready")


def test_a_hand_shows_as_mesh_and_figures(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    request = desk.pictures.requests[-1]
    assert len(request.content.meshes) == 1
    assert len(request.content.skeletons) == 1
    qtbot.waitUntil(lambda: "Good fit" in desk.window.view._meters._verdict.text())


def test_a_scene_without_hands_takes_the_mesh_away(qtbot: QtBot, desk: Desk) -> None:
    session = desk.run(qtbot)
    desk.feed(session, sequence=2, hands=0)
    qtbot.waitUntil(lambda: not desk.pictures.requests[-1].content.meshes)

    def says_no_hand() -> bool:
        desk.feed(session, sequence=session.scene.sequence + 1, hands=0)
        return desk.banner_title == "No hand in view"

    qtbot.waitUntil(says_no_hand)


def test_two_hands_show_as_two_meshes(qtbot: QtBot, desk: Desk) -> None:
    session = desk.run(qtbot)
    desk.feed(session, sequence=2, hands=2)
    qtbot.waitUntil(lambda: len(desk.pictures.requests[-1].content.meshes) == 2)


def test_pictures_that_reach_the_screen_are_timed(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    qtbot.waitUntil(lambda: desk.window.tracking.figures(monotonic_ns()).to_screen_ms is not None)
    spread = desk.window.tracking.figures(monotonic_ns()).to_screen_ms
    assert spread is not None
    assert 0 < spread.median < 5000


def test_a_silent_source_freezes_and_dims_the_mesh(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    qtbot.waitUntil(lambda: "No new frames" in desk.banner_title)
    qtbot.waitUntil(lambda: desk.pictures.requests[-1].content.stale)
    assert desk.pictures.requests[-1].content.meshes


def test_a_failure_is_shown_and_can_be_tried_again(qtbot: QtBot, desk: Desk) -> None:
    session = desk.run(qtbot)
    session.state, session.sentence = SessionState.FAILED, "The folder is gone."
    qtbot.waitUntil(lambda: desk.banner_title == "Tracking stopped")
    banner = desk.window.view.banner
    assert banner.banner is not None
    assert banner.banner.tone is Tone.ERROR
    assert banner.isVisible()
    inside = desk.window.view.viewport.rect().contains(banner.geometry())
    assert inside, (banner.geometry(), desk.window.view.viewport.rect())
    qtbot.mouseClick(banner._buttons[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)


def test_devices_are_listed_by_name_and_can_be_chosen(qtbot: QtBot, desk: Desk) -> None:
    desk.devices = [SourceInfo("realsense:7", "Intel RealSense D435", live=True)]
    qtbot.waitUntil(lambda: not desk.window.sources.presenter.searching)
    desk.window.sources.refresh_sources()
    box = desk.window.sources.bar._list
    qtbot.waitUntil(lambda: box.itemText(0) == "Intel RealSense D435")
    box.activated.emit(0)
    qtbot.waitUntil(lambda: len(desk.sessions) == 1)
    assert desk.sessions[0].uri == "realsense:7"
    assert desk.window.settings.source_uri == "realsense:7"


@pytest.mark.parametrize("name", ["points", "skeleton", "grid", "mirrored", "follow"])
def test_toggles_are_remembered(desk: Desk, name: str) -> None:
    action = desk.window.actions_by_name[f"set_{name}"]
    before = action.isChecked()
    action.trigger()
    assert getattr(desk.window.settings, name) is not before
    desk.window.close()
    assert getattr(load_settings(desk.path), name) is not before


def test_points_and_grid_are_drawn_only_when_asked_for(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    for name in ("points", "grid", "skeleton"):
        action = desk.window.actions_by_name[f"set_{name}"]
        for wanted in (not action.isChecked(), action.isChecked()):
            count = len(desk.pictures.requests)
            action.setChecked(wanted)
            qtbot.waitUntil(lambda count=count: len(desk.pictures.requests) > count)
            content = desk.pictures.requests[-1].content
            drawn = {
                "points": content.points is not None,
                "grid": content.lines is not None,
                "skeleton": bool(content.skeletons),
            }
            assert drawn[name] is wanted


def test_the_mouse_turns_moves_and_zooms_and_v_resets(qtbot: QtBot, desk: Desk) -> None:
    viewport = desk.window.view.viewport
    first = viewport.pose
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(viewport, QPoint(160, 130))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(160, 130))
    wheel = QWheelEvent(
        QPointF(50, 50),
        QPointF(50, 50),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, wheel)
    assert viewport.pose.distance_m < first.distance_m
    qtbot.keyClick(viewport, Qt.Key.Key_V)
    assert viewport.pose == first


def test_a_window_being_resized_asks_for_few_new_sizes(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    count = len(desk.pictures.requests)
    for width in range(1000, 1200, 10):
        desk.window.resize(width, 700)
        QApplication.processEvents()
    sizes = {request.drawn_px for request in desk.pictures.requests[count:]}
    assert len(sizes) <= 2
    expected = desk.window.view.viewport.width()
    qtbot.waitUntil(lambda: desk.pictures.requests[-1].shown_px[0] == expected)


@pytest.mark.parametrize("size", [(900, 600), (1280, 800), (1920, 1080)])
def test_everything_fits(qtbot: QtBot, desk: Desk, size: tuple[int, int]) -> None:
    desk.window.resize(*size)
    desk.run(qtbot)
    qtbot.wait(30)
    side = desk.window.view._side
    assert side.widget().width() <= side.viewport().width()
    assert side.widget().sizeHint().height() <= side.viewport().height()
    assert desk.window.view.viewport.width() >= 0.55 * size[0]


def test_closing_waits_for_the_camera_without_a_window(qtbot: QtBot, desk: Desk) -> None:
    desk.lingering = True
    session = desk.run(qtbot)
    desk.window.close()
    assert desk.window.isHidden()
    assert session.stop_asked
    assert desk.window.bridge.holding
    session.lingering = False
    qtbot.waitUntil(lambda: not desk.window.bridge.holding)


def test_closing_while_starting_and_while_stopping_is_safe(qtbot: QtBot, desk: Desk) -> None:
    desk.lingering = True
    desk.window.start("sim:")
    desk.window.toggle_tracking()
    desk.window.start("folder:/x")
    desk.window.close()
    desk.window.close()
    desk.sessions[0].lingering = False
    qtbot.waitUntil(lambda: not desk.window.bridge.holding)
    assert len(desk.sessions) == 1


def test_help_covers_the_window_and_goes_by_itself(qtbot: QtBot, desk: Desk) -> None:
    desk.window.toggle_help()
    assert desk.window.help.isVisible()
    assert desk.window.help.size() == desk.window.body.size()
    qtbot.keyClick(desk.window.help, Qt.Key.Key_Escape)
    assert not desk.window.help.isVisible()


def test_keys_are_not_given_twice() -> None:
    keys = [spec.key for spec in ACTIONS if spec.key]
    assert len(keys) == len(set(keys))


def test_a_screenshot_is_written(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.window.picture_path", lambda: tmp_path / "deep" / "shot.png")
    target = desk.window.save_screenshot()
    qtbot.waitUntil(lambda: target.is_file() and target.stat().st_size > 1000)


def test_a_renderer_that_cannot_start_is_told_and_the_rest_works(qtbot: QtBot, desk: Desk) -> None:
    desk.pictures.failure = "The 3D view could not start (no OpenGL)."
    desk.window.start("sim:")
    qtbot.waitUntil(lambda: "no OpenGL" in desk.window.view._caption.text())
