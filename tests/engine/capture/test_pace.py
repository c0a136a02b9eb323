"""A made-up camera keeps its rate."""

from __future__ import annotations

import time

import pytest

from engine.capture.pace import Pace


def test_a_frame_does_not_come_before_it_is_due() -> None:
    pace = Pace(50.0, "sim:")
    began = time.monotonic()
    for sequence in range(4):
        pace.wait(sequence, 1.0)
    assert time.monotonic() - began >= 3 / 50.0 - 1e-3


def test_a_frame_that_is_far_away_is_not_waited_for_longer_than_asked() -> None:
    pace = Pace(1.0, "sim:fps=1")
    pace.wait(0, 1.0)
    with pytest.raises(TimeoutError, match="sim:fps=1"):
        pace.wait(60, 0.01)
