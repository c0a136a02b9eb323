from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from app.banner import Action, Tone
from app.tracking.presenter import TrackingPresenter
from engine.messages import Side
from engine.runtime.clock import NS_PER_S
from engine.session_status import SessionState, SessionStatus
from tests.app.scenes import make_hand, make_scene

MS = 1_000_000


def _status(state: SessionState = SessionState.RUNNING, **facts: object) -> SessionStatus:
    return replace(SessionStatus(state, "sim:", "Simulated hand"), **facts)


def _running(now_ns: int = 0) -> TrackingPresenter:
    presenter = TrackingPresenter()
    presenter.update_status(_status(), stopping=False, now_ns=now_ns)
    return presenter


def test_before_the_start_it_says_how_to_start() -> None:
    condition = TrackingPresenter().condition(0)
    assert not condition.running
    assert condition.banner is not None
    assert condition.banner.action is Action.START


@pytest.mark.parametrize(
    ("state", "tone", "action"),
    [
        (SessionState.STARTING, Tone.BUSY, Action.NONE),
        (SessionState.RECONNECTING, Tone.WARNING, Action.NONE),
        (SessionState.FAILED, Tone.ERROR, Action.RETRY),
        (SessionState.ENDED, Tone.CALM, Action.REPLAY),
    ],
)
def test_each_state_has_its_banner(state: SessionState, tone: Tone, action: Action) -> None:
    presenter = TrackingPresenter()
    presenter.update_status(_status(state, sentence="what and why"), stopping=False, now_ns=0)
    banner = presenter.condition(0).banner
    assert banner is not None
    assert (banner.tone, banner.action) == (tone, action)


def test_a_failure_shows_the_engines_sentence() -> None:
    presenter = TrackingPresenter()
    failed = _status(SessionState.FAILED, sentence="The folder holds no camera.json.")
    presenter.update_status(failed, stopping=False, now_ns=0)
    banner = presenter.condition(0).banner
    assert banner is not None
    assert banner.advice == "The folder holds no camera.json."


def test_reconnecting_counts_the_seconds() -> None:
    presenter = TrackingPresenter()
    lost = _status(SessionState.RECONNECTING, reconnecting_since_ns=2 * NS_PER_S)
    presenter.update_status(lost, stopping=False, now_ns=9 * NS_PER_S)
    banner = presenter.condition(9 * NS_PER_S).banner
    assert banner is not None
    assert "7 s" in banner.title


def test_a_first_scene_that_keeps_one_waiting_is_explained() -> None:
    presenter = _running(now_ns=NS_PER_S)
    assert presenter.condition(NS_PER_S + 500 * MS).banner is None
    banner = presenter.condition(5 * NS_PER_S).banner
    assert banner is not None
    assert banner.tone is Tone.BUSY
    presenter.add_scene(make_scene((make_hand(),)), now_ns=5 * NS_PER_S)
    assert presenter.condition(5 * NS_PER_S).banner is None


def test_stopping_comes_before_everything_else() -> None:
    presenter = _running()
    presenter.update_status(_status(), stopping=True, now_ns=1)
    condition = presenter.condition(1)
    assert not condition.running
    assert condition.banner is not None
    assert condition.banner.title.startswith("Stopping")


def test_no_hand_is_calm_and_comes_only_after_a_moment() -> None:
    presenter = _running()
    presenter.add_scene(make_scene((make_hand(),)), now_ns=100 * MS)
    assert presenter.condition(110 * MS).banner is None
    presenter.add_scene(make_scene(), now_ns=300 * MS)
    assert presenter.condition(310 * MS).banner is None
    presenter.add_scene(make_scene(), now_ns=700 * MS)
    banner = presenter.condition(710 * MS).banner
    assert banner is not None
    assert banner.tone is Tone.CALM
    assert presenter.figures(710 * MS).hands == ()


def test_old_scenes_are_stale_freeze_the_view_and_show_no_figures() -> None:
    presenter = _running()
    presenter.add_scene(make_scene((make_hand(),)), now_ns=0)
    fresh = presenter.condition(500 * MS)
    assert not fresh.frozen
    assert fresh.banner is None
    old = presenter.condition(3 * NS_PER_S)
    assert old.frozen
    assert old.banner is not None
    assert old.banner.tone is Tone.WARNING
    assert not presenter.figures(3 * NS_PER_S).live
    assert presenter.figures(3 * NS_PER_S).hands == ()


def test_latencies_stages_and_rates_are_those_of_the_scenes() -> None:
    presenter = _running()
    for k in range(60):
        now_ns = k * NS_PER_S // 30
        presenter.add_scene(make_scene((make_hand(),), sequence=k, captured_ns=now_ns), now_ns)
        presenter.add_shown(now_ns, now_ns + 30 * MS)
    figures = presenter.figures(60 * NS_PER_S // 30)
    assert figures.tracked_hz == pytest.approx(30, rel=0.05)
    assert figures.shown_hz == pytest.approx(30, rel=0.05)
    assert figures.to_mesh_ms is not None
    assert figures.to_mesh_ms.median == pytest.approx(8.0)
    assert figures.to_screen_ms is not None
    assert figures.to_screen_ms.p95 == pytest.approx(30.0)
    assert list(figures.stages_ms) == ["localise", "network", "fit", "filter"]
    assert figures.stages_ms["network"] == pytest.approx(3.4)


def test_stages_keep_their_places_though_not_every_frame_runs_all() -> None:
    presenter = _running()
    runs = ["find", "network", "fit", "filter"], ["find", "network", "start", "fit", "filter"]
    shown = set()
    for k in range(10):
        stages = MappingProxyType(dict.fromkeys(runs[k % 2] if k < 4 else runs[0], 1.0))
        scene = replace(make_scene((make_hand(),), sequence=k), stage_ms=stages)
        presenter.add_scene(scene, k * NS_PER_S)
        shown.add(tuple(presenter.figures(k * NS_PER_S).stages_ms))
    assert shown == {tuple(runs[0]), tuple(runs[1])}
    assert tuple(presenter.figures(9 * NS_PER_S).stages_ms) == tuple(runs[1])
    assert presenter.figures(9 * NS_PER_S).stages_ms["start"] == 0.0


def test_each_hand_has_its_card_with_a_smoothed_residual() -> None:
    presenter = _running()
    for k, residual_m in enumerate([0.002, 0.002, 0.050, 0.002, 0.002]):
        right = make_hand(residual_m=residual_m)
        left = make_hand(Side.LEFT, hand_id=2, residual_m=0.009)
        presenter.add_scene(make_scene((right, left), sequence=k), now_ns=k * 33 * MS)
    cards = presenter.figures(140 * MS).hands
    assert [card.side for card in cards] == [Side.RIGHT, Side.LEFT]
    assert cards[0].residual_mm == pytest.approx(2.0)
    assert cards[1].residual_mm == pytest.approx(9.0)


def test_a_hand_without_a_known_residual_does_no_harm() -> None:
    presenter = _running()
    presenter.add_scene(make_scene((make_hand(residual_m=float("nan")),)), now_ns=0)
    assert np.isnan(presenter.figures(MS).hands[0].residual_mm)


def test_another_session_begins_with_empty_figures() -> None:
    presenter = _running()
    presenter.add_scene(make_scene((make_hand(),)), now_ns=0)
    presenter.begin()
    figures = presenter.figures(MS)
    assert figures.hands == ()
    assert figures.to_mesh_ms is None
    assert not presenter.condition(MS).frozen
