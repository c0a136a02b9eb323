"""People in the window: new users, profiles, improving while tracking; sessions are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.banner import Action
from app.enrolment.figures import GainLine, Page, Result
from app.enrolment.presenter import Outcome
from app.settings import load_settings
from app.tracking.side_column import SideMode
from engine.adaptation.decision import Decision
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState
from engine.inference.meters import MeterReading, TruthReadings
from engine.messages import Side
from engine.session_status import SessionState
from tests.app.desk import Desk
from tests.app.fakes import FakeGuide, FakeMeasuring, FakeSession
from tests.app.profiles.people import damage, make_profile


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
    measuring.outcome = _outcome()
    qtbot.waitUntil(lambda: desk.window.enrolment.comparison.isVisible())
    assert desk.window.view._side._mode is SideMode.RESULT
    qtbot.mouseClick(desk.window.enrolment.card.result._save, Qt.MouseButton.LeftButton)
    assert desk.store.names() == ("Ada",)
    assert desk.window.people.presenter.current == "Ada"
    assert desk.window.settings.profile == "Ada"
    assert desk.window.enrolment.page is Page.CLOSED
    qtbot.waitUntil(lambda: desk.sessions[-1].wish.profile is not None)
    qtbot.waitUntil(lambda: desk.window.view.viewport.isVisible())


def test_a_discarded_result_leaves_no_profile(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    measuring = _measure(qtbot, desk)
    measuring.outcome = _outcome()
    qtbot.waitUntil(lambda: desk.window.enrolment.page is Page.RESULT)
    desk.window.enrolment.card.result.discard_asked.emit()
    assert desk.store.names() == ()
    assert desk.window.enrolment.page is Page.CLOSED


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
        measuring.outcome = _outcome() if page is Page.RESULT else None
    qtbot.waitUntil(lambda: desk.window.enrolment.page is page)
    desk.window.close()
    qtbot.waitUntil(lambda: not desk.window.bridge.holding)
    assert desk.window.enrolment.page is Page.CLOSED
    assert all(measuring.cancelled for measuring in desk.measurings)


def test_the_chosen_profile_is_used_and_remembered(qtbot: QtBot, desk: Desk) -> None:
    desk.store.save(make_profile("Ada"))
    desk.run(qtbot)
    desk.window.people.choose("Ada")
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    profile = desk.sessions[-1].wish.profile
    assert profile is not None
    assert profile.name == "Ada"
    desk.window.close()
    assert load_settings(desk.path).profile == "Ada"
    again = desk.open_window()
    qtbot.addWidget(again)
    assert again.people.presenter.current == "Ada"
    again.bridge.close()
    sources = again.sources.presenter
    qtbot.waitUntil(lambda: sources.poll() or not sources.searching)


def test_the_list_names_everybody_and_offers_a_new_user(qtbot: QtBot, desk: Desk) -> None:
    desk.store.save(make_profile("Ada"))
    desk.window.people.show()
    box = desk.window.people.bar._list
    words = [box.itemText(k) for k in range(box.count())]
    assert [word for word in words if word] == ["No profile", "Ada", "New user…"]
    box.activated.emit(box.count() - 1)
    assert box.currentText() == "No profile"
    qtbot.waitUntil(lambda: desk.window.enrolment.page is Page.SETUP)


def test_a_damaged_profile_is_told_and_tracking_goes_on(qtbot: QtBot, desk: Desk) -> None:
    damage(desk.store, "Broken")
    desk.run(qtbot)
    desk.window.people.choose("Broken")
    qtbot.waitUntil(lambda: "cannot be used" in desk.banner_title)
    assert desk.window.people.bar._list.currentText() == "No profile"
    assert len(desk.sessions) == 1
    assert desk.window.bridge.active


def test_a_damaged_profile_is_marked_and_deleted_in_the_banner(qtbot: QtBot, desk: Desk) -> None:
    damage(desk.store, "Broken")
    desk.store.save(make_profile("Ada"))
    desk.window.people.choose("Ada")
    desk.run(qtbot)
    box = desk.window.people.bar._list
    qtbot.waitUntil(lambda: box.itemText(box.findData("Broken")) == "⚠  Broken")
    assert box.itemText(box.findData("Ada")) == "Ada"
    desk.window.people.choose("Broken")
    banner = desk.window.view.banner
    qtbot.waitUntil(lambda: banner.banner is not None and banner.banner.action is Action.DELETE)
    qtbot.mouseClick(banner._buttons[0], Qt.MouseButton.LeftButton)
    assert desk.store.names() == ("Ada",)
    assert box.currentText() == "Ada"
    assert len(desk.sessions) == 1


def test_the_former_profile_is_restored_in_the_banner(qtbot: QtBot, desk: Desk) -> None:
    for size in (1.0, 2.0):
        desk.store.save(make_profile("Ada", size))
    damage(desk.store, "Ada")
    desk.run(qtbot)
    desk.window.people.choose("Ada")
    banner = desk.window.view.banner
    qtbot.waitUntil(lambda: banner.banner is not None and banner.banner.action is Action.RESTORE)
    qtbot.mouseClick(banner._buttons[0], Qt.MouseButton.LeftButton)
    vector = desk.store.load("Ada").shapes[Side.RIGHT].vector
    assert vector[0] == make_profile("Ada", 1.0).shapes[Side.RIGHT].vector[0]
    assert desk.window.people.presenter.current == "Ada"


def test_delete_and_undo_are_one_click_each(qtbot: QtBot, desk: Desk) -> None:
    desk.store.save(make_profile("Ada"))
    desk.window.people.choose("Ada")
    session = desk.run(qtbot)
    desk.window.actions_by_name["delete_profile"].trigger()
    assert desk.store.names() == ()
    qtbot.waitUntil(lambda: desk.banner_title == "Ada was deleted")
    qtbot.waitUntil(lambda: desk.sessions[-1] is not session)
    assert desk.sessions[-1].wish.profile is None
    banner = desk.window.view.banner
    assert banner.banner is not None
    assert banner.banner.action is Action.UNDO
    qtbot.mouseClick(banner._buttons[0], Qt.MouseButton.LeftButton)
    assert desk.store.names() == ("Ada",)
    assert desk.window.people.presenter.current == "Ada"


def _improving(qtbot: QtBot, desk: Desk) -> FakeSession:
    desk.window.actions_by_name["set_improve"].setChecked(True)
    session = desk.run(qtbot)
    assert session.adaptation is not None
    return session


def test_improving_starts_pauses_and_goes_on(qtbot: QtBot, desk: Desk) -> None:
    session = _improving(qtbot, desk)
    assert session.wish.improve
    assert session.adaptation is not None
    assert desk.window.view._side._mode is SideMode.LEARNING
    improve = desk.window.actions_by_name["set_improve"]
    improve.setChecked(False)
    assert session.adaptation.state is AdaptationState.PAUSED
    improve.setChecked(True)
    assert session.adaptation.state is AdaptationState.LEARNING
    assert len(desk.sessions) == 1


def test_improving_while_tracking_makes_a_session_that_learns(qtbot: QtBot, desk: Desk) -> None:
    desk.run(qtbot)
    assert desk.sessions[0].adaptation is None
    desk.window.actions_by_name["set_improve"].setChecked(True)
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.sessions[1].wish.improve


def test_the_learning_card_shows_pauses_and_rolls_back(qtbot: QtBot, desk: Desk) -> None:
    session = _improving(qtbot, desk)
    adaptation = session.adaptation
    assert adaptation is not None
    adaptation.can_roll_back = True
    adaptation.progress = AdaptationProgress(
        steps=80, samples=30, decisions=(Decision(1.0, 40, True, "better", 7.0, 6.0),)
    )
    card = desk.window.personal.learning_card
    qtbot.waitUntil(lambda: "1 accepted" in card._counters["decisions"].text())
    qtbot.waitUntil(lambda: card._rollback.isEnabled())
    qtbot.mouseClick(card._rollback, Qt.MouseButton.LeftButton)
    assert adaptation.rollbacks == 1
    qtbot.mouseClick(card._pause, Qt.MouseButton.LeftButton)
    assert adaptation.state is AdaptationState.PAUSED
    assert not desk.window.settings.improve
    qtbot.mouseClick(card._close, Qt.MouseButton.LeftButton)
    assert desk.window.view._side._mode is SideMode.FIGURES


def test_what_is_learnt_is_in_the_profile_even_if_the_window_closes_at_once(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    desk.store.save(make_profile("Ada"))
    desk.window.people.choose("Ada")
    session = _improving(qtbot, desk)
    weights = tmp_path / "adapted.safetensors"
    weights.write_bytes(b"better weights")
    adaptation = session.adaptation
    assert adaptation is not None
    adaptation.weights, adaptation.revision = weights, 1
    desk.window.close()
    qtbot.waitUntil(lambda: not desk.window.bridge.holding)
    desk.window.people.keeper.close()
    assert desk.store.load("Ada").weights == b"better weights"


def test_the_truth_meters_are_shown(qtbot: QtBot, desk: Desk) -> None:
    session = desk.run(qtbot)
    session.meters = TruthReadings(residual_m=MeterReading(0.0021, (0.003, 0.0021)))
    value = desk.window.view._meters._rows[0]._value
    qtbot.waitUntil(lambda: value.text() == "2.1 mm")


@pytest.mark.parametrize("size", [(900, 600), (1024, 700), (1280, 800)])
@pytest.mark.parametrize("mode", list(SideMode))
def test_every_mode_fits(qtbot: QtBot, desk: Desk, size: tuple[int, int], mode: SideMode) -> None:
    desk.window.resize(*size)
    desk.run(qtbot)
    desk.window.view.show_side(mode)
    qtbot.wait(30)
    side = desk.window.view._side
    assert side.widget().width() <= side.viewport().width()
    assert side.widget().sizeHint().height() <= side.viewport().height()
    assert desk.window.sources.bar.sizeHint().width() <= desk.window.width()


def test_one_more_stage_makes_the_picture_smaller_and_scrolls_nothing(
    qtbot: QtBot, desk: Desk
) -> None:
    session = desk.run(qtbot)
    assert session.scene is not None
    stages = {f"stage {k}": 1.0 for k in range(9)}
    height = desk.window.view._speed.height()
    session.scene = replace(session.scene, stage_ms=MappingProxyType(stages))
    qtbot.waitUntil(lambda: desk.window.view._speed.height() > height)
    side = desk.window.view._side
    qtbot.waitUntil(lambda: not side.verticalScrollBar().isVisible())
    assert side.widget().height() <= side.viewport().height()
