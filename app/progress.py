"""How far long work is: a bar on stderr, so that stdout stays clean for results; or, for a window
that started the work, a number."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
Listener = Callable[[str, float], None]
"""Told what is done and the share of it, 0 to 1."""

SECONDS_BETWEEN_LINES = 10.0
"""In a log file every update is a line, so they come seldom."""
_LISTENER: ContextVar[Listener | None] = ContextVar("progress", default=None)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Within the block, progress is told to `listener` and shown nowhere."""
    former = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(former)


def progress(items: Iterable[T], total: int | None, label: str) -> Iterator[T]:
    """The same items, counted on stderr as frames."""
    listener = _LISTENER.get()
    if listener is not None:
        yield from _told(items, total, label, listener)
        return
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else SECONDS_BETWEEN_LINES
    bar = tqdm(
        items, total=total, desc=label, unit=" frames", file=sys.stderr, mininterval=interval
    )
    yield from bar


def _told(items: Iterable[T], total: int | None, label: str, listener: Listener) -> Iterator[T]:
    for number, item in enumerate(items):
        listener(label, min(number / total, 1.0) if total else 0.0)
        yield item
