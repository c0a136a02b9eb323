"""How far a long look at a file is, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.progress import SECONDS_BETWEEN_LINES


@contextmanager
def watching(label: str) -> Iterator[Callable[[float], None]]:
    """A function to call with the share done, 0 to 1, as often as one likes."""
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else SECONDS_BETWEEN_LINES
    shape = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    with tqdm(
        total=1.0,
        desc=label,
        file=sys.stderr,
        mininterval=interval,
        delay=interval,
        leave=False,
        bar_format=shape,
    ) as bar:

        def watch(share: float) -> None:
            bar.update(max(share - bar.n, 0.0))

        yield watch
