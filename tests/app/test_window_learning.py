"""Improving in the window: pauses, decisions, truth meters, and room for all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.tracking.side_column import SideMode
from engine.adaptation.decision import Decision
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState
from engine.inference.meters import MeterReading, TruthReadings
from tests.app.desk import Desk
from tests.app.fakes import FakeSession
from tests.app.profiles.people import make_profile


def _improving(qtbot: QtBot, desk: Desk) -> FakeSession:
    desk.window.actions_by_name["set_improve"].setChecked(True)
    session = desk.run(qtbot)
    assert session.adaptation is not None
    return session


def _improved(qtbot: QtBot, desk: Desk, folder: Path) -> None:
    """Ada is tracked, and b"better weights" were accepted just now."""
    desk.store.save(make_profile("Ada"))
    desk.window.people.choose("Ada")
    adaptation = _improving(qtbot, desk).adaptation
    assert adaptation is not None
    adaptation.weights = folder / "adapted.safetensors"
    adaptation.weights.write_bytes(b"better weights")
    adaptation.revision = 1


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


def test_learning_that_paused_by_itself_goes_on(qtbot: QtBot, desk: Desk) -> None:
    session = _improving(qtbot, desk)
    assert session.adaptation is not None
    session.adaptation.pause()
    card = desk.window.personal.learning_card
    qtbot.waitUntil(lambda: card._pause.text() == "Go on")
    qtbot.mouseClick(card._pause, Qt.MouseButton.LeftButton)
    assert session.adaptation.state is AdaptationState.LEARNING


def test_a_learner_that_has_stopped_for_good_is_begun_anew(qtbot: QtBot, desk: Desk) -> None:
    session = _improving(qtbot, desk)
    assert session.adaptation is not None
    session.adaptation.state = AdaptationState.FAILED
    improve = desk.window.actions_by_name["set_improve"]
    improve.setChecked(False)
    improve.setChecked(True)
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.sessions[1].wish.improve


def _stop(desk: Desk) -> None:
    desk.window.start_or_stop()


def _calibrate(desk: Desk) -> None:
    desk.window.calibration.calibrate()
    room = desk.window.calibration.room
    assert room is not None
    room.leave()


def _close(desk: Desk) -> None:
    desk.window.close()


@pytest.mark.parametrize("end", [_stop, _calibrate, _close])
def test_what_is_learnt_is_in_the_profile_even_if_the_session_ends_at_once(
    qtbot: QtBot, desk: Desk, tmp_path: Path, end: Callable[[Desk], None]
) -> None:
    _improved(qtbot, desk, tmp_path)
    end(desk)
    qtbot.waitUntil(lambda: not desk.window.bridge.holding)
    desk.window.people.keeper.close()
    assert desk.store.load("Ada").weights == b"better weights"


def test_a_reset_forgets_what_the_session_has_learnt_just_then(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    _improved(qtbot, desk, tmp_path)
    desk.window.reset_profile()
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.window.people.keeper.close()
    assert desk.store.load("Ada").weights is None
    profile = desk.sessions[-1].wish.profile
    assert profile is not None
    assert profile.weights is None


def test_whoever_is_chosen_next_the_last_weights_are_kept(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    desk.store.save(make_profile("Grace"))
    _improved(qtbot, desk, tmp_path)
    desk.window.people.choose("Grace")
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.window.people.keeper.close()
    assert desk.store.load("Ada").weights == b"better weights"
    assert desk.store.load("Grace").weights is None


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
