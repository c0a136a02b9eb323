"""Looks through a rig at live pairs or a kept view, in a thread of its own: matching is slow."""

from __future__ import annotations

import threading

from app.calibration_wizard.captured import Captured
from app.calibration_wizard.pair_feed import PairFeed
from app.calibration_wizard.rectified_look import RectifiedLook, RigLens
from calibration.board import AnyBoard
from calibration.rig import StereoRig
from engine.runtime.worker import StopSignal, Worker
from engine.stereo.pair import RawPair

IDLE_S = 0.03


class PreviewWatch:
    """One rig. Methods may be called from the window's thread."""

    def __init__(self, rig: StereoRig, board: AnyBoard | None, feed: PairFeed | None) -> None:
        self._rig, self._board, self._feed = rig, board, feed
        self._lens: RigLens | None = None
        self._look: RectifiedLook | None = None
        self._lock = threading.Lock()
        self._kept: Captured | None = None
        self._live = feed is not None
        self._done: Captured | RawPair | None = None
        self._worker = Worker("preview", self._step)
        self._worker.start()

    @property
    def look(self) -> RectifiedLook | None:
        """The newest one."""
        return self._look

    @property
    def running(self) -> bool:
        return self._worker.running

    @property
    def failure(self) -> str:
        failure = self._worker.failure
        return "" if failure is None else failure.sentence

    def show_live(self) -> None:
        """The cameras, from now on."""
        with self._lock:
            self._kept, self._live = None, True

    def show_kept(self, view: Captured) -> None:
        """This view."""
        with self._lock:
            self._kept, self._live = view, False

    def freeze(self) -> None:
        """Nothing new until told: somebody measures."""
        with self._lock:
            self._kept, self._live = None, False

    def request_stop(self) -> None:
        self._worker.request_stop()

    def stop(self, timeout_s: float) -> bool:
        return self._worker.stop(timeout_s)

    def _step(self, stop: StopSignal) -> int | None:
        wanted = self._wanted()
        if wanted is None or wanted is self._done:
            stop.wait(IDLE_S)
            return None
        self._done = wanted
        if self._lens is None:
            self._lens = RigLens(self._rig, self._board)
        if isinstance(wanted, Captured):
            self._look = self._lens.look(wanted.picture(0), wanted.picture(1))
        else:
            self._look = self._lens.look(wanted.left, wanted.right)
        return None

    def _wanted(self) -> Captured | RawPair | None:
        with self._lock:
            if not self._live:
                return self._kept
        return None if self._feed is None else self._feed.latest
