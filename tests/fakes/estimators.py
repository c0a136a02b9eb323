"""Estimators made up for tests."""

from __future__ import annotations

import threading
import time

from engine.messages import FrameSet, Scene
from engine.runtime.clock import monotonic_ns


class EmptyEstimator:
    """Finds no hand; remembers what it was asked and by which thread."""

    def __init__(self, work_s: float = 0.0) -> None:
        self.work_s = work_s
        self.made_on = threading.current_thread()
        self.sequences: list[int] = []
        self.resets = 0

    def estimate(self, frame_set: FrameSet) -> Scene:
        assert threading.current_thread() is self.made_on, "used by a thread that did not make it"
        time.sleep(self.work_s)
        self.sequences.append(frame_set.sequence)
        return Scene(frame_set.sequence, frame_set.captured_ns, (), published_ns=monotonic_ns())

    def settle(self) -> None:
        """Nothing is left to do."""

    def reset(self) -> None:
        self.resets += 1


class FailingEstimator(EmptyEstimator):
    """Raises at the n-th frame."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def estimate(self, frame_set: FrameSet) -> Scene:
        if len(self.sequences) + 1 >= self.at:
            raise ZeroDivisionError("made up")
        return super().estimate(frame_set)


class LearningEstimator(EmptyEstimator):
    """Its sighting is the number of the frame; remembers which weights each frame was seen with."""

    def __init__(self) -> None:
        super().__init__()
        self.networks: tuple[str, ...] = ("network 0",)
        self.sightings: tuple[int, ...] = ()
        self.revision = 0
        self.revisions: list[int] = []

    def estimate(self, frame_set: FrameSet) -> Scene:
        scene = super().estimate(frame_set)
        self.sightings = (frame_set.sequence,)
        self.revisions.append(self.revision)
        return scene

    def use_networks(self, networks: tuple[str, ...], revision: int) -> None:
        assert threading.current_thread() is self.made_on, "changed by another thread"
        self.networks, self.revision = networks, revision
