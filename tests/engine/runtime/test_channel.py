"""The channel never waits and loses the oldest."""

from __future__ import annotations

import threading
import time

from engine.runtime.channel import Channel


def test_items_come_out_in_order() -> None:
    channel: Channel[int] = Channel(3)
    for item in (1, 2, 3):
        channel.put(item)
    assert [channel.take() for _ in range(4)] == [1, 2, 3, None]
    assert channel.dropped == 0


def test_the_newest_win_and_the_lost_are_counted() -> None:
    channel: Channel[int] = Channel(2)
    for item in range(5):
        channel.put(item)
    assert [channel.take(), channel.take(), channel.take()] == [3, 4, None]
    assert channel.dropped == 3


def test_taking_waits_no_longer_than_asked() -> None:
    start = time.monotonic()
    assert Channel[int](1).take(0.05) is None
    assert time.monotonic() - start < 10.0


def test_waiting_reader_is_woken() -> None:
    channel: Channel[str] = Channel(1)
    threading.Timer(0.02, channel.put, ("now",)).start()
    assert channel.take(5.0) == "now"
