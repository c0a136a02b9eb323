"""The window with real tracking: the simulated hand recorded, opened again, and moved about in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.banner import Action
from app.calibration_wizard.entry import CalibrationEntry, live_room
from app.enrolment.live_guide import LiveGuide
from app.enrolment.measuring import shipped_estimator, start_measuring
from app.enrolment.presenter import EnrolmentPresenter
from app.live_session import make_session
from app.streaming.presenter import StreamsPresenter
from app.window import MainWindow
from engine.adaptation.profile_store import ProfileStore
from engine.messages import Frame, Scene
from engine.recording.reader import SessionReader
from engine.recording.verify import verify
from engine.sinks import SceneSinks
from engine.streaming.streams import open_streams
from tests.app.fakes import FakePictures

START_MS = 120_000
"""The first start compiles the tracker."""
RECORDED_S = 1.0


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setenv("HANDTUNE_SESSIONS", str(tmp_path / "sessions"))
    made = MainWindow(
        make_session,
        tuple,
        FakePictures(),
        tmp_path / "window.json",
        ProfileStore(tmp_path / "profiles"),
        EnrolmentPresenter(LiveGuide, partial(start_measuring, make_estimator=shipped_estimator)),
        StreamsPresenter(SceneSinks(), open_streams),
        CalibrationEntry(live_room),
    )
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    yield made
    assert made.bridge.close()
    made.sessions.begin_to_close()
    made.sessions.end()
    qtbot.waitUntil(lambda: not made.sources.presenter.searching or made.sources.presenter.poll())


def _record_button(window: MainWindow) -> QToolButton:
    action = window.actions_by_name["set_recording"]
    buttons = window.sources.bar.findChildren(QToolButton)
    return next(button for button in buttons if button.defaultAction() is action)


def test_recorded_opened_and_sought(qtbot: QtBot, window: MainWindow) -> None:
    scenes: list[Scene] = []
    window.bridge.scene_arrived.connect(lambda scene, _frame: scenes.append(scene))
    window.start("sim:seed=5")
    qtbot.waitUntil(lambda: bool(scenes), timeout=START_MS)

    button = _record_button(window)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    badge = window.sessions.recording.badge
    qtbot.waitUntil(lambda: badge._title.text() == "0:01", timeout=30_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    banner = window.view.banner
    qtbot.waitUntil(
        lambda: banner.banner is not None and banner.banner.title.startswith("Saved"),
        timeout=30_000,
    )
    path = window.sessions.recording.latest
    assert path is not None
    assert verify(path).good
    with SessionReader(path) as reader:
        assert reader.duration_s >= RECORDED_S
        first, last = reader.frame(0), reader.frame(reader.frame_count - 1)
        recorded = reader.frame_count

    scenes.clear()
    opening = next(b for b in banner._buttons if b.text() == Action.OPEN.value)
    qtbot.mouseClick(opening, Qt.MouseButton.LeftButton)
    bar = window.sessions.playback.bar
    qtbot.waitUntil(bar.isVisible, timeout=START_MS)
    qtbot.waitUntil(lambda: bool(scenes), timeout=START_MS)

    qtbot.keyClick(window.view.viewport, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: window.sessions.playback.presenter.standing)
    timeline = bar.timeline
    for x, frame, number in ((timeline.width() - 1, last, recorded), (0, first, 1)):
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(x, 13))
        qtbot.waitUntil(lambda frame=frame: _shows(window, frame), timeout=30_000)
        assert bar._frame.text() == f"frame {number} of {recorded}"
    assert not np.array_equal(first.depth_m, last.depth_m)


def _shows(window: MainWindow, frame: Frame) -> bool:
    shown = window.view._pane._frame
    return shown is not None and np.array_equal(shown.depth_m, frame.depth_m)
