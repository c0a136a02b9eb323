"""Which weights the tracker uses: handed over between two frames, with an instant way back.

The learner proposes by number, the worker compiles, the tracker takes, a person may go back at any
moment; this is the one place where they meet. Every method holds the lock for microseconds and may
be called from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Loads for seconds, and the window imports this file.
    from engine.inference.single_view import SingleViewInference

KEPT = 3
"""The first weights, the former and those in use; each costs about 30 MB for two hands."""


@dataclass(frozen=True, slots=True)
class ReadyNetworks:
    """Networks that were compiled and warmed up, for `use_networks`."""

    networks: tuple[SingleViewInference, ...]
    revision: int


@dataclass(frozen=True, slots=True)
class InUse:
    """The weights that the tracker uses from its next frame on, at the latest."""

    weights: Path
    revision: int
    can_roll_back: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    ready: ReadyNetworks
    weights: Path


class NetworkExchange:
    """A stack of compiled networks; the first are never given up."""

    def __init__(self, weights: Path) -> None:
        """`weights` are those that the tracker begins with, as revision 0."""
        self._lock = threading.Lock()
        self._first = weights
        self._stack: list[_Kept] = []
        self._ready: ReadyNetworks | None = None
        self._gone_back_to: int | None = None

    def begin_with(self, networks: Sequence[SingleViewInference]) -> None:
        """The compiled networks of the first weights."""
        with self._lock:
            if not self._stack:
                self._stack = [_Kept(ReadyNetworks(tuple(networks), 0), self._first)]

    def in_use(self) -> InUse:
        """The newest that were handed over."""
        with self._lock:
            return self._in_use()

    def take(self) -> ReadyNetworks | None:
        """Networks to use from now on; None while nothing has changed."""
        if self._ready is None:
            return None
        with self._lock:
            ready, self._ready = self._ready, None
            return ready

    def roll_back(self) -> bool:
        """Hand over the former networks; False where there are none."""
        with self._lock:
            if len(self._stack) < 2:
                return False
            self._back_to(self._stack[-2])
            self._gone_back_to = self._stack[-1].ready.revision
            return True

    def take_gone_back_to(self) -> int | None:
        """The revision gone back to, for the learner to follow; once for each roll-back."""
        with self._lock:
            revision, self._gone_back_to = self._gone_back_to, None
            return revision

    def must_load(self, revision: int) -> bool:
        """Whether the learner's proposal has to be compiled. Goes back where it is kept already;
        says no while a roll-back has not reached the learner."""
        with self._lock:
            if self._gone_back_to is not None or revision == self._in_use().revision:
                return False
            kept = next((k for k in self._stack if k.ready.revision == revision), None)
            if kept is not None:
                self._back_to(kept)
            return kept is None

    def put(self, networks: Sequence[SingleViewInference], revision: int, weights: Path) -> None:
        """Hand over new networks, unless somebody went back while they were compiled."""
        with self._lock:
            if self._gone_back_to is not None:
                return
            self._ready = ReadyNetworks(tuple(networks), revision)
            # Where the learner went back by itself, whatever is newer was given up.
            self._stack = [kept for kept in self._stack if kept.ready.revision < revision]
            self._stack.append(_Kept(self._ready, weights))
            if len(self._stack) > KEPT:
                del self._stack[1]

    def _in_use(self) -> InUse:
        if not self._stack:
            return InUse(self._first, 0)
        current = self._stack[-1]
        return InUse(current.weights, current.ready.revision, len(self._stack) > 1)

    def _back_to(self, kept: _Kept) -> None:
        del self._stack[self._stack.index(kept) + 1 :]
        self._ready = kept.ready
