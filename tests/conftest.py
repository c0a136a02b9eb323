"""What every test gets: a check that it left no thread behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

_GRACE_S = 2.0
"""How long a thread that was told to stop may take to disappear."""
_LIBRARY_THREADS = ("TMonitor", "tqdm_monitor", "pydevd", "ThreadPoolExecutor")
"""Pools and monitors that libraries start once for the whole process."""


def _own_threads() -> set[threading.Thread]:
    return {
        thread
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)
        and not thread.name.startswith(_LIBRARY_THREADS)
        and type(thread).__name__ != "TMonitor"
    }


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail the test that leaves a thread running, naming it."""
    before = _own_threads()
    yield
    deadline = time.monotonic() + _GRACE_S
    while (leaked := _own_threads() - before) and time.monotonic() < deadline:
        next(iter(leaked)).join(0.05)
    if leaked:
        names = ", ".join(sorted(thread.name for thread in leaked))
        pytest.fail(f"threads left running: {names}")
