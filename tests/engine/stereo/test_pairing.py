from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.errors import EndOfStream
from engine.stereo.pairing import Pairing, Timed

BLANK = np.zeros((2, 2), np.uint8)
PERIOD_NS = 33


def stream(*times: int) -> Callable[[], Timed]:
    left = list(times)

    def following() -> Timed:
        if not left:
            raise EndOfStream("stream")
        return Timed(left.pop(0), BLANK)

    return following


def times_of(pairing: Pairing) -> list[tuple[int, int]]:
    pairs = []
    while True:
        try:
            left, right = pairing.next()
        except EndOfStream:
            return pairs
        pairs.append((left.time_ns, right.time_ns))


def test_pictures_of_one_moment_are_paired() -> None:
    pairing = Pairing(stream(0, 33, 66), stream(5, 38, 71), PERIOD_NS)
    assert times_of(pairing) == [(0, 5), (33, 38), (66, 71)]
    assert pairing.left_out == 0


@pytest.mark.parametrize("swapped", [False, True])
def test_a_lost_picture_does_not_shift_those_after_it(swapped: bool) -> None:
    whole, with_gap = (0, 33, 66, 99), (1, 67, 100)
    first, second = (with_gap, whole) if swapped else (whole, with_gap)
    pairing = Pairing(stream(*first), stream(*second), PERIOD_NS)
    pairs = times_of(pairing)
    assert [abs(a - b) for a, b in pairs] == [1, 1, 1]
    assert pairing.left_out == 1


def test_streams_of_different_rates_give_the_slower_one_s_pairs() -> None:
    pairing = Pairing(stream(*range(0, 200, 16)), stream(*range(0, 200, 33)), 16)
    pairs = times_of(pairing)
    assert [b for _, b in pairs] == list(range(0, 200, 33))
    assert max(abs(a - b) for a, b in pairs) <= 8


def test_the_picture_that_waits_is_kept_when_the_other_stream_fails_once() -> None:
    calls = iter([TimeoutError(), Timed(2, BLANK)])

    def shaky() -> Timed:
        value = next(calls)
        if isinstance(value, Exception):
            raise value
        return value

    pairing = Pairing(stream(0), shaky, PERIOD_NS)
    with pytest.raises(TimeoutError):
        pairing.next()
    left, right = pairing.next()
    assert (left.time_ns, right.time_ns) == (0, 2)
