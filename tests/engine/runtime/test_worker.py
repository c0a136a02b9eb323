"""One thread for all of a worker's life, an end to every wait, failures kept as data."""

from __future__ import annotations

import threading
import time

import pytest

from engine.errors import SourceError
from engine.runtime.worker import Finished, StopSignal, Worker
from tests.fakes.waiting import wait_until


def test_setup_step_and_teardown_share_one_thread() -> None:
    seen: dict[str, threading.Thread] = {}

    def note(what: str) -> None:
        seen.setdefault(what, threading.current_thread())

    def step(stop: StopSignal) -> None:
        note("step")
        stop.wait(0.01)

    worker = Worker("test", step, setup=lambda: note("setup"), teardown=lambda: note("teardown"))
    worker.start()
    wait_until(lambda: "step" in seen)
    assert worker.stop()
    assert set(seen) == {"setup", "step", "teardown"}
    assert len(set(seen.values())) == 1
    assert threading.current_thread() not in seen.values()
    assert seen["step"].name == "handtune-test"


def test_only_finished_items_are_counted() -> None:
    calls = iter(range(1_000_000))

    def step(stop: StopSignal) -> int | None:
        stop.wait(0.001)
        return 2_000_000 if next(calls) % 2 else None

    worker = Worker("test", step, dropped=lambda: 3)
    worker.start()
    wait_until(lambda: next(calls) > 40)
    worker.stop()
    health = worker.health()
    assert health.latency_median_ms == pytest.approx(2.0)
    assert 0 < health.rate_hz < 600
    assert health.dropped == 3
    assert health.failure == ""


def test_failure_ends_the_thread_tears_down_and_keeps_the_traceback() -> None:
    torn_down = threading.Event()

    def step(_stop: StopSignal) -> None:
        raise ValueError("made up")

    worker = Worker("test", step, teardown=torn_down.set)
    worker.start()
    wait_until(lambda: not worker.running)
    assert torn_down.is_set()
    assert worker.failure is not None
    assert "ValueError: made up" in worker.failure.sentence
    assert "raise ValueError" in worker.failure.traceback
    assert worker.health().failure == worker.failure.sentence


def test_error_for_the_user_is_shown_as_it_is() -> None:
    def step(_stop: StopSignal) -> None:
        raise SourceError("No such device; plug it in.")

    worker = Worker("test", step)
    worker.start()
    wait_until(lambda: not worker.running)
    assert worker.health().failure == "No such device; plug it in."


def test_first_failure_wins_over_the_teardown() -> None:
    def step(_stop: StopSignal) -> None:
        raise ValueError("first")

    def teardown() -> None:
        raise ValueError("second")

    worker = Worker("test", step, teardown=teardown)
    worker.start()
    wait_until(lambda: not worker.running)
    assert worker.failure is not None
    assert "first" in worker.failure.sentence


def test_failed_setup_runs_no_step() -> None:
    steps: list[int] = []

    def setup() -> None:
        raise SourceError("no weights")

    worker = Worker("test", lambda _stop: steps.append(1), setup=setup)
    worker.start()
    wait_until(lambda: not worker.running)
    assert steps == []
    assert worker.health().failure == "no weights"


def test_finished_is_no_failure() -> None:
    def step(_stop: StopSignal) -> None:
        raise Finished

    worker = Worker("test", step)
    worker.start()
    wait_until(lambda: not worker.running)
    assert worker.failure is None


def test_stop_wakes_a_waiting_step() -> None:
    waiting = threading.Event()

    def step(stop: StopSignal) -> None:
        waiting.set()
        stop.wait(30)

    worker = Worker("test", step)
    worker.start()
    waiting.wait(5)
    start = time.monotonic()
    assert worker.stop()
    assert time.monotonic() - start < 1.0


def test_stop_gives_up_on_a_hung_step_and_says_so() -> None:
    release = threading.Event()
    worker = Worker("test", lambda _stop: release.wait(10) and None)
    worker.start()
    assert not worker.stop(timeout_s=0.05)
    release.set()
    assert worker.stop()


def test_stopping_what_never_started_is_allowed() -> None:
    assert Worker("test", lambda _stop: None).stop()
