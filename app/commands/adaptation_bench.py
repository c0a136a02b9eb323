"""What adaptation costs the tracker: latency with it off and on, by turns, in one run.

The source is simulated and keeps a camera's pace, so the learner gets what time a live tracker
leaves. Off and on take turns of PHASE_S, because the machine's own speed drifts over minutes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from engine.adaptation.service import AdaptationService
from engine.adaptation.status import AdaptationState, AdaptationStatus
from engine.capture.sources import open_camera
from engine.errors import UserError
from engine.evaluation.report import Percentiles, percentiles
from engine.inference.estimator import Estimator
from engine.messages import Scene
from engine.offline import run_offline

SOURCE = "sim:seed=11,pace=live"
PHASE_S = 10.0
SETTLE_S = 1.0
"""At the beginning of a phase nothing counts: the learner may be at the end of a step."""
LOAD_S = 180.0
"""How long the learner may take to load."""
MOST_GAIN_S = 300.0
"""How long it may learn before the first gain is waited for no more."""


@dataclass(frozen=True, slots=True)
class AdaptationFigures:
    """Latency in ms from a frame in memory to its scene."""

    off: Percentiles
    on: Percentiles
    frames_off: int
    frames_on: int
    steps: int
    steps_per_s: float
    """Learning steps by the clock, beside the tracker."""
    first_gain_s: float | None
    """Of learning, loading included; None where there was none within MOST_GAIN_S."""
    load_ms: float
    """To compile the newest weights, beside the tracker."""
    accepted: int
    decided: int

    @property
    def p95_ratio(self) -> float:
        return self.on.p95 / self.off.p95

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"p95_ratio": self.p95_ratio}


class AdaptationBench:
    """One run. `measure` once."""

    def __init__(self, estimator: Estimator, adaptation: AdaptationService) -> None:
        self._estimator = estimator
        self._adaptation = adaptation
        self._off_ms: list[float] = []
        self._on_ms: list[float] = []
        self._learning_s = 0.0
        self._first_gain_s: float | None = None

    def measure(self, rounds: int) -> AdaptationFigures:
        """Off and on, `rounds` times each; then on until the first gain.

        Raises:
            UserError: the learner did not load, so there is nothing to measure.
        """
        with open_camera(SOURCE) as camera, self._adaptation:
            pairs = run_offline(camera, self._estimator, adaptation=self._adaptation)
            scenes = (scene for _, scene in pairs)
            self._load(scenes)
            for _ in range(rounds):
                self._phase(scenes, False)
                self._phase(scenes, True)
            while self._first_gain_s is None and self._learning_s < MOST_GAIN_S and self._well():
                self._phase(scenes, True)
            return self._figures(self._adaptation.status())

    def _load(self, scenes: Iterator[Scene]) -> None:
        """Track until learner and tracker are past their start."""
        began_s = time.monotonic()
        for _ in scenes:
            self._learning_s = time.monotonic() - began_s
            status = self._adaptation.status()
            if status.state in (AdaptationState.COLLECTING, AdaptationState.LEARNING):
                return
            if self._learning_s > LOAD_S or status.state is AdaptationState.FAILED:
                raise UserError(_not_loaded(status))

    def _phase(self, scenes: Iterator[Scene], learning: bool) -> None:
        if learning:
            self._adaptation.resume()
        else:
            self._adaptation.pause()
        began_s = time.monotonic()
        for scene in scenes:
            spent_s = time.monotonic() - began_s
            if spent_s > SETTLE_S:
                (self._on_ms if learning else self._off_ms).append(scene.latency_ms)
            if learning and self._first_gain_s is None and self._gained():
                self._first_gain_s = self._learning_s + spent_s
            if spent_s > PHASE_S:
                break
        if learning:
            self._learning_s += time.monotonic() - began_s

    def _gained(self) -> bool:
        return self._adaptation.status().first_gain_s is not None

    def _well(self) -> bool:
        return self._adaptation.status().state is not AdaptationState.FAILED

    def _figures(self, status: AdaptationStatus) -> AdaptationFigures:
        return AdaptationFigures(
            off=percentiles(self._off_ms),
            on=percentiles(self._on_ms),
            frames_off=len(self._off_ms),
            frames_on=len(self._on_ms),
            steps=status.progress.steps,
            steps_per_s=status.progress.steps / self._learning_s,
            first_gain_s=self._first_gain_s,
            load_ms=status.load_ms,
            accepted=status.progress.accepted,
            decided=len(status.progress.decisions),
        )


def _not_loaded(status: AdaptationStatus) -> str:
    reason = status.sentence or f"it was still loading after {LOAD_S:.0f} s"
    return (
        f"The cost of adaptation cannot be measured: a running learner is expected, and {reason}. "
        "End other programs that use the processor and try again."
    )


def adaptation_lines(figures: AdaptationFigures) -> list[str]:
    """For the terminal."""
    gain = "none" if figures.first_gain_s is None else f"after {figures.first_gain_s:.0f} s"
    return [
        "ms from a frame in memory to its scene    median     p95",
        f"adaptation off                          {figures.off.median:8.1f} {figures.off.p95:7.1f}",
        f"adaptation on                           {figures.on.median:8.1f} {figures.on.p95:7.1f}",
        f"p95 with adaptation is {figures.p95_ratio:.2f} times that without",
        f"{figures.steps_per_s:.2f} steps a second; {figures.accepted} of {figures.decided} offers "
        f"accepted; first gain {gain}",
        f"new weights took {figures.load_ms:.0f} ms to compile beside the tracker",
    ]
