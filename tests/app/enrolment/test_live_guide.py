"""The guide with the real enrolment, fed with sightings made of the simulation's truth."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from app.enrolment.figures import ChipState
from app.enrolment.live_guide import LiveGuide
from app.enrolment.measuring import start_measuring
from engine.adaptation.enrolment import Enrolment
from engine.adaptation.enrolment_poses import STEPS
from engine.adaptation.enrolment_result import EnrolmentResult, enrolment_result
from engine.adaptation.person_shape import LEAST_FRAMES
from engine.capture.sources import open_camera
from engine.hand.model import HandModel
from engine.inference.estimator import Estimator
from engine.inference.fitting import KnownShape
from engine.messages import Side
from tests.app.scenes import make_frame
from tests.engine.adaptation.test_enrolment import sighting
from tests.fakes.enrolments import measured_hand
from tests.fakes.truth_estimator import TruthEstimator
from tests.fakes.waiting import wait_until


def _no_estimator(shapes: Mapping[Side, KnownShape]) -> Estimator:  # noqa: ARG001
    raise AssertionError("too few frames come to a comparison")


def test_it_begins_with_the_first_pose_of_the_first_hand() -> None:
    look = LiveGuide((Side.LEFT, Side.RIGHT)).look()
    assert look.side is Side.LEFT
    assert look.step is STEPS[0]
    assert [state for _, state in look.states] == [ChipState.NOW] + [ChipState.OPEN] * 14
    assert not look.enough
    assert not look.finished


def test_a_skipped_pose_is_marked_and_the_next_one_asked() -> None:
    guide = LiveGuide((Side.RIGHT,))
    guide.skip()
    look = guide.look()
    assert look.step is STEPS[1]
    assert [state for _, state in look.states[:2]] == [ChipState.SKIPPED, ChipState.NOW]


def test_after_one_hand_comes_the_other() -> None:
    guide = LiveGuide((Side.RIGHT, Side.LEFT))
    for _ in STEPS:
        assert guide.look().side is Side.RIGHT
        guide.skip()
    assert guide.look().side is Side.LEFT
    for _ in STEPS:
        guide.skip()
    assert guide.look().finished


def test_a_frame_is_taken_once() -> None:
    guide = LiveGuide((Side.RIGHT,))
    frame = make_frame(captured_ns=1_000)
    for _ in range(3):
        guide.take(frame, ())
    assert len(guide.guides[0]._keeper._recent) == 1


def test_a_source_that_begins_anew_goes_on_where_it_was() -> None:
    guide = LiveGuide((Side.RIGHT,))
    for time_ns in (10 * 10**9, 11 * 10**9, 12 * 10**9, 0, 10**9):
        guide.take(make_frame(captured_ns=time_ns), ())
    assert guide.guides[0].enrolment.progress.elapsed_s == pytest.approx(3.0)
    assert len(guide.guides[0]._keeper._recent) == 2


def test_too_few_frames_are_a_sentence() -> None:
    measuring = start_measuring("Ada", LiveGuide((Side.RIGHT,)), None, _no_estimator)
    wait_until(lambda: bool(measuring.failure))
    assert "frames" in measuring.failure
    assert measuring.result is None


def test_enough_of_one_hand_may_be_finished() -> None:
    guide = LiveGuide((Side.RIGHT, Side.LEFT))
    seen = [sighting(STEPS[0], 0.3 * k) for k in range(LEAST_FRAMES)]
    for k, each in enumerate(seen):
        assert not guide.look().enough
        guide.take(make_frame(captured_ns=300_000_000 * k), (each,))
    assert guide.look().enough


def test_a_hand_that_was_hardly_seen_does_not_cost_the_other_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def seen_right(_model: HandModel, enrolment: Enrolment) -> EnrolmentResult:
        if enrolment.progress.side is Side.RIGHT:
            return measured_hand(Side.RIGHT)
        return enrolment_result(_model, enrolment)

    monkeypatch.setattr("app.enrolment.measuring.enrolment_result", seen_right)
    guide = LiveGuide((Side.RIGHT, Side.LEFT))
    with open_camera("sim:seed=3") as camera:
        info = camera.info
    measuring = start_measuring("Ada", guide, info, lambda _shapes: TruthEstimator())
    wait_until(measuring.poll)
    assert measuring.result is not None, measuring.failure
    result, profile = measuring.result.result, measuring.result.profile
    assert [hand.side for hand in result.hands] == [Side.RIGHT]
    assert result.remark.startswith("Only 0 frames of the left hand could be learnt from")
    assert set(profile.shapes) == {Side.RIGHT}
    assert (profile.provenance.source, profile.provenance.sensor) == (info.uri, info.name)


def test_cancelled_work_comes_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled = threading.Event()

    def slow(*_: object) -> object:
        wait_until(cancelled.is_set)
        return object()

    monkeypatch.setattr("app.enrolment.measuring.enrolment_result", slow)
    measuring = start_measuring("Ada", LiveGuide((Side.RIGHT,)), None, _no_estimator)
    measuring.cancel()
    cancelled.set()
    wait_until(measuring.poll)
    assert (measuring.result, measuring.failure) == (None, "")
