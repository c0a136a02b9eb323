"""Looks for the board in what the cameras give, and keeps the views that are worth it.

A thread of its own, because a look takes up to tenths of a second. The window reads `look`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from app.calibration_wizard.capture_gate import BY_HAND, Motion, Refusal, motion, refusal
from app.calibration_wizard.captured import Book, Covered, captured, covered
from app.calibration_wizard.guidance import hint
from app.calibration_wizard.pair_feed import PairFeed
from app.calibration_wizard.seen_pair import SeenPair, Watcher
from calibration.board import AnyBoard
from calibration.next_pose import SuggestedPose, suggest_next
from engine.runtime.worker import StopSignal, Worker
from engine.stereo.pair import RawPair

IDLE_S = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What there is to show of the newest pair that was looked at."""

    seen_pair: SeenPair
    reason: Refusal | None
    """Why it was not kept; None where it was, or would have been."""
    hint: str
    wanted: SuggestedPose


class BoardWatch:
    """One board before one pair of cameras. Methods may be called from the window's thread."""

    def __init__(self, feed: PairFeed, board: AnyBoard, book: Book) -> None:
        self._feed, self._board = feed, board
        self._lock = threading.Lock()
        self._book = book
        self._covered = covered(book, board)
        self._look: Look | None = None
        self._automatic = self._asked = False
        self._awake = threading.Event()
        self._last: SeenPair | None = None
        self._last_pair: RawPair | None = None
        self._motion = Motion()
        self._watcher: Watcher | None = None
        self._wanted: SuggestedPose | None = None
        self._passed_over: tuple[str, ...] = ()
        self.refused_by_hand = ""
        """Why the button did nothing the last time; empty where it did."""
        self._worker = Worker("board", self._step)
        self._worker.start()

    @property
    def look(self) -> Look | None:
        return self._look

    @property
    def book(self) -> Book:
        return self._book

    @property
    def covered(self) -> Covered:
        return self._covered

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Pictures that were taken before and not kept, each with the reason."""
        return self._passed_over

    @property
    def running(self) -> bool:
        return self._worker.running

    @property
    def failure(self) -> str:
        failure = self._worker.failure
        return "" if failure is None else failure.sentence

    def set_working(self, looking: bool, automatic: bool) -> None:
        """Whether pairs are looked at, and kept without being asked."""
        self._automatic = automatic
        if looking:
            self._awake.set()
        else:
            self._awake.clear()

    def capture(self) -> None:
        """Keep the next pair, as far as a person can overrule what is against it."""
        self._asked = True

    def undo(self) -> None:
        """Forget the view that was kept last."""
        with self._lock:
            self._book = self._book.without_last()
            self._changed()

    def use(self, book: Book) -> None:
        """Go on with these views."""
        with self._lock:
            self._book = book
            self._changed()

    def request_stop(self) -> None:
        self._worker.request_stop()
        self._awake.set()

    def stop(self, timeout_s: float) -> bool:
        self.request_stop()
        return self._worker.stop(timeout_s)

    def _step(self, stop: StopSignal) -> int | None:
        if not self._awake.wait(0.1):
            return None
        pair = self._feed.take(self._last_pair)
        if pair is None:
            stop.wait(IDLE_S)
            return None
        self._last_pair = pair
        self._take(pair)
        return None

    def _take(self, pair: RawPair) -> None:
        info = self._feed.status().info
        separate = self._feed.uri.startswith("images:")
        if self._watcher is None:
            self._watcher = Watcher(self._board, thorough=separate)
        seen_pair = self._watcher.look(pair)
        self._motion = motion(self._motion, self._last, seen_pair)
        self._last = seen_pair
        with self._lock:
            if self._wanted is None and info is not None:
                self._wanted = suggest_next(self._book.poses, self._board, info.left_size_px)
            moved = None if separate else self._motion
            reason = refusal(seen_pair, self._board, self._book.poses, moved)
            if self._wanted is None:
                return
            words = hint(seen_pair, reason, self._wanted, self._automatic)
            self._look = Look(seen_pair, reason, words, self._wanted)
            if self._to_keep(seen_pair, reason):
                self._book = self._book.with_view(captured(seen_pair, self._book.next_number))
                self._changed()
            elif separate and reason is not None:
                said = f"{pair.name}: {reason.value[0].lower()}{reason.value[1:]}"
                self._passed_over = (*self._passed_over, said)

    def _to_keep(self, seen_pair: SeenPair, reason: Refusal | None) -> bool:
        asked, self._asked = self._asked, False
        if seen_pair.pose is None or seen_pair.shared == 0:
            good = False
        elif asked:
            good = reason is None or reason in BY_HAND
        else:
            good = self._automatic and reason is None
        if asked:
            self.refused_by_hand = "" if good or reason is None else reason.value
        return good

    def _changed(self) -> None:
        self._covered = covered(self._book, self._board)
        self._wanted = None
