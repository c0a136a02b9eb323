"""Work in lanes: in order, at the same time, and failures are not lost."""

from __future__ import annotations

import threading

import pytest

from engine.runtime.side_by_side import side_by_side


def test_results_come_in_the_order_of_the_items() -> None:
    assert side_by_side(lambda lane, item: (lane, item), "abc") == [(0, "a"), (1, "b"), (2, "c")]
    assert side_by_side(lambda lane, item: (lane, item), "") == []


def test_lanes_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=5)

    def meet(_: int, item: str) -> str:
        both.wait()  # would break after its timeout if one ran after the other
        return item

    assert side_by_side(meet, "ab") == ["a", "b"]


@pytest.mark.parametrize("failing", [0, 1])
def test_a_failure_in_any_lane_is_raised(failing: int) -> None:
    def work(lane: int, item: str) -> str:
        if lane == failing:
            raise ZeroDivisionError(item)
        return item

    with pytest.raises(ZeroDivisionError):
        side_by_side(work, "ab")
