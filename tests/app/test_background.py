"""Work beside the window: results, failures, cancelling; in threads and in processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.background import ProcessWork, ThreadWork, Watch, Work
from engine.errors import UserError
from tests.fakes.waiting import wait_until

LIMIT_S = 30.0


def add(watch: Watch, first: int, second: int) -> int:
    watch(0.5)
    return first + second


def refuse(_watch: Watch) -> None:
    raise UserError("There is no such file; name another one.")


def stumble(_watch: Watch) -> None:
    raise ZeroDivisionError("by zero")


def go_on(watch: Watch, begun: str, left: str) -> None:
    """Until cancelled; says when it began, and when it has cleaned up."""
    try:
        for number in range(100_000):
            watch(number / 100_000)
            Path(begun).touch()
            time.sleep(0.01)
    finally:
        Path(left).touch()


def vanish(_watch: Watch) -> None:
    import os

    os._exit(7)


def _thread(function: Callable[..., object], *arguments: object) -> Work[object]:
    return ThreadWork("test", lambda watch: function(watch, *arguments))


def _process(function: Callable[..., object], *arguments: object) -> Work[object]:
    return ProcessWork("test", function, *arguments)


both = pytest.mark.parametrize("start", [_thread, _process])


@both
def test_what_comes_of_it_is_kept(start: Callable[..., Work[int]]) -> None:
    work = start(add, 2, 3)
    wait_until(work.poll, LIMIT_S)
    assert (work.result, work.failure) == (5, "")
    work.close()


@both
def test_a_failure_is_a_sentence(start: Callable[..., Work[None]]) -> None:
    work = start(refuse)
    wait_until(work.poll, LIMIT_S)
    assert work.failure == "There is no such file; name another one."
    other = start(stumble)
    wait_until(other.poll, LIMIT_S)
    assert "ZeroDivisionError" in other.failure


@both
def test_cancelled_work_ends_and_cleans_up(
    start: Callable[..., Work[None]], tmp_path: Path
) -> None:
    begun, left = tmp_path / "begun", tmp_path / "left"
    work = start(go_on, str(begun), str(left))
    wait_until(begun.exists, LIMIT_S)
    assert not work.poll()
    work.cancel()
    wait_until(work.poll, LIMIT_S)
    assert left.exists()
    assert (work.result, work.failure) == (None, "")


def test_closing_the_window_ends_a_process(tmp_path: Path) -> None:
    begun, left = tmp_path / "begun", tmp_path / "left"
    work: ProcessWork[None] = ProcessWork("test", go_on, str(begun), str(left))
    wait_until(begun.exists, LIMIT_S)
    work.close()
    assert left.exists()
    assert work.poll()


def test_a_process_that_dies_is_a_failure() -> None:
    work: ProcessWork[None] = ProcessWork("test", vanish)
    wait_until(work.poll, LIMIT_S)
    assert "exit status 7" in work.failure
