"""The two cameras while the wizard shows them: a thread of their own opens, reads and closes them.

A live pair is shown as it comes and the newest wins. A recording waits for whoever looks at its
pairs, so that none is lost.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.errors import EndOfStream
from engine.runtime.clock import NS_PER_MS, NS_PER_S, monotonic_ns
from engine.runtime.worker import Failure, Finished, StopSignal, Worker
from engine.stereo.pair import PairInfo, PairSource, RawPair

READ_S = 0.15
LOST_NS = 4 * NS_PER_S
"""A live pair of cameras that shows nothing for so long has a fault."""
SKEWS = 60

OpenPairs = Callable[[str], PairSource]


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How the cameras are."""

    info: PairInfo | None = None
    """None until they are open."""
    skew_ms: float = 0.0
    """Median of the last pairs."""
    worst_skew_ms: float = 0.0
    rate_hz: float = 0.0
    silent: bool = False
    """Nothing has come for seconds."""
    ended: bool = False
    """A recording came to its end."""
    failure: str = ""


class PairFeed:
    """One opening of a pair of cameras. All methods may be called from any thread."""

    def __init__(self, open_pairs: OpenPairs, uri: str) -> None:
        self.uri = uri
        self._open_pairs = open_pairs
        self._source: PairSource | None = None
        self._info: PairInfo | None = None
        self._latest: RawPair | None = None
        self._taken = threading.Event()
        self._taken.set()
        self._skews_ns: deque[int] = deque(maxlen=SKEWS)
        self._arrivals_ns: deque[int] = deque(maxlen=SKEWS)
        self._ended = False
        self._began_ns = monotonic_ns()
        self._worker = Worker("stereo", self._step, setup=self._open, teardown=self._close)
        self._worker.start()

    @property
    def latest(self) -> RawPair | None:
        """The newest pair, for whoever shows it."""
        return self._latest

    @property
    def running(self) -> bool:
        """Whether the cameras are still held."""
        return self._worker.running

    def take(self, after: RawPair | None) -> RawPair | None:
        """A pair that is another one than `after`; a recording goes on from here."""
        pair = self._latest
        if pair is None or pair is after:
            return None
        self._taken.set()
        return pair

    def status(self) -> FeedStatus:
        skews = np.array(self._skews_ns, np.float64) / NS_PER_MS
        times = list(self._arrivals_ns)
        span = (times[-1] - times[0]) / NS_PER_S if len(times) > 1 else 0.0
        last = times[-1] if times else self._began_ns
        failure: Failure | None = self._worker.failure
        return FeedStatus(
            info=self._info,
            skew_ms=float(np.median(skews)) if len(skews) else 0.0,
            worst_skew_ms=float(skews.max()) if len(skews) else 0.0,
            rate_hz=(len(times) - 1) / span if span > 0 else 0.0,
            silent=not self._ended and monotonic_ns() - last > LOST_NS,
            ended=self._ended,
            failure="" if failure is None else failure.sentence,
        )

    def request_stop(self) -> None:
        """Let go of the cameras; returns at once."""
        self._worker.request_stop()
        self._taken.set()

    def stop(self, timeout_s: float) -> bool:
        """Let go of the cameras and wait for it; whether they were let go."""
        self.request_stop()
        return self._worker.stop(timeout_s)

    def _open(self) -> None:
        self._source = self._open_pairs(self.uri)
        self._info = self._source.info

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def _step(self, stop: StopSignal) -> int | None:
        if self._source is None or self._info is None:
            raise Finished
        if not self._info.live and not self._taken.wait(READ_S):
            return None
        if stop.is_set():
            return None
        try:
            pair = self._source.read_pair(READ_S)
        except TimeoutError:
            return None
        except EndOfStream as end:
            self._ended = True
            raise Finished from end
        self._taken.clear()
        self._latest = pair
        self._skews_ns.append(pair.skew_ns)
        self._arrivals_ns.append(monotonic_ns())
        return None
