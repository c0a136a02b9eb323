"""What the window says of a stereo camera."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.banner import Action, Tone
from app.tracking.presenter import TrackingPresenter
from app.tracking.stereo import StereoFigures
from app.tracking.verdict import Grade
from engine.messages import Side
from engine.runtime.clock import NS_PER_S
from engine.session_status import SessionState, SessionStatus
from engine.stereo.status import StereoStatus
from tests.app.scenes import make_hand, make_scene
from tests.app.tracking.rigs import MOVED, STEADY, UNCLEAR, stereo_info


def _status(stereo: StereoStatus | None, **changes: object) -> SessionStatus:
    status = SessionStatus(
        SessionState.RUNNING, "uvc:0,1", "Two webcams", camera=stereo_info(), stereo=stereo
    )
    return replace(status, **changes)  # type: ignore[arg-type]


def _shown(presenter: TrackingPresenter, now_ns: int = 0) -> StereoFigures:
    figures = presenter.figures(now_ns).stereo
    assert figures is not None
    return figures


def _seen(stereo: StereoStatus) -> TrackingPresenter:
    presenter = TrackingPresenter()
    presenter.update_status(_status(stereo), stopping=False, now_ns=0)
    return presenter


def test_other_cameras_have_no_stereo_figures() -> None:
    presenter = TrackingPresenter()
    assert presenter.figures(0).stereo is None
    presenter.update_status(_status(None), stopping=False, now_ns=0)
    assert presenter.figures(0).stereo is None


def test_skew_and_pairs_are_those_of_the_status() -> None:
    shown = _shown(_seen(StereoStatus(200, 4, 1.25, STEADY)))
    assert (shown.skew_ms, shown.pairs, shown.dropped) == (1.25, 200, 4)


def test_the_drops_are_growing_for_a_moment_after_the_last_one() -> None:
    presenter = TrackingPresenter()
    for seconds, dropped in ((0, 0), (1, 0), (2, 1)):
        status = _status(StereoStatus(30 * seconds, dropped))
        presenter.update_status(status, stopping=False, now_ns=seconds * NS_PER_S)
        assert _shown(presenter, seconds * NS_PER_S).growing is (dropped > 0)
    presenter.update_status(_status(StereoStatus(200, 1)), stopping=False, now_ns=6 * NS_PER_S)
    assert not _shown(presenter, 6 * NS_PER_S).growing
    # The camera was opened anew and counts anew.
    presenter.update_status(_status(StereoStatus(10, 0)), stopping=False, now_ns=7 * NS_PER_S)
    assert not _shown(presenter, 7 * NS_PER_S).growing
    presenter.update_status(_status(StereoStatus(11, 1)), stopping=False, now_ns=8 * NS_PER_S)
    assert _shown(presenter, 8 * NS_PER_S).growing


def test_the_depth_error_is_that_at_the_hand_beside_the_measured_fit() -> None:
    presenter = _seen(StereoStatus(10))
    near = make_hand(position=(0.0, 0.08, 0.4), residual_m=0.0018)
    far = make_hand(Side.LEFT, position=(0.0, 0.08, 0.8), hand_id=2, residual_m=0.0042)
    for hands, hand, measured_mm in (((near,), near, 1.8), ((near, far), far, 4.2)):
        presenter.begin()
        presenter.update_status(_status(StereoStatus(10)), stopping=False, now_ns=0)
        presenter.add_scene(make_scene(hands), now_ns=0)
        shown = _shown(presenter)
        distance_m = hand.joints[:, 2].mean()
        assert shown.distance_m == pytest.approx(distance_m)
        assert shown.expected_mm == pytest.approx(2.0 * (distance_m / 0.5) ** 2)
        assert shown.measured_mm == pytest.approx(measured_mm)


def test_without_a_hand_the_depth_error_is_that_at_half_a_metre() -> None:
    presenter = _seen(StereoStatus(10))
    presenter.add_scene(make_scene(), now_ns=0)
    shown = _shown(presenter)
    assert (shown.distance_m, shown.expected_mm, shown.measured_mm) == (0.5, 2.0, None)


def test_a_fit_that_is_not_known_is_not_told() -> None:
    presenter = _seen(StereoStatus(10))
    presenter.add_scene(make_scene((make_hand(residual_m=float("nan")),)), now_ns=0)
    shown = _shown(presenter)
    assert shown.measured_mm is None
    assert shown.expected_mm is not None


@pytest.mark.parametrize(
    ("stereo", "grade", "words"),
    [
        (StereoStatus(10, drift=STEADY), Grade.GOOD, "Calibration fits (0.2 px)"),
        (
            StereoStatus(10, drift=MOVED),
            Grade.POOR,
            "Drifted (3.1 px, was 0.2 px): calibrate again",
        ),
        (
            StereoStatus(10, drift=replace(MOVED, calibrated_px=None)),
            Grade.POOR,
            "Drifted (3.1 px): calibrate again",
        ),
        (
            StereoStatus(10, drift=UNCLEAR, checking=True),
            None,
            "Calibration: too little texture to tell",
        ),
        (StereoStatus(10, checking=True), None, "Calibration: checking…"),
        (StereoStatus(10), None, "Calibration comes with the camera"),
    ],
)
def test_the_check_of_the_rig_has_plain_words(
    stereo: StereoStatus, grade: Grade | None, words: str
) -> None:
    shown = _shown(_seen(stereo))
    assert (shown.grade, shown.verdict) == (grade, words)
    if stereo.drift is not None:
        assert shown.tip == stereo.drift.sentence


def _running(stereo: StereoStatus) -> TrackingPresenter:
    presenter = _seen(stereo)
    presenter.add_scene(make_scene((make_hand(),)), now_ns=0)
    return presenter


def test_cameras_that_have_moved_bring_up_a_banner_with_a_way_to_calibrate() -> None:
    banner = _running(StereoStatus(10, drift=MOVED)).condition(0).banner
    assert banner is not None
    assert banner.tone is Tone.WARNING
    assert (banner.action, *banner.others) == (Action.CALIBRATE, Action.LATER)
    assert banner.advice == MOVED.sentence


@pytest.mark.parametrize("drift", [STEADY, UNCLEAR, None])
def test_cameras_that_stand_still_bring_up_none(drift: object) -> None:
    stereo = StereoStatus(10, drift=drift)  # type: ignore[arg-type]
    assert _running(stereo).condition(0).banner is None


def test_who_wants_to_calibrate_later_is_asked_again_in_the_next_session() -> None:
    presenter = _running(StereoStatus(10, drift=MOVED))
    presenter.stereo.dismiss()
    assert presenter.condition(0).banner is None
    assert _shown(presenter).grade is Grade.POOR
    presenter.begin()
    presenter.update_status(_status(StereoStatus(10, drift=MOVED)), stopping=False, now_ns=0)
    presenter.add_scene(make_scene((make_hand(),)), now_ns=0)
    assert presenter.condition(0).banner is not None
