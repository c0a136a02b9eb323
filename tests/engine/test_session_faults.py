"""Cameras that are pulled out, hang, stall or were never there, and what the session says of it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from engine.capture import capture_loop
from engine.capture.camera import Camera
from engine.errors import CameraDisconnected, SourceError
from engine.runtime.clock import NS_PER_S
from engine.session import TrackingSession
from engine.session_status import SessionState
from tests.fakes.cameras import (
    NO_SUCH_DEVICE,
    FaultySource,
    HungCamera,
    ScriptedCamera,
    live,
    plane_frame,
    reopening,
)
from tests.fakes.estimators import EmptyEstimator, FailingEstimator
from tests.fakes.session_files import flipped, write_session
from tests.fakes.waiting import wait_until

UNPLUGGED = CameraDisconnected("The camera was unplugged; plug it in again.")


def test_unplugged_camera_is_named_and_tracking_resumes() -> None:
    attempts = (
        lambda: FaultySource(live(), unplug_after=3),
        NO_SUCH_DEVICE,
        lambda: live(),
    )
    with TrackingSession("fake:", EmptyEstimator, reopening(*attempts)) as session:
        wait_until(lambda: session.status().state is SessionState.RECONNECTING)
        status = session.status()
        assert "unplugged" in status.sentence
        assert status.reconnecting_since_ns is not None
        wait_until(lambda: session.status().state is SessionState.RUNNING, timeout_s=3.0)
        resumed = session.status()
        assert resumed.sentence == ""
        assert resumed.reconnecting_since_ns is None
        wait_until(lambda: session.status().frames > status.frames + 3)


def test_source_that_was_never_there_fails_with_its_sentence() -> None:
    with TrackingSession("fake:", EmptyEstimator, reopening(NO_SUCH_DEVICE)) as session:
        wait_until(lambda: session.status().state is SessionState.FAILED)
        assert session.status().sentence == str(NO_SUCH_DEVICE)


def test_damaged_recording_fails_with_its_sentence() -> None:
    script = [plane_frame(0), SourceError("7.png: truncated.")]
    camera = reopening(lambda: ScriptedCamera(script, live=False))
    with TrackingSession("fake:", EmptyEstimator, camera) as session:
        wait_until(lambda: session.status().state is SessionState.FAILED)
        assert session.status().sentence == "7.png: truncated."


def test_failure_of_the_estimator_is_kept_as_data() -> None:
    with TrackingSession("fake:", lambda: FailingEstimator(at=3), reopening(live)) as session:
        wait_until(lambda: session.status().state is SessionState.FAILED)
        assert "ZeroDivisionError" in session.status().sentence
        assert "made up" in session.failure_traceback()
        seen = session.status().frames
        wait_until(lambda: session.status().frames > seen)  # The preview lives on.


def test_device_numbering_shows_what_the_camera_lost() -> None:
    source = reopening(lambda: FaultySource(live(), drop_every=4))
    with TrackingSession("fake:", EmptyEstimator, source) as session:
        wait_until(lambda: session.status().frames >= 20)
        status = session.status()
        assert status.camera_drops == pytest.approx(status.frames / 4, abs=1)


def test_gap_in_time_makes_the_estimator_forget() -> None:
    made: list[EmptyEstimator] = []

    def remembered() -> EmptyEstimator:
        made.append(EmptyEstimator())
        return made[-1]

    source = reopening(lambda: FaultySource(live(), clock_jump_at=10, clock_jump_ns=2_000_000_000))
    with TrackingSession("fake:", remembered, source) as session:
        wait_until(lambda: session.status().frames >= 20)
        wait_until(lambda: made[0].resets == 2)  # Once at the start, once at the jump.


def test_silent_camera_is_named_and_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_loop, "STALL_NS", NS_PER_S // 10)
    source = reopening(lambda: FaultySource(live(), stall_after=3), live)
    with TrackingSession("fake:", EmptyEstimator, source) as session:
        wait_until(lambda: session.status().state is SessionState.RECONNECTING)
        assert "has sent no frame" in session.status().sentence
        wait_until(lambda: session.status().frames > 6)
        assert session.status().state is SessionState.RUNNING


def test_camera_that_never_returns_is_tried_with_growing_pauses_until_stopped() -> None:
    tried_s: list[float] = []

    def open_camera(_uri: str) -> Camera:
        tried_s.append(time.monotonic())
        if len(tried_s) > 1:
            raise NO_SUCH_DEVICE
        return FaultySource(live(), unplug_after=2)

    with TrackingSession("fake:", EmptyEstimator, open_camera) as session:
        wait_until(lambda: len(tried_s) == 4)
        since_ns = session.status().reconnecting_since_ns
        start = time.monotonic()
        assert session.stop()
        assert time.monotonic() - start < 0.5  # The pause ends at once.
        assert session.status().reconnecting_since_ns == since_ns  # One outage, one beginning.
    pauses_s = np.diff(tried_s[1:])
    assert pauses_s[1] > 1.5 * pauses_s[0]


def test_damaged_session_is_named_for_who_can_repair_it(tmp_path: Path) -> None:
    path = write_session(tmp_path / "walk.mcap")
    path.write_bytes(flipped(path.read_bytes(), path.stat().st_size // 3))
    with TrackingSession(f"replay:{path}", EmptyEstimator) as session:
        wait_until(lambda: session.status().state is SessionState.FAILED)
        status = session.status()
    assert status.damaged is not None
    assert status.damaged.path == path
    assert "main.py" in status.sentence
    assert "main.py" not in status.damaged.advice


def test_lost_camera_is_opened_again_by_its_own_uri() -> None:
    asked: list[str] = []

    def open_camera(uri: str) -> Camera:
        asked.append(uri)
        return FaultySource(live(), unplug_after=2) if len(asked) == 1 else live()

    with TrackingSession("first-one:", EmptyEstimator, open_camera) as session:
        wait_until(lambda: session.status().frames > 5)
    assert asked == ["first-one:", "fake:"]  # What the camera itself said it was.


def test_hung_device_does_not_hang_the_window() -> None:
    camera = HungCamera()
    session = TrackingSession("fake:", EmptyEstimator, lambda _uri: camera)
    session.start()
    wait_until(lambda: camera.reading.is_set())
    start = time.monotonic()
    session.request_stop()
    assert time.monotonic() - start < 0.5  # It never returns by itself.
    assert not session.stop(timeout_s=0.1)
    assert session.threads_running
    camera.release.set()
    assert session.stop()
