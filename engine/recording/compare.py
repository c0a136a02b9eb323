"""A session seen through two trackers, in figures.

Both get the same frames, each under the live tracker's rules (`engine.tracker.broken`). One of the
two may be the recording itself: then the other gets exactly the frames that were tracked while
recording. A tracker remembers, so one frame more or less would change what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.evaluation.log import RunLog
from engine.evaluation.report import EvalReport, build_report, without_nan
from engine.inference.estimator import Estimator
from engine.messages import Float64, Frame, FrameSet, HandState, Scene
from engine.recording.reader import SessionReader
from engine.runtime.clock import monotonic_ns
from engine.tracker import broken

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Distances:
    """Between the joints of hands that both saw, in millimetres; NaN where there are none."""

    hands: int = 0
    mean_mm: float = NAN
    p95_mm: float = NAN
    max_mm: float = NAN


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs over the same frames."""

    first: EvalReport
    second: EvalReport
    distances: Distances
    only_first: int
    """Hands that the second did not see, or took for the other side."""
    only_second: int
    adapted_scenes: int = 0
    """Recorded scenes that were made with adapted weights, which a session does not hold."""
    missing_frames: int = 0
    """Frames that were tracked while recording and did not reach the file."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, NaN as None; the keys are a contract with every script that reads them."""
        distances = self.distances
        return dict(
            without_nan(
                {
                    "first": self.first.to_json(),
                    "second": self.second.to_json(),
                    "joint_distance_mm": {
                        "hands": distances.hands,
                        "mean": distances.mean_mm,
                        "p95": distances.p95_mm,
                        "max": distances.max_mm,
                    },
                    "only_first": self.only_first,
                    "only_second": self.only_second,
                    "adapted_scenes": self.adapted_scenes,
                    "missing_frames": self.missing_frames,
                }
            )
        )


class Run:
    """One estimator over successive frames, as the live tracker would run it."""

    def __init__(self, estimator: Estimator) -> None:
        self._estimator = estimator
        self._time_ns: int | None = None

    def see(self, frame: Frame) -> Scene:
        if broken(self._time_ns, frame.time_ns):
            self._estimator.reset()
        self._time_ns = frame.time_ns
        now = replace(frame, captured_ns=monotonic_ns(), source_ns=frame.time_ns)
        scene = self._estimator.estimate(FrameSet((now,)))
        self._estimator.settle()
        return scene


@dataclass(slots=True)
class _Pairs:
    """Grows by one frame a call."""

    first: RunLog
    second: RunLog
    distances: list[Float64] = field(default_factory=list)
    only_first: int = 0
    only_second: int = 0

    def add(self, frame: Frame, first: Scene, second: Scene) -> None:
        self.first.add(frame, first)
        self.second.add(frame, second)
        free = list(second.hands)
        for hand in first.hands:
            other = next((h for h in free if h.side is hand.side), None)
            if other is None:
                self.only_first += 1
                continue
            free.remove(other)
            self.distances.append(joint_distances(hand, other))
        self.only_second += len(free)

    def comparison(self, adapted_scenes: int = 0, missing_frames: int = 0) -> Comparison:
        return Comparison(
            build_report(self.first),
            build_report(self.second),
            _distances(self.distances),
            self.only_first,
            self.only_second,
            adapted_scenes,
            missing_frames,
        )


def compare(
    session: SessionReader,
    first: Estimator,
    second: Estimator,
    max_frames: int | None = None,
    watch: Callable[[float], None] = lambda _share: None,
) -> Comparison:
    """Every frame of a session through two estimators. `watch` is told the share done, 0 to 1.

    Raises:
        SessionError: a frame is damaged.
    """
    pairs = _pairs(session)
    runs = Run(first), Run(second)
    count = min(session.frame_count, max_frames or session.frame_count)
    for index in range(count):
        frame = session.frame(index)
        pairs.add(frame, runs[0].see(frame), runs[1].see(frame))
        watch((index + 1) / count)
    return pairs.comparison()


def compare_as_recorded(
    session: SessionReader,
    estimator: Estimator,
    max_frames: int | None = None,
    watch: Callable[[float], None] = lambda _share: None,
) -> Comparison:
    """What was tracked while recording, and an estimator on just those frames.

    Raises:
        SessionError: a frame is damaged.
    """
    pairs, run = _pairs(session), Run(estimator)
    adapted = missing = 0
    for recorded, index in tracked_frames(session):
        if max_frames is not None and pairs.first.frames >= max_frames:
            break
        if index is None:
            missing += 1
            continue
        adapted += any(hand.weights_revision > 0 for hand in recorded.hands)
        frame = session.frame(index)
        pairs.add(frame, recorded, run.see(frame))
        watch((index + 1) / session.frame_count)
    return pairs.comparison(adapted, missing)


def tracked_frames(session: SessionReader) -> Iterator[tuple[Scene, int | None]]:
    """Every recorded scene with the index of its frame; None where that is not in the file. Scenes
    of frames from before the recording are left out."""
    captured = session.captured_ns
    for scene in session.scenes():
        if not len(captured) or scene.captured_ns < captured[0]:
            continue
        index = int(np.searchsorted(captured, scene.captured_ns))
        there = index < len(captured) and captured[index] == scene.captured_ns
        yield scene, index if there else None


def joint_distances(first: HandState, second: HandState) -> Float64:
    """[21] metres."""
    return np.asarray(np.linalg.norm(first.joints - second.joints, axis=-1), np.float64)


def _pairs(session: SessionReader) -> _Pairs:
    with_truth = session.header.has_truth
    return _Pairs(RunLog(with_truth), RunLog(with_truth))


def _distances(hands: list[Float64]) -> Distances:
    if not hands:
        return Distances()
    mm = 1e3 * np.concatenate(hands)
    return Distances(len(hands), float(mm.mean()), float(np.percentile(mm, 95)), float(mm.max()))
