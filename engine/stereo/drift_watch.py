"""Looking now and then at the pairs of a session, until they tell whether the rig still fits.

One pair decides nothing: the first one may be dark, without texture or full of motion. Matches are
collected from several. Finding them takes a quarter of a second, so a live camera's are found on a
thread of its own; a recording waits for its own, and so gets the same answer every time.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from calibration.drift import (
    DriftCheck,
    Matches,
    check_drift,
    distinct_matches,
    in_consensus,
    together,
)
from calibration.rig import StereoRig
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.runtime.slot import Slot
from engine.runtime.worker import Finished, StopSignal, Worker
from engine.stereo.pair import Pixels, RawPair
from engine.stereo.rectified import grey

LEAST_LOOKS, LEAST_MATCHES = 3, 60
"""Before anything is said: so many pairs, and so many matches in them together."""
LOOK_EVERY_S, LOOK_RARELY_S = 0.5, 5.0
EAGER_LOOKS = 8
"""After so many without an answer a look is taken rarely."""
RARELY_PAIRS = 150
"""The same for recordings, whose first looks are at pairs 1, 2, 3, 5, 9, 17, ..."""
KEPT_LOOKS = 20
WIDEST_PX = 800
"""Wider pictures are made smaller to be looked at."""
MOTION_SCALE, MOTION_LEVELS, MOTION_MARGIN = 4, 8.0, 5
"""Motion is looked for in pictures so much smaller: cells that change by so many grey levels from
one to the next, and the cells around them."""
TAKE_S = 0.1


class DriftWatch:
    """Watches one rig. `offer` and `close` belong to the capture thread."""

    def __init__(
        self, rig: StereoRig, calibrated_px: float | None, *, live: bool, pairs: int | None = None
    ) -> None:
        """`calibrated_px`: what the rig's rows fitted to; None where nobody noted it. `pairs`: how
        many a recording has."""
        self._rig, self._calibrated_px = rig, calibrated_px
        self._least_looks = LEAST_LOOKS if pairs is None else min(LEAST_LOOKS, pairs)
        self._matches: deque[Matches] = deque(maxlen=KEPT_LOOKS)
        self._looks = self._offers = 0
        self._check: DriftCheck | None = None
        self._before: RawPair | None = None
        self._due_ns = 0
        self._wanted: Slot[tuple[RawPair, RawPair]] = Slot()
        self._taken = 0
        self._worker = Worker("drift", self._step) if live else None

    @property
    def check(self) -> DriftCheck | None:
        """What is known so far; None before enough pairs were looked at. From any thread."""
        return self._check

    @property
    def looking(self) -> bool:
        """Whether the answer is still to come."""
        return self._check is None or not self._check.known

    def offer(self, pair: RawPair) -> None:
        """The newest pair, which may be worth a look."""
        if not self.looking:
            self._before = None
        elif self._worker is None:
            self._offer_recorded(pair)
        else:
            self._offer_live(pair, self._worker)

    def close(self) -> None:
        """End the thread. May be called twice."""
        if self._worker is not None:
            self._worker.stop()

    def _offer_recorded(self, pair: RawPair) -> None:
        eager = self._looks < EAGER_LOOKS and self._offers in (0, *(1 << k for k in range(16)))
        if eager or self._offers % RARELY_PAIRS == RARELY_PAIRS - 1:
            self._look(pair, None)
        self._offers += 1

    def _offer_live(self, pair: RawPair, worker: Worker) -> None:
        """Hand it over together with the pair before it, which shows what moves."""
        before, self._before = self._before, pair
        now_ns = monotonic_ns()
        if before is None or now_ns < self._due_ns:
            return
        if self._offers == 0:
            worker.start()
        self._offers += 1
        every_s = LOOK_EVERY_S if self._looks < EAGER_LOOKS else LOOK_RARELY_S
        self._due_ns = now_ns + round(every_s * NS_PER_S)
        self._wanted.put((before, pair))

    def _step(self, stop: StopSignal) -> int | None:
        del stop  # It ends a wait no sooner than the slot does.
        if not self.looking:
            raise Finished
        newer = self._wanted.take_newer(self._taken, TAKE_S)
        if newer is not None:
            self._taken, (before, pair) = newer
            self._look(pair, before)
        return None

    def _look(self, pair: RawPair, before: RawPair | None) -> None:
        """Collect the matches of a pair, and say what all of them mean."""
        left, right = grey(pair.left), grey(pair.right)
        still = None
        if before is not None and pair.skew_ns > 0:
            still = still_parts(grey(before.left), left)
        self._matches.append(found_matches(left, right, still))
        self._looks += 1
        if self._looks < self._least_looks:
            return
        agreeing = in_consensus(together(self._matches))
        self._check = check_drift(
            agreeing.left_px, agreeing.right_px, self._rig, self._calibrated_px, LEAST_MATCHES
        )


def found_matches(left: Pixels, right: Pixels, still: Pixels | None) -> Matches:
    """Matches of a pair [H, W] where the left picture is still, in its own pixels."""
    scale = min(1.0, WIDEST_PX / left.shape[1])
    if scale < 1.0:
        left, right = (
            np.asarray(
                cv2.resize(p, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), p.dtype
            )
            for p in (left, right)
        )
    if still is not None:
        size = (left.shape[1], left.shape[0])
        still = np.asarray(cv2.resize(still, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    small = distinct_matches(left, right, still)
    # Pixel centres are at integers, so the corner of a picture is at -0.5.
    left_px, right_px = ((px + 0.5) / scale - 0.5 for px in (small.left_px, small.right_px))
    return Matches(left_px, right_px)


def still_parts(before: Pixels, now: Pixels) -> Pixels:
    """255 where a picture [H, W] is as the one before it, else 0; [H / 4, W / 4].

    Pictures of two cameras that are not of quite one moment tell nothing about where the cameras
    stand by what moves. Light that changes everywhere alike is no motion.
    """
    size = (now.shape[1] // MOTION_SCALE, now.shape[0] // MOTION_SCALE)
    small = [
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        for picture in (before, now)
    ]
    change = small[1] - small[0]
    moving = (np.abs(change - np.median(change)) > MOTION_LEVELS).astype(np.uint8)
    near = np.ones((MOTION_MARGIN, MOTION_MARGIN), np.uint8)
    return np.asarray(255 * (1 - cv2.dilate(moving, near)), np.uint8)
