"""The outlook on a disk, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.recording.disk import (
    GB,
    DiskLimits,
    DiskOutlook,
    DiskWatch,
    check_room,
    duration,
    free_bytes,
    outlook,
)
from engine.recording.layout import SessionError
from engine.runtime.clock import NS_PER_S

LIMITS = DiskLimits()


@pytest.mark.parametrize(
    ("free_gb", "mb_per_s", "left_s", "low", "full"),
    [
        (100.0, 50.0, 1980.0, False, False),
        (31.0, 50.0, 600.0, True, False),  # ten minutes
        (31.1, 50.0, 602.0, False, False),
        (5.0, 1.0, 4000.0, True, False),  # 5 GB, however slowly they go
        (1.001, 1.0, 1.0, True, False),
        (1.0, 1.0, 0.0, True, True),
        (0.2, 1.0, 0.0, True, True),
    ],
)
def test_warnings_and_the_end_come_where_they_should(
    free_gb: float, mb_per_s: float, left_s: float, low: bool, full: bool
) -> None:
    seen = outlook(round(free_gb * GB), mb_per_s * 1e6, LIMITS)
    assert seen.seconds_left == pytest.approx(left_s)
    assert (seen.low, seen.full) == (low, full)
    assert bool(seen.sentence) == low


def test_the_warning_says_how_much_and_how_long() -> None:
    assert outlook(4 * GB, 50e6, LIMITS).sentence == (
        "4.0 GB are left on the disk, enough for 1 min of recording."
    )
    assert outlook(4 * GB, 0.0, LIMITS).sentence == "4.0 GB are left on the disk."


def test_nothing_is_known_of_a_disk_that_does_not_tell(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "missing") is None
    assert outlook(None, 5.0, LIMITS) == DiskOutlook(bytes_per_s=5.0)


def test_the_rate_is_that_of_the_last_ten_seconds(tmp_path: Path) -> None:
    watch = DiskWatch(tmp_path, LIMITS)
    assert watch.look(0, 0).bytes_per_s == 0
    for second in range(1, 30):
        fast = 1000 * second
        assert watch.look(second * NS_PER_S, fast).bytes_per_s == pytest.approx(1000)
    for second in range(30, 41):
        slow = watch.look(second * NS_PER_S, 29_000 + 10 * (second - 29))
    assert slow.bytes_per_s == pytest.approx(10)


def test_a_full_disk_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    check_room(tmp_path / "a.mcap", DiskLimits(stop_bytes=1))
    with pytest.raises(SessionError, match=r"left on that disk, and a recording ends at 1e\+09 GB"):
        check_room(tmp_path / "a.mcap", DiskLimits(stop_bytes=10**18))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (3599, "59 min"), (11_100, "3 h 5 min")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
