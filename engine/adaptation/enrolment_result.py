"""What an enrolment says of a hand: its shape, bones and widths, and how much better it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.adaptation.bone_lengths import Measure, measures
from engine.adaptation.careful import CAREFUL
from engine.adaptation.enrolment import EnrolledFrame, Enrolment
from engine.adaptation.person_shape import LEAST_FRAMES, person_shape
from engine.errors import UserError
from engine.hand.model import SHAPE_COUNT, HandModel
from engine.inference.fitting import FitResult, HandFitter, KnownShape, nothing_known
from engine.messages import Side


class EnrolmentError(UserError):
    """Too little of a hand was seen to say anything about it."""


@dataclass(frozen=True, slots=True)
class EnrolmentResult:
    """What was learnt of one hand."""

    side: Side
    known: KnownShape
    measures: tuple[Measure, ...]
    frames: tuple[EnrolledFrame, ...]
    before: tuple[FitResult, ...]
    """Of every frame, with an average hand's shape, fitted as carefully as those `after`."""
    after: tuple[FitResult, ...]
    """Of every frame, with the person's shape."""
    missed: tuple[str, ...]
    """Names of the poses that were not seen."""
    seconds: float
    """Of motion."""

    @property
    def residual_before_m(self) -> float:
        """Mean mesh-to-depth residual of the frames with an average hand's shape."""
        return _mean_residual(self.before)

    @property
    def residual_after_m(self) -> float:
        """Of the same frames with the person's shape."""
        return _mean_residual(self.after)

    @property
    def not_seen(self) -> tuple[str, ...]:
        """Names of the measures about which the images said little."""
        return tuple(measure.name for measure in self.measures if not measure.seen)


def enrolment_result(model: HandModel, enrolment: Enrolment) -> EnrolmentResult:
    """Shape, bones and widths of what an enrolment saw; takes some seconds, on any thread.

    `model` is the right hand.

    Raises:
        EnrolmentError: fewer than LEAST_FRAMES frames could be learnt from.
    """
    kept, progress = enrolment.frames, enrolment.progress
    if len(kept) < LEAST_FRAMES or progress.side is None:
        hand = "a hand" if progress.side is None else f"the {progress.side.value} hand"
        raise EnrolmentError(
            f"Only {len(kept)} frames of {hand} could be learnt from, at least {LEAST_FRAMES} are "
            "needed. Hold it open 30 to 70 cm before the camera and try again."
        )
    fitter = HandFitter(model, CAREFUL)
    person = person_shape(fitter, [entry.frame for entry in kept])
    average = np.zeros(SHAPE_COUNT)
    return EnrolmentResult(
        side=progress.side,
        known=person.known,
        measures=measures(model, person.known, nothing_known()),
        frames=kept,
        before=tuple(
            fitter.fit(entry.frame.observation, replace(fit.pose, shape=average))
            for entry, fit in zip(kept, person.fits, strict=True)
        ),
        after=person.fits,
        missed=tuple(_missed(enrolment)),
        seconds=progress.elapsed_s,
    )


def _mean_residual(fits: Sequence[FitResult]) -> float:
    return float(np.mean([fit.residual_m for fit in fits]))


def _missed(enrolment: Enrolment) -> list[str]:
    steps, captured = enrolment.steps, enrolment.progress.captured
    return [step.name for step, seen in zip(steps, captured, strict=True) if not seen]
