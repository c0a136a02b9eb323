"""Measuring a new person in the background: the shape, then both ways of tracking side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.background import ThreadWork, Watch, Work
from app.enrolment.figures import ComparedFrame, GainLine, HandMeasures, Result
from app.enrolment.gain_words import gain_lines, gains
from app.enrolment.live_guide import LiveGuide, SideGuide
from app.enrolment.presenter import Outcome
from engine.adaptation.before_after import TrackedFrame, label_free_figures, track_bursts
from engine.adaptation.enrolment_result import (
    EnrolmentError,
    EnrolmentResult,
    enrolment_result,
)
from engine.adaptation.profile import Gain
from engine.adaptation.profile_changes import measured
from engine.capture.camera import CameraInfo
from engine.hand.model import load_hand_model
from engine.inference.estimator import Estimator
from engine.inference.fitting import KnownShape
from engine.messages import Side

SHAPE_SHARE, TRACKING_SHARE = 0.4, 0.3
"""Of the work, roughly: estimating shapes, tracking what was seen once."""
MakeEstimator = Callable[[Mapping[Side, KnownShape]], Estimator]
"""The shipped tracker that knows these shapes."""


def start_measuring(
    name: str, guide: LiveGuide, camera: CameraInfo | None, make_estimator: MakeEstimator
) -> Work[Outcome]:
    """The measuring of what a guide saw through `camera`, in a thread: fitting cannot be
    interrupted, and nothing of it is worth waiting for."""
    return ThreadWork("measuring", _Measuring(name, guide, camera, make_estimator))


@dataclass(frozen=True, slots=True)
class _Measuring:
    """What is measured, and with what."""

    name: str
    guide: LiveGuide
    camera: CameraInfo | None
    make_estimator: MakeEstimator

    def __call__(self, watch: Watch) -> Outcome:
        results, failures = self._results(watch)
        if not results:
            raise EnrolmentError(" ".join(failures))
        shapes = {result.side: result.known for result in results}
        compared, lines, figures = self._compared(shapes, watch)
        profile = measured(self.name, results, figures, self.camera)
        hands = tuple(HandMeasures(result.side, result.measures) for result in results)
        remark = " ".join([*failures, *_remarks(results)])
        return Outcome(Result(self.name, hands, lines, compared, remark), profile)

    def _results(self, watch: Watch) -> tuple[list[EnrolmentResult], list[str]]:
        """Of every hand that enough was seen of, and what is wrong with the others."""
        model, guides = load_hand_model(), self.guide.guides
        results, failures = [], []
        for done, guide in enumerate(guides, start=1):
            try:
                results.append(enrolment_result(model, guide.enrolment))
            except EnrolmentError as error:
                failures.append(str(error))
            watch(SHAPE_SHARE * done / len(guides))
        return results, failures

    def _compared(
        self, shapes: Mapping[Side, KnownShape], watch: Watch
    ) -> tuple[tuple[ComparedFrame, ...], tuple[GainLine, ...], tuple[Gain, ...]]:
        """Both runs over the frames just seen, and what the figures say."""
        guides = [guide for guide in self.guide.guides if guide.side in shapes]
        before = list(_tracked(guides, self.make_estimator({}), watch, SHAPE_SHARE))
        after = list(
            _tracked(guides, self.make_estimator(shapes), watch, SHAPE_SHARE + TRACKING_SHARE)
        )
        frames = tuple(
            ComparedFrame(b.frame, b.hand, a.hand) for b, a in zip(before, after, strict=True)
        )
        faces = load_hand_model().faces
        first, last = label_free_figures(before, after, faces)
        return frames, gain_lines(first, last, len(frames)), gains(first, last)


def _tracked(
    guides: Sequence[SideGuide], estimator: Estimator, watch: Watch, begin: float
) -> Iterator[TrackedFrame]:
    count = sum(len(burst) for guide in guides for burst in guide.bursts)
    done = 0
    for guide in guides:
        for tracked in track_bursts(estimator, guide.bursts, guide.side):
            done += 1
            watch(begin + TRACKING_SHARE * done / count)
            yield tracked


def _remarks(results: Sequence[EnrolmentResult]) -> Iterator[str]:
    missed = sorted({name for result in results for name in result.missed})
    if missed:
        yield f"Not captured: {'; '.join(missed)}."
    if any(result.not_seen for result in results):
        yield "Dim figures were hardly seen; they are little surer than for anybody."


def shipped_estimator(shapes: Mapping[Side, KnownShape]) -> Estimator:
    """The shipped tracker that knows these shapes, or a stranger's."""
    from engine.inference.depth_estimator import create_estimator

    estimator = create_estimator()
    estimator.know_person(shapes)
    return estimator
