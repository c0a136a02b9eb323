"""Sources that are made of several unconnected takes."""

from __future__ import annotations

from engine.evaluation.log import parse_labels
from engine.inference.estimator import Estimator
from engine.messages import FrameSet, Scene


class ForgetBetweenTakes:
    """An estimator that starts anew wherever the `take` label of the frame names changes.

    Without it the hand of one take would be followed into the next, where it never was.
    """

    def __init__(self, estimator: Estimator) -> None:
        self._estimator = estimator
        self._take: str | None = None

    def estimate(self, frame_set: FrameSet) -> Scene:
        take = parse_labels(frame_set.frames[0].name).get("take")
        if take != self._take:
            self._estimator.reset()
        self._take = take
        return self._estimator.estimate(frame_set)

    def settle(self) -> None:
        self._estimator.settle()

    def reset(self) -> None:
        self._estimator.reset()
