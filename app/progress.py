"""Progress bars on stderr, so that stdout stays clean for results."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

SECONDS_BETWEEN_LINES = 10.0
"""In a log file every update is a line, so they come seldom."""


def progress(items: Iterable[T], total: int | None, label: str) -> Iterator[T]:
    """The same items, counted on stderr as frames."""
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else SECONDS_BETWEEN_LINES
    bar = tqdm(
        items, total=total, desc=label, unit=" frames", file=sys.stderr, mininterval=interval
    )
    yield from bar
