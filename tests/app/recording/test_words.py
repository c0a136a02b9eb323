from __future__ import annotations

import pytest

from app.recording.words import clock_text, losses, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0.0 MB"), (3_100_000, "3.1 MB"), (412_000_000, "412 MB"), (12_400_000_000, "12.4 GB")],
)
def test_sizes_have_two_or_three_figures(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0:00"), (7.9, "0:07"), (724, "12:04"), (3729, "1:02:09")]
)
def test_time_reads_like_a_counter(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


def test_what_was_not_lost_is_not_listed() -> None:
    assert losses(0, 0, 0) == ()
    (line,) = losses(0, 1200, 0)
    assert line.startswith("1,200 frames lost")
