"""Enrolment in the window: a key, a guide, a result."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.enrolment.figures import GainLine, Page, Result
from app.enrolment.presenter import Outcome
from app.tracking.side_column import SideMode
from engine.adaptation.profile import Profile, ProfileError
from engine.capture.sources import open_camera
from engine.session_status import SessionState
from tests.app.desk import Desk
from tests.app.fakes import FakeGuide, FakeMeasuring
from tests.app.profiles.people import make_profile


def _begin(qtbot: QtBot, desk: Desk, name: str = "Ada") -> FakeGuide:
    desk.window.new_user()
    setup = desk.window.enrolment.card.setup
    qtbot.keyClicks(setup._name, name)
    qtbot.mouseClick(setup._begin, Qt.MouseButton.LeftButton)
    return desk.guides[-1]


def _measure(qtbot: QtBot, desk: Desk, name: str = "Ada") -> FakeMeasuring:
    """To the end of the guided minute."""
    guide = _begin(qtbot, desk, name)
    for _ in range(guide.poses):
        guide.capture()
    desk.feed(desk.sessions[-1], sequence=100)
    qtbot.waitUntil(lambda: bool(desk.measurings))
    qtbot.waitUntil(lambda: desk.window.enrolment.page is Page.WORKING)
    return desk.measurings[-1]


def _outcome(name: str = "Ada") -> Outcome:
    gains = (GainLine("Mesh-to-depth residual 7.1 → 3.9 mm", True),)
    return Outcome(Result(name, (), gains), make_profile(name))


def test_new_user_is_one_key_and_starts_tracking(qtbot: QtBot, desk: Desk) -> None:
    qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: len(desk.sessions) == 1)
    qtbot.waitUntil(lambda: desk.window.enrolment.card.setup.isVisible())
    assert desk.window.enrolment.page is Page.SETUP


def test_letters_of_a_name_are_no_shortcuts(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    before = desk.window.settings
    desk.window.new_user()
    name = desk.window.enrolment.card.setup._name
    qtbot.keyClicks(name, "Grimsl")
    assert name.text() == "Grimsl"
    assert desk.window.settings == before


def test_the_guide_shows_a_ghost_and_ticks(qtbot: QtBot, desk: Desk) -> None:
    session = desk.run(qtbot)
    guide = _begin(qtbot, desk)
    desk.feed(session, sequence=2)
    qtbot.waitUntil(lambda: desk.pictures.requests[-1].content.ghost is not None)
    overlay = desk.window.enrolment._overlay
    assert overlay.isVisible()
    guide.capture()
    qtbot.waitUntil(lambda: overlay.ticking)
    desk.window.enrolment.cancel()
    qtbot.waitUntil(lambda: desk.pictures.requests[-1].content.ghost is None)
    assert not overlay.isVisible()


def test_a_new_user_is_tracked_as_a_stranger_and_then_as_oneself(qtbot: QtBot, desk: Desk) -> None:
    desk.store.save(make_profile("Grace"))
    desk.window.people.choose("Grace")
    desk.run(qtbot)
    assert desk.sessions[-1].wish.profile is not None
    _begin(qtbot, desk)
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.sessions[-1].wish.profile is None
    desk.sessions[-1].state = SessionState.RUNNING
    desk.window.enrolment.cancel()
    qtbot.waitUntil(lambda: len(desk.sessions) == 3)
    profile = desk.sessions[-1].wish.profile
    assert profile is not None
    assert profile.name == "Grace"


def test_the_result_replaces_the_3d_view_and_can_be_saved(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    measuring = _measure(qtbot, desk)
    measuring.result = _outcome()
    qtbot.waitUntil(lambda: desk.window.enrolment.comparison.isVisible())
    assert desk.window.view._side._mode is SideMode.RESULT
    qtbot.mouseClick(desk.window.enrolment.card.result._save, Qt.MouseButton.LeftButton)
    assert desk.store.names() == ("Ada",)
    assert desk.window.people.presenter.current == "Ada"
    assert desk.window.settings.profile == "Ada"
    assert desk.window.enrolment.page is Page.CLOSED
    qtbot.waitUntil(lambda: desk.sessions[-1].wish.profile is not None)
    qtbot.waitUntil(lambda: desk.window.view.viewport.isVisible())


def test_the_camera_of_the_guided_minute_is_known_where_it_is_measured(
    qtbot: QtBot, desk: Desk
) -> None:
    session = desk.run(qtbot)
    with open_camera("sim:") as camera:
        session.camera = camera.info
    _begin(qtbot, desk)
    qtbot.waitUntil(lambda: desk.window.enrolment.presenter._camera is not None)
    desk.window.enrolment.presenter.finish()
    assert desk.measurings[0].camera is session.camera


def test_a_discarded_result_leaves_no_profile(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    measuring = _measure(qtbot, desk)
    measuring.result = _outcome()
    qtbot.waitUntil(lambda: desk.window.enrolment.page is Page.RESULT)
    desk.window.enrolment.card.result.discard_asked.emit()
    assert desk.store.names() == ()
    assert desk.window.enrolment.page is Page.CLOSED


def test_a_result_that_cannot_be_saved_says_why_and_stays(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_profile: Profile) -> Profile:
        raise ProfileError("The disk is full; free some space.")

    desk.run(qtbot)
    measuring = _measure(qtbot, desk)
    measuring.result = _outcome()
    qtbot.waitUntil(lambda: desk.window.enrolment.comparison.isVisible())
    monkeypatch.setattr(desk.store, "save", full)
    qtbot.mouseClick(desk.window.enrolment.card.result._save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.banner_title == "The profile was not saved")
    assert desk.window.view.banner.isVisible()
    assert desk.window.enrolment.page is Page.RESULT


def test_a_failed_measurement_says_why(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    measuring = _measure(qtbot, desk)
    measuring.failure = "Only 3 frames could be learnt from."
    qtbot.waitUntil(lambda: desk.window.enrolment.page is Page.FAILED)
    assert "3 frames" in desk.window.enrolment.card.failed._text.text()


@pytest.mark.parametrize("page", [Page.SETUP, Page.GUIDE, Page.WORKING, Page.RESULT])
def test_the_window_closes_during_every_page(qtbot: QtBot, desk: Desk, page: Page) -> None:
    desk.run(qtbot)
    if page is Page.SETUP:
        desk.window.new_user()
    elif page is Page.GUIDE:
        _begin(qtbot, desk)
    else:
        measuring = _measure(qtbot, desk)
        measuring.result = _outcome() if page is Page.RESULT else None
    qtbot.waitUntil(lambda: desk.window.enrolment.page is page)
    desk.window.close()
    qtbot.waitUntil(lambda: not desk.window.bridge.holding)
    assert desk.window.enrolment.page is Page.CLOSED
    assert all(measuring.cancelled for measuring in desk.measurings)
    assert desk.store.names() == (("Ada",) if page is Page.RESULT else ())
