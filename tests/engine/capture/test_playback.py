"""Moving about in a recorded session while it is tracked, from another thread."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.messages import Scene
from engine.session import TrackingSession
from engine.session_status import SessionState
from tests.fakes.estimators import EmptyEstimator
from tests.fakes.session_files import FRAMES, write_session
from tests.fakes.sessions import FRAME_NS
from tests.fakes.waiting import wait_until

DURATION_S = (FRAMES - 1) * FRAME_NS / 1e9


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_session(tmp_path / "a.mcap")


@contextmanager
def playing(path: Path, options: str = "") -> Iterator[TrackingSession]:
    with TrackingSession(f"replay:{path}{options}", EmptyEstimator) as session:
        wait_until(lambda: session.playback.status() is not None)
        yield session


def shown(session: TrackingSession) -> int:
    """The number of the frame that was tracked last; -1 before the first."""
    scene: Scene | None = session.latest_scene()
    return -1 if scene is None else scene.sequence


def test_original_timing_is_kept(path: Path) -> None:
    begun = time.monotonic()
    with playing(path) as session:
        wait_until(lambda: session.status().state is SessionState.ENDED)
        assert time.monotonic() - begun >= 0.9 * DURATION_S
        assert session.status().frames == FRAMES


def test_speed_changes_the_pace(path: Path) -> None:
    begun = time.monotonic()
    with playing(path, "?speed=0.5") as session:
        assert session.playback.status().speed == 0.5
        wait_until(lambda: session.status().state is SessionState.ENDED)
    assert time.monotonic() - begun >= 1.8 * DURATION_S
    with playing(path, "?speed=0.05") as session:
        session.playback.set_speed(64)
        wait_until(lambda: session.status().state is SessionState.ENDED, timeout_s=4.0)


def test_pause_seek_and_step(path: Path) -> None:
    with playing(path) as session:
        session.playback.pause(True)
        session.playback.seek(0.2)
        wait_until(lambda: shown(session) == 6)
        session.playback.step(1)
        wait_until(lambda: shown(session) == 7)
        session.playback.step(-5)
        wait_until(lambda: shown(session) == 2)
        status = session.playback.status()
        assert status.paused
        assert (status.position.index, status.position.count) == (2, FRAMES)
        assert status.position.time_s == pytest.approx(2 * FRAME_NS / 1e9)
        seen = session.status().frames
        time.sleep(0.1)
        assert session.status().frames == seen
        session.playback.pause(False)
        wait_until(lambda: shown(session) == FRAMES - 1)


def test_recording_that_has_ended_can_be_wound_back(path: Path) -> None:
    with playing(path, "?speed=8") as session:
        wait_until(lambda: session.status().state is SessionState.ENDED)
        assert session.playback.status().ended
        assert session.playback.status().position.index == FRAMES - 1
        session.playback.seek(0.0)
        wait_until(lambda: session.status().frames == 2 * FRAMES)
        session.playback.step(-1)
        wait_until(lambda: shown(session) == FRAMES - 2)
        assert session.status().state is SessionState.RUNNING


def test_winding_back_makes_the_estimator_forget(path: Path) -> None:
    made: list[EmptyEstimator] = []

    def remembered() -> EmptyEstimator:
        made.append(EmptyEstimator())
        return made[0]

    with TrackingSession(f"replay:{path}?speed=8", remembered) as session:
        wait_until(lambda: session.status().state is SessionState.ENDED)
        session.playback.step(-4)
        wait_until(lambda: shown(session) == FRAMES - 5)
        wait_until(lambda: made[0].resets == 2)  # Once at the start.
        time.sleep(1.1)  # Longer than any gap that breaks a track.
        session.playback.step(1)
        wait_until(lambda: shown(session) == FRAMES - 4)
        assert made[0].resets == 2


def test_a_device_has_no_playback() -> None:
    with TrackingSession("sim:width=96,height=72,hands=0,body=0", EmptyEstimator) as session:
        wait_until(lambda: session.status().frames > 1)
        assert session.playback.status() is None
        session.playback.pause(True)
        seen = session.status().frames
        wait_until(lambda: session.status().frames > seen)
