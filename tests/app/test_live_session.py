from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.live_session import make_session
from app.session_use import SessionWish
from engine.recording.tracked_with import TrackedWith, shipped_weights
from engine.session_status import SessionState
from tests.app.profiles.people import make_profile
from tests.fakes.waiting import wait_until


def test_a_session_is_made_without_starting_anything() -> None:
    session = make_session(SessionWish("sim:"))
    assert session.status().state is SessionState.IDLE
    assert session.adaptation is None
    assert session.status().adaptation is None
    assert not session.threads_running


def test_whoever_wants_to_improve_gets_an_adaptation() -> None:
    session = make_session(SessionWish("sim:", improve=True))
    try:
        assert session.adaptation is not None
        assert not session.threads_running
    finally:
        session.stop()


def test_weights_that_cannot_be_unpacked_are_told_by_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("HANDTUNE_CACHE", str(blocked))
    profile = replace(make_profile("Ada"), weights=b"adapted")
    with make_session(SessionWish("sim:", profile, improve=True)) as session:
        wait_until(lambda: session.status().state is SessionState.FAILED)
        assert session.status().sentence.startswith(f"Cannot write '{blocked}")


def test_a_recording_says_whose_weights_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDTUNE_CACHE", str(tmp_path))
    profile = replace(make_profile("Ada"), weights=b"adapted")
    session = make_session(SessionWish("sim:", profile))
    tracked_with = session._recording._tracked_with
    assert tracked_with.profile == "Ada"
    assert tracked_with.weights.read_bytes() == b"adapted"
    session = make_session(SessionWish("sim:"))
    assert session._recording._tracked_with == TrackedWith(shipped_weights())
