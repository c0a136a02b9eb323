"""The same frames tracked before and after something was learnt, and figures without labels.

Frames are kept in bursts of consecutive ones, so that the tracker can follow and jitter can be
measured. Both runs go through the whole tracker, so the figures are those of what people see.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from engine.evaluation.metrics import jitter
from engine.inference.estimator import Estimator
from engine.inference.silhouette import silhouette_agreement
from engine.messages import Frame, FrameSet, HandState, Side

BURST_FRAMES = 12
"""Three more than a still span of the jitter needs."""
MOST_BURSTS = 7
"""Depth images of 640 x 480 take 100 MB then."""

Burst = tuple[Frame, ...]


class BurstKeeper:
    """Keeps the last frames whenever it is told that the moment is good. One thread."""

    def __init__(self, frames: int = BURST_FRAMES, most: int = MOST_BURSTS) -> None:
        self._recent: deque[Frame] = deque(maxlen=frames)
        self._bursts: list[Burst] = []
        self._most = most

    def add(self, frame: Frame) -> None:
        """Take in the newest frame; it is kept only if `keep` follows soon."""
        self._recent.append(frame)

    def keep(self) -> None:
        """The frames of just now are one burst; a frame is kept once only."""
        full = len(self._recent) == self._recent.maxlen
        if full and len(self._bursts) < self._most:
            self._bursts.append(tuple(self._recent))
            self._recent.clear()

    def interrupt(self) -> None:
        """The next frame does not follow the last one."""
        self._recent.clear()

    @property
    def bursts(self) -> tuple[Burst, ...]:
        return tuple(self._bursts)


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """A frame and the hand that was found in it."""

    frame: Frame
    hand: HandState | None


def track_bursts(
    estimator: Estimator, bursts: Sequence[Burst], side: Side
) -> Iterator[TrackedFrame]:
    """Every frame, with the hand of a side where there is one; the estimator forgets between
    bursts."""
    for burst in bursts:
        estimator.reset()
        for frame in burst:
            scene = estimator.estimate(FrameSet((frame,)))
            hands = [hand for hand in scene.hands if hand.side is side]
            yield TrackedFrame(frame, hands[0] if hands else None)


@dataclass(frozen=True, slots=True)
class LabelFreeFigures:
    """How right the hands are, measured without any label; NaN where nothing could be measured."""

    found: int
    """Frames with a hand."""
    residual_m: float = nan
    silhouette: float = nan
    """0..1."""
    jitter_m: float = nan
    """Where the hand rested."""


def label_free_figures(
    before: Sequence[TrackedFrame],
    after: Sequence[TrackedFrame],
    faces: np.ndarray,
    burst: int = BURST_FRAMES,
) -> tuple[LabelFreeFigures, LabelFreeFigures]:
    """Of both runs over the same frames, on those in which both found the hand.

    `faces` [F, 3] of the hand model; `burst` frames belong together.
    """
    both = [b.hand is not None and a.hand is not None for b, a in zip(before, after, strict=True)]
    return (
        _figures(before, both, faces, burst),
        _figures(after, both, faces, burst),
    )


def _figures(
    run: Sequence[TrackedFrame], common: Sequence[bool], faces: np.ndarray, burst: int
) -> LabelFreeFigures:
    found = sum(tracked.hand is not None for tracked in run)
    pairs = [
        (tracked.frame, tracked.hand)
        for tracked, counts in zip(run, common, strict=True)
        if counts and tracked.hand is not None
    ]
    if not pairs:
        return LabelFreeFigures(found)
    outlines = [
        silhouette_agreement(frame.depth_m, frame.camera, hand.vertices, faces, hand.joints)
        for frame, hand in pairs[::3]
    ]
    known = [outline for outline in outlines if np.isfinite(outline)]
    return LabelFreeFigures(
        found=found,
        residual_m=float(np.mean([hand.residual_m for _, hand in pairs])),
        silhouette=float(np.mean(known)) if known else nan,
        jitter_m=jitter(list(_joint_tracks(run, common, burst))),
    )


def _joint_tracks(
    run: Sequence[TrackedFrame], common: Sequence[bool], burst: int
) -> Iterator[np.ndarray]:
    """[T, 21, 3] of every burst without a gap."""
    for start in range(0, len(run), burst):
        hands = [tracked.hand for tracked in run[start : start + burst]]
        if all(common[start : start + burst]) and len(hands) == burst:
            yield np.array([hand.joints for hand in hands if hand is not None])
