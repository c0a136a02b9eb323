"""The guide with the real enrolment, fed with sightings made of the simulation's truth."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from app.enrolment.figures import ChipState
from app.enrolment.live_guide import LiveGuide
from app.enrolment.measuring import start_measuring
from engine.adaptation.enrolment_poses import STEPS
from engine.inference.estimator import Estimator
from engine.inference.fitting import KnownShape
from engine.messages import Side
from tests.app.scenes import make_frame
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
    measuring = start_measuring("Ada", LiveGuide((Side.RIGHT,)), _no_estimator)
    wait_until(lambda: bool(measuring.failure))
    assert "frames" in measuring.failure
    assert measuring.result is None


def test_cancelled_work_comes_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled = threading.Event()

    def slow(*_: object) -> object:
        wait_until(cancelled.is_set)
        return object()

    monkeypatch.setattr("app.enrolment.measuring.enrolment_result", slow)
    measuring = start_measuring("Ada", LiveGuide((Side.RIGHT,)), _no_estimator)
    measuring.cancel()
    cancelled.set()
    wait_until(measuring.poll)
    assert (measuring.result, measuring.failure) == (None, "")
