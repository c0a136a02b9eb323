"""The window with a stereo camera: its figures, cameras that have moved, rigs that are too wide."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app import theme
from app.banner import Action, Tone
from app.sources.forms import STEREO_FORM
from app.sources.open_dialog import OpenSourceDialog
from app.tracking.stereo_card import StereoCard
from calibration.drift import DriftCheck
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.session import TrackingSession
from engine.session_status import SessionState
from engine.stereo.status import StereoStatus
from tests.app.desk import Desk
from tests.app.fakes import FakeSession
from tests.app.tracking.rigs import MOVED, STEADY, UNCLEAR, stereo_info
from tests.fakes.estimators import EmptyEstimator
from tests.fakes.stereo_pairs import straight_rig, write_pictures, write_rig


def _run_stereo(qtbot: QtBot, desk: Desk, stereo: StereoStatus) -> FakeSession:
    session = desk.run(qtbot)
    session.camera, session.stereo = stereo_info(), stereo
    qtbot.waitUntil(_card(desk).isVisible)
    return session


def _card(desk: Desk) -> StereoCard:
    return desk.window.view._stereo


def assert_calibrates(desk: Desk, uri: str) -> None:
    """The wizard is open with these cameras; it is closed again."""
    room = desk.window.calibration.room
    assert room is not None
    assert room.dialog is not None
    assert room.dialog.cameras.choice.uri == uri
    room.leave()


def test_the_group_is_there_only_for_stereo_cameras(qtbot: QtBot, desk: Desk) -> None:
    session = desk.run(qtbot)
    qtbot.waitUntil(lambda: "Good fit" in desk.window.view._meters._verdict.text())
    assert not _card(desk).isVisible()
    session.camera, session.stereo = stereo_info(), StereoStatus(40, 2, 1.2, STEADY)
    qtbot.waitUntil(_card(desk).isVisible)
    desk.window.start("folder:/data/x")
    qtbot.waitUntil(lambda: not _card(desk).isVisible())


def test_skew_drops_drift_and_depth_error_are_shown(qtbot: QtBot, desk: Desk) -> None:
    session = _run_stereo(qtbot, desk, StereoStatus(40, 0, 1.2, STEADY))
    cells = _card(desk)._cells
    desk.feed(session, sequence=2)
    qtbot.waitUntil(lambda: cells["skew"].text() == "1.2 ms")
    assert cells["dropped"].text() == "0 of 40"
    assert _card(desk)._verdict.text() == "Calibration fits (0.2 px)"
    expected, fit = cells["depth"].text().split("  ·  ")
    assert expected.endswith(" mm")
    assert fit == "fit 1.8 mm"
    assert theme.FAIR.name() not in cells["dropped"].styleSheet()
    session.stereo = StereoStatus(44, 3, 14.0, STEADY)
    qtbot.waitUntil(lambda: cells["dropped"].text() == "3 of 44")
    assert theme.FAIR.name() in cells["dropped"].styleSheet()


@pytest.mark.parametrize("drift", [MOVED, UNCLEAR])
@pytest.mark.parametrize("size", [(1024, 700), (1440, 900)])
def test_all_of_it_fits(qtbot: QtBot, desk: Desk, size: tuple[int, int], drift: DriftCheck) -> None:
    desk.window.resize(*size)
    _run_stereo(qtbot, desk, StereoStatus(123_456, 1_234, 9.9, drift))
    qtbot.wait(300)
    side = desk.window.view._side
    assert side.widget().sizeHint().height() <= side.viewport().height()
    assert _card(desk).isVisible()
    labels = _card(desk)._titles.values(), _card(desk)._cells.values(), (_card(desk)._verdict,)
    for label in chain(*labels):
        assert label.width() >= label.sizeHint().width(), label.text()


def _banner_button(qtbot: QtBot, desk: Desk, action: Action) -> None:
    banner = desk.window.view.banner
    qtbot.waitUntil(lambda: banner.banner is not None and banner.banner.tone is Tone.WARNING)
    button = next(b for b in banner._buttons if b.text() == action.value)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_cameras_that_have_moved_lead_to_the_calibration(qtbot: QtBot, desk: Desk) -> None:
    session = _run_stereo(qtbot, desk, StereoStatus(40, drift=MOVED))
    desk.feed(session, sequence=2)
    _banner_button(qtbot, desk, Action.CALIBRATE)
    room = desk.window.calibration.room
    assert room is not None
    assert room.dialog is not None
    assert room.dialog.isVisible()
    assert session.stop_asked
    room.leave()


def test_the_webcams_in_use_are_those_to_calibrate(qtbot: QtBot, desk: Desk) -> None:
    uri = "uvc:0,2?width=1280,height=720"
    desk.window.start(f"{uri},rig=old.toml")
    qtbot.waitUntil(lambda: len(desk.sessions) == 1)
    desk.window.calibration.calibrate()
    assert_calibrates(desk, uri)


def test_cameras_without_a_rig_lead_to_the_calibration(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"images:{write_pictures(tmp_path, 1)}".partition("?")[0]
    monkeypatch.setattr(
        desk.window.bridge, "_make_session", lambda wish: TrackingSession(wish.uri, EmptyEstimator)
    )
    desk.window.start(uri)
    shown = desk.window.view.banner
    qtbot.waitUntil(lambda: shown.banner is not None and shown.banner.tone is Tone.ERROR)
    assert shown.banner is not None
    assert shown.banner.title == "These cameras need a calibration"
    assert (shown.banner.action, *shown.banner.others) == (Action.CALIBRATE, Action.RETRY)
    button = next(b for b in shown._buttons if b.text() == Action.CALIBRATE.value)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert_calibrates(desk, uri)


def test_a_rig_of_another_resolution_leads_there_too(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"images:{write_pictures(tmp_path, 1)}"
    write_rig(tmp_path / "rig.toml", straight_rig(640, 480, 500.0))
    monkeypatch.setattr(
        desk.window.bridge, "_make_session", lambda wish: TrackingSession(wish.uri, EmptyEstimator)
    )
    desk.window.start(uri)
    shown = desk.window.view.banner
    qtbot.waitUntil(lambda: shown.banner is not None and shown.banner.tone is Tone.ERROR)
    assert shown.banner is not None
    assert shown.banner.action is Action.CALIBRATE
    assert "640 x 480 px on the left" in shown.banner.advice


def test_the_dialog_for_sources_leads_to_the_calibration(qtbot: QtBot, desk: Desk) -> None:
    sources = desk.window.sources
    sources.open(STEREO_FORM)
    dialog = desk.window.findChild(OpenSourceDialog)
    assert dialog is not None
    for field, number in zip(dialog._places, "42", strict=True):
        field.enter(number)
    assert not dialog._open.isEnabled()
    qtbot.mouseClick(dialog.calibrate, Qt.MouseButton.LeftButton)
    room = desk.window.calibration.room
    assert room is not None
    assert room.dialog is not None
    assert room.dialog.cameras.choice.uri == "uvc:4,2?width=640,height=480"
    assert not desk.sessions
    room.leave()


def test_the_calibration_can_wait(qtbot: QtBot, desk: Desk) -> None:
    session = _run_stereo(qtbot, desk, StereoStatus(40, drift=MOVED))
    desk.feed(session, sequence=2)
    _banner_button(qtbot, desk, Action.LATER)

    def goes_on() -> bool:
        desk.feed(session, sequence=session.scene.sequence + 1)
        banner = desk.window.view.banner.banner
        return banner is None

    qtbot.waitUntil(goes_on)
    assert not session.stop_asked
    assert len(desk.sessions) == 1
    assert _card(desk)._verdict.text() == "Drifted (3.1 px, was 0.2 px): calibrate again"


def test_a_rig_that_is_too_wide_gets_its_sentence(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = write_pictures(tmp_path, 1)
    R = rotation_from_axis_angle(np.array([0.0, np.radians(60.0), 0.0]))
    rig = straight_rig()
    T = RigidTransform(R, -R @ np.array([0.8, 0.0, 0.2]))
    write_rig(tmp_path / "rig.toml", type(rig)(rig.left, rig.right, T))
    monkeypatch.setattr(
        desk.window.bridge, "_make_session", lambda wish: TrackingSession(wish.uri, EmptyEstimator)
    )
    desk.window.start(f"images:{where}")
    shown = desk.window.view.banner
    qtbot.waitUntil(lambda: shown.banner is not None and shown.banner.tone is Tone.ERROR)
    assert shown.banner is not None
    assert "so wide a baseline gives no dense depth" in shown.banner.advice
    assert "put them side by side" in shown.banner.advice
    assert desk.window.view.viewport.rect().contains(shown.geometry())
    status = desk.window.bridge.status
    assert status is not None
    assert status.state is SessionState.FAILED
