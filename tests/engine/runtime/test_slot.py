"""The slot never blocks its writer, hands over the newest value and counts what it lost."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.slot import Slot


def test_empty_slot_times_out() -> None:
    slot: Slot[int] = Slot()
    start = time.monotonic()
    assert slot.take_newer(0, timeout_s=0.05) is None
    assert 0.04 < time.monotonic() - start < 10.0
    assert slot.peek() is None


def test_reader_gets_the_newest_value_once() -> None:
    slot: Slot[str] = Slot()
    for value in "abc":
        slot.put(value)
    assert slot.take_newer(0, 0.0) == (3, "c")
    assert slot.take_newer(3, 0.0) is None
    assert slot.overwritten == 2


def test_peeking_does_not_take() -> None:
    slot: Slot[str] = Slot()
    slot.put("a")
    assert slot.peek() == (1, "a")
    slot.put("b")
    assert slot.overwritten == 1


def test_waiting_reader_is_woken() -> None:
    slot: Slot[int] = Slot()
    timer = threading.Timer(0.05, slot.put, [7])
    timer.start()
    start = time.monotonic()
    assert slot.take_newer(0, timeout_s=5.0) == (1, 7)
    assert time.monotonic() - start < 2.0
    timer.join()


@given(st.lists(st.booleans(), max_size=60))
def test_every_value_is_taken_overwritten_or_still_there(puts: list[bool]) -> None:
    slot: Slot[int] = Slot()
    version = taken = 0
    for is_put in puts:
        if is_put:
            slot.put(0)
        elif newer := slot.take_newer(version, 0.0):
            version, _ = newer
            taken += 1
    waiting = 1 if slot.take_newer(version, 0.0) else 0
    assert taken + slot.overwritten + waiting == sum(puts)


def test_slow_reader_never_slows_the_writer() -> None:
    slot: Slot[int] = Slot()
    seen: list[int] = []
    done = threading.Event()

    def read_slowly() -> None:
        version = 0
        while not done.is_set():
            if newer := slot.take_newer(version, 0.05):
                version, value = newer
                seen.append(value)
                time.sleep(0.5)

    reader = threading.Thread(target=read_slowly)
    reader.start()
    slowest_s = 0.0
    for value in range(200):
        start = time.monotonic()
        slot.put(value)
        slowest_s = max(slowest_s, time.monotonic() - start)
        time.sleep(0.0005)
    done.set()
    reader.join()
    assert slowest_s < 0.25  # The reader sleeps 0.5 s a value; the writer must not feel it.
    assert seen == sorted(seen)
