from __future__ import annotations

import gc
from dataclasses import replace

from app.live_session import _WeightsOf, make_session
from app.session_use import SessionWish
from engine.session_status import SessionState
from tests.app.profiles.people import make_profile


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


def test_adapted_weights_are_a_file_as_long_as_they_are_needed() -> None:
    weights = _WeightsOf(replace(make_profile("Ada"), weights=b"adapted"))
    path = weights.path
    assert path is not None
    assert path.read_bytes() == b"adapted"
    del weights
    gc.collect()
    assert not path.exists()


def test_without_adapted_weights_the_shipped_ones_are_meant() -> None:
    assert _WeightsOf(None).path is None
    assert _WeightsOf(make_profile("Ada")).path is None
