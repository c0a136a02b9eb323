"""Measuring a new person in the background: the shape, then both ways of tracking side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from app.enrolment.figures import ComparedFrame, GainLine, HandMeasures, Result
from app.enrolment.gain_words import gain_lines, gains
from app.enrolment.live_guide import LiveGuide, SideGuide
from app.enrolment.presenter import Outcome
from engine.adaptation.before_after import TrackedFrame, label_free_figures, track_bursts
from engine.adaptation.enrolment_result import EnrolmentResult, enrolment_result
from engine.adaptation.profile import Gain, Provenance, new_profile
from engine.errors import UserError
from engine.hand.model import load_hand_model
from engine.inference.estimator import Estimator
from engine.inference.fitting import KnownShape
from engine.messages import Side

SHAPE_SHARE = 0.4
"""Of the work, roughly, is estimating shapes."""
MakeEstimator = Callable[[Mapping[Side, KnownShape]], Estimator]
"""The shipped tracker that knows these shapes."""


class CancelledError(Exception):
    """Nobody waits for the outcome any more."""


class LiveMeasuring:
    """Works in a thread of its own; see app.enrolment.presenter.Measuring."""

    def __init__(self, name: str, guide: LiveGuide, make_estimator: MakeEstimator) -> None:
        self._name, self._guide = name, guide
        self._make_estimator = make_estimator
        self._cancelled = threading.Event()
        self.share = 0.0
        self.outcome: Outcome | None = None
        self.failure = ""
        # A daemon: fitting cannot be interrupted, and nothing of it is worth waiting for.
        self._thread = threading.Thread(target=self._run, name="measuring", daemon=True)
        self._thread.start()

    @property
    def working(self) -> bool:
        return self._thread.is_alive()

    def cancel(self) -> None:
        self._cancelled.set()

    def _run(self) -> None:
        try:
            self.outcome = self._measured()
        except CancelledError:
            return
        except UserError as error:
            self.failure = str(error)
        except Exception as error:  # Whatever it is, the window must not wait for ever.
            self.failure = f"Measuring failed ({type(error).__name__}: {error}); try again."

    def _measured(self) -> Outcome:
        model = load_hand_model()
        results: list[EnrolmentResult] = []
        for guide in self._guide.guides:
            results.append(enrolment_result(model, guide.enrolment))
            self._went_on(SHAPE_SHARE * len(results) / len(self._guide.guides))
        shapes = {result.side: result.known for result in results}
        compared, lines, figures = self._compared(shapes)
        profile = new_profile(self._name, shapes, _provenance(results))
        profile = replace(profile, provenance=replace(profile.provenance, gains=figures))
        hands = tuple(HandMeasures(result.side, result.measures) for result in results)
        return Outcome(Result(self._name, hands, lines, compared, _remark(results)), profile)

    def _compared(
        self, shapes: Mapping[Side, KnownShape]
    ) -> tuple[tuple[ComparedFrame, ...], tuple[GainLine, ...], tuple[Gain, ...]]:
        """Both runs over the frames just seen, and what the figures say."""
        before = list(self._tracked(self._make_estimator({}), SHAPE_SHARE, 0.3))
        after = list(self._tracked(self._make_estimator(shapes), SHAPE_SHARE + 0.3, 0.3))
        frames = tuple(
            ComparedFrame(b.frame, b.hand, a.hand) for b, a in zip(before, after, strict=True)
        )
        faces = load_hand_model().faces
        first, last = label_free_figures(before, after, faces)
        return frames, gain_lines(first, last, len(frames)), gains(first, last)

    def _tracked(self, estimator: Estimator, begin: float, share: float) -> Iterator[TrackedFrame]:
        count = sum(len(burst) for guide in self._guide.guides for burst in guide.bursts)
        done = 0
        for guide in self._guide.guides:
            for tracked in _of_guide(estimator, guide):
                done += 1
                self._went_on(begin + share * done / count)
                yield tracked

    def _went_on(self, share: float) -> None:
        if self._cancelled.is_set():
            raise CancelledError
        self.share = share


def _of_guide(estimator: Estimator, guide: SideGuide) -> Iterator[TrackedFrame]:
    return track_bursts(estimator, guide.bursts, guide.side)


def _provenance(results: list[EnrolmentResult]) -> Provenance:
    return Provenance(source="window", frames=sum(len(result.frames) for result in results))


def _remark(results: list[EnrolmentResult]) -> str:
    missed = sorted({name for result in results for name in result.missed})
    unseen = any(result.not_seen for result in results)
    sentences = []
    if missed:
        sentences.append(f"Not captured: {'; '.join(missed)}.")
    if unseen:
        sentences.append("Dim figures were hardly seen; they are little surer than for anybody.")
    return " ".join(sentences)


def shipped_estimator(shapes: Mapping[Side, KnownShape]) -> Estimator:
    """The shipped tracker that knows these shapes, or a stranger's."""
    from engine.inference.depth_estimator import create_estimator

    estimator = create_estimator()
    estimator.know_person(shapes)
    return estimator
