"""What the learning room shows, computed from looks at the adaptation. Knows nothing of Qt."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.adaptation.decision import Decision
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.settings import GateSettings
from engine.adaptation.status import AdaptationState, AdaptationStatus
from engine.runtime.clock import NS_PER_S

CURVE_STEP_S = 1.0
CURVE_LENGTH = 1200
"""Twenty minutes of losses."""
DRAWN_LOSS = "lessons"


class Verdict(StrEnum):
    """What a decision came to."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class Mark:
    """One decision in the plot."""

    time_s: float
    score_mm: float
    """Held-out score of what was decided on; NaN where nothing was measured."""
    verdict: Verdict
    text: str
    """Its figures, in a few lines."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of the plot: times in seconds (monotonic clock), and values."""

    times_s: tuple[float, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class LearningFigures:
    """Everything that the learning room shows at one moment."""

    title: str
    sentence: str
    steps: str = ""
    samples: str = ""
    decisions: str = ""
    disbelieved: str = ""
    """Which samples the teacher did not believe, by reason."""
    now_s: float = 0.0
    loss: Curve = Curve()
    score: Curve = Curve()
    """Held-out score of the weights in use, mm."""
    marks: tuple[Mark, ...] = ()
    can_pause: bool = False
    paused: bool = False
    can_roll_back: bool = False


class AdaptationPresenter:
    """Collects what the adaptation says over time. One thread."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another session: its curves begin anew."""
        self._status: AdaptationStatus | None = None
        self._decisions: dict[float, Decision] = {}
        self._loss: deque[tuple[float, float]] = deque(maxlen=CURVE_LENGTH)
        self._last_step = -1

    def update(self, status: AdaptationStatus | None, now_ns: int) -> None:
        """One look; None where the session does not adapt."""
        self._status = status
        if status is None:
            return
        progress = status.progress
        self._decisions |= {decision.time_s: decision for decision in progress.decisions}
        now_s = now_ns / NS_PER_S
        loss = progress.losses.get(DRAWN_LOSS, math.nan)
        due = not self._loss or now_s - self._loss[-1][0] >= CURVE_STEP_S
        if due and progress.steps > self._last_step and math.isfinite(loss):
            self._loss.append((now_s, loss))
            self._last_step = progress.steps

    def figures(self, now_ns: int, kept: bool = True) -> LearningFigures:
        """What to show now. `kept`: there is a profile that keeps what is learnt."""
        status = self._status
        if status is None:
            return _OFF
        decisions = tuple(self._decisions.values())
        return LearningFigures(
            title=_TITLES[status.state],
            sentence=status.sentence or _sentence(status, kept),
            steps=_steps_text(status.progress),
            samples=_samples_text(status.progress),
            decisions=_decisions_text(decisions),
            disbelieved=_disbelieved_text(status.progress),
            now_s=now_ns / NS_PER_S,
            loss=Curve(tuple(t for t, _ in self._loss), tuple(v for _, v in self._loss)),
            score=_score_curve(decisions, self._loss[0][0] if self._loss else math.inf),
            marks=tuple(mark_of(decision) for decision in decisions),
            can_pause=status.state in _PAUSABLE or status.state is AdaptationState.PAUSED,
            paused=status.state is AdaptationState.PAUSED,
            can_roll_back=status.can_roll_back,
        )


def mark_of(decision: Decision) -> Mark:
    """A decision as drawn."""
    offered, kept = decision.held_out_after, decision.held_out_before
    # After a rollback the weights that came back are the ones "before".
    score = kept if decision.rolled_back else offered
    score = score if math.isfinite(score) else kept
    return Mark(decision.time_s, score, _verdict(decision), _mark_text(decision))


def _verdict(decision: Decision) -> Verdict:
    if decision.rolled_back:
        return Verdict.ROLLED_BACK
    return Verdict.ACCEPTED if decision.accepted else Verdict.REFUSED


def _mark_text(decision: Decision) -> str:
    lines = [f"{_verdict(decision).capitalize()} after {decision.step} steps: {decision.reason}"]
    for name, before, after in (
        ("Held-out score", decision.held_out_before, decision.held_out_after),
        ("Synthetic set", decision.source_before, decision.source_after),
    ):
        if math.isfinite(before) and math.isfinite(after):
            lines.append(f"{name} {before:.2f} → {after:.2f} mm")
    return "\n".join(lines)


def _score_curve(decisions: Sequence[Decision], begun_s: float) -> Curve:
    """The score of the weights in use after each decision, and from `begun_s` to the first one."""
    times: list[float] = []
    scores: list[float] = []
    first = decisions[0] if decisions else None
    if first and begun_s < first.time_s and math.isfinite(first.held_out_before):
        times.append(begun_s)
        scores.append(first.held_out_before)
    for decision in decisions:
        in_use = decision.held_out_after if decision.accepted else decision.held_out_before
        if math.isfinite(in_use):
            times.append(decision.time_s)
            scores.append(in_use)
    return Curve(tuple(times), tuple(scores))


def _steps_text(progress: AdaptationProgress) -> str:
    return f"{progress.steps} steps  ·  {progress.steps_per_s:.1f} a second"


def _samples_text(progress: AdaptationProgress) -> str:
    return f"{progress.samples} to learn from  ·  {progress.held_out} held out"


def _decisions_text(decisions: Iterable[Decision]) -> str:
    verdicts = [_verdict(decision) for decision in decisions]
    return " · ".join(f"{verdicts.count(verdict)} {word}" for verdict, word in _COUNTED.items())


def _disbelieved_text(progress: AdaptationProgress) -> str:
    reasons = sorted(progress.refused.items(), key=lambda item: -item[1])
    return "\n".join(f"{count} × {reason}" for reason, count in reasons if count)


def _sentence(status: AdaptationStatus, kept: bool) -> str:
    progress, wanted = status.progress, GateSettings()
    match status.state:
        case AdaptationState.COLLECTING:
            return (
                f"Move your hand through many poses: {progress.samples} of {wanted.least_lessons} "
                f"samples to learn from, {progress.held_out} of {wanted.least_held_out} held out."
            )
        case AdaptationState.LEARNING if progress.revision > status.revision:
            return f"Better weights are being made ready. {_ONLY_BETTER if kept else _NOT_KEPT}"
        case AdaptationState.LEARNING if status.first_gain_s is not None:
            return (
                f"Weights {status.revision} are in use; the first gain came after "
                f"{status.first_gain_s:.0f} s. " + (_ONLY_BETTER if kept else _NOT_KEPT)
            )
        case AdaptationState.LEARNING:
            return f"In the background. {_ONLY_BETTER if kept else _NOT_KEPT}"
        case AdaptationState.PAUSED:
            return "Tracking goes on with the weights in use."
        case AdaptationState.STARTING | AdaptationState.RESTARTING:
            return "Tracking goes on meanwhile."
    return "Tracking goes on with the weights in use."


_COUNTED = {
    Verdict.ACCEPTED: "accepted",
    Verdict.REFUSED: "refused",
    Verdict.ROLLED_BACK: "undone",
}
_TITLES = {
    AdaptationState.OFF: "Improvement is off",
    AdaptationState.STARTING: "The learner starts…",
    AdaptationState.COLLECTING: "Collecting samples",
    AdaptationState.LEARNING: "Learning",
    AdaptationState.PAUSED: "Paused",
    AdaptationState.RESTARTING: "The learner starts again…",
    AdaptationState.FAILED: "The learner has stopped",
    AdaptationState.STOPPED: "Improvement is off",
}
_PAUSABLE = (AdaptationState.STARTING, AdaptationState.COLLECTING, AdaptationState.LEARNING)
_ONLY_BETTER = "New weights are used only if they prove better."
_NOT_KEPT = "Without a profile, what is learnt is forgotten at the end."
_OFF = LearningFigures(
    "Improvement is off",
    "Turn on Improve, above, and the tracker learns from what it sees of your hand while you move.",
)
