"""Measuring a new person in the background: the shape, then both ways of tracking side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.background import ThreadWork, Watch, Work
from app.enrolment.figures import ComparedFrame, GainLine, HandMeasures, Result
from app.enrolment.gain_words import gain_lines, gains
from app.enrolment.live_guide import LiveGuide
from app.enrolment.presenter import Outcome
from engine.adaptation.before_after import TrackedFrame, label_free_figures, track_bursts
from engine.adaptation.enrolment_result import EnrolmentResult, enrolment_result
from engine.adaptation.profile import Gain, Provenance, new_profile
from engine.hand.model import load_hand_model
from engine.inference.estimator import Estimator
from engine.inference.fitting import KnownShape
from engine.messages import Side

SHAPE_SHARE, TRACKING_SHARE = 0.4, 0.3
"""Of the work, roughly: estimating shapes, tracking what was seen once."""
MakeEstimator = Callable[[Mapping[Side, KnownShape]], Estimator]
"""The shipped tracker that knows these shapes."""


def start_measuring(name: str, guide: LiveGuide, make_estimator: MakeEstimator) -> Work[Outcome]:
    """The measuring of what a guide saw, in a thread: fitting cannot be interrupted, and nothing of
    it is worth waiting for."""
    return ThreadWork("measuring", _Measuring(name, guide, make_estimator))


@dataclass(frozen=True, slots=True)
class _Measuring:
    """What is measured, and with what."""

    name: str
    guide: LiveGuide
    make_estimator: MakeEstimator

    def __call__(self, watch: Watch) -> Outcome:
        model = load_hand_model()
        results: list[EnrolmentResult] = []
        for guide in self.guide.guides:
            results.append(enrolment_result(model, guide.enrolment))
            watch(SHAPE_SHARE * len(results) / len(self.guide.guides))
        shapes = {result.side: result.known for result in results}
        compared, lines, figures = self._compared(shapes, watch)
        profile = new_profile(self.name, shapes, _provenance(results))
        profile = replace(profile, provenance=replace(profile.provenance, gains=figures))
        hands = tuple(HandMeasures(result.side, result.measures) for result in results)
        return Outcome(Result(self.name, hands, lines, compared, _remark(results)), profile)

    def _compared(
        self, shapes: Mapping[Side, KnownShape], watch: Watch
    ) -> tuple[tuple[ComparedFrame, ...], tuple[GainLine, ...], tuple[Gain, ...]]:
        """Both runs over the frames just seen, and what the figures say."""
        before = list(self._tracked(self.make_estimator({}), watch, SHAPE_SHARE))
        after = list(
            self._tracked(self.make_estimator(shapes), watch, SHAPE_SHARE + TRACKING_SHARE)
        )
        frames = tuple(
            ComparedFrame(b.frame, b.hand, a.hand) for b, a in zip(before, after, strict=True)
        )
        faces = load_hand_model().faces
        first, last = label_free_figures(before, after, faces)
        return frames, gain_lines(first, last, len(frames)), gains(first, last)

    def _tracked(self, estimator: Estimator, watch: Watch, begin: float) -> Iterator[TrackedFrame]:
        count = sum(len(burst) for guide in self.guide.guides for burst in guide.bursts)
        done = 0
        for guide in self.guide.guides:
            for tracked in track_bursts(estimator, guide.bursts, guide.side):
                done += 1
                watch(begin + TRACKING_SHARE * done / count)
                yield tracked


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
