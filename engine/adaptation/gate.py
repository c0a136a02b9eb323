"""Whether new weights may be used, from figures alone (docs/decisions/0018)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
import numpy.typing as npt

from engine.adaptation.score import HeldOutScore
from engine.adaptation.settings import GateSettings

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Offer:
    """All that the gate looks at; errors in mm."""

    lessons: int
    """Samples that were learnt from."""
    before: HeldOutScore
    """Of the weights in use."""
    after: HeldOutScore
    """Of the weights offered, on the same held-out lessons."""
    source_first: float
    """Source error of the weights that ship."""
    source_before: float
    """Of the weights in use."""
    source_after: float
    finite: bool
    """Whether every number of the weights offered is one."""
    step_size: float
    """Change against the weights that ship, relative to their size."""

    @property
    def source_lost(self) -> float:
        """Share by which the source error rose over that of the weights in use."""
        return self.source_after / self.source_before - 1.0


FORGOTTEN = "too much of what was known before is forgotten"
NOT_WORTH_IT = "more is forgotten than the gain is worth"


def objection(offer: Offer, settings: GateSettings) -> str:
    """Why the offer is refused, in plain words; empty where it is accepted."""
    if not offer.finite:
        return "the new weights hold numbers that are none"
    held = len(offer.before.joints)
    if offer.lessons < settings.least_lessons:
        return f"only {offer.lessons} samples to learn from; {settings.least_lessons} are needed"
    if held < settings.least_held_out:
        return f"only {held} held-out samples to judge by; {settings.least_held_out} are needed"
    if offer.step_size > settings.largest_step:
        return f"the weights moved by {100 * offer.step_size:.1f} % of their size, too far"
    if not offer.source_after <= (1.0 + settings.source_loss) * offer.source_first:
        return FORGOTTEN
    return _held_out_objection(offer, settings)


def _held_out_objection(offer: Offer, settings: GateSettings) -> str:
    before, after = offer.before, offer.after
    if not (isfinite(after.total) and after.total <= (1.0 - settings.least_gain) * before.total):
        return "no gain on the held-out samples"
    if _doubtful(before, after, settings):
        return "the gain on the held-out samples may be chance"
    if after.joints.mean() > before.joints.mean():
        return "the network's joints are no better"
    if offer.source_lost > settings.lost_per_gained * (1.0 - after.total / before.total):
        return NOT_WORTH_IT
    # The one part that no teacher has a say in must not get worse.
    if after.depth.mean() > (1.0 + settings.worse_share) * before.depth.mean():
        return "the hand lies worse on the depth"
    return ""


def _doubtful(before: HeldOutScore, after: HeldOutScore, settings: GateSettings) -> bool:
    """Whether the mean gain may be chance: it is within so many of its own standard errors."""
    gain = before.each - after.each
    return float(gain.mean()) < settings.sureness * _standard_error(gain)


def got_worse(former: HeldOutScore, now: HeldOutScore, settings: GateSettings) -> bool:
    """Whether samples that came after an acceptance say that the former weights were better."""
    if len(now.joints) < settings.least_held_out:
        return False
    loss = now.each - former.each
    clear = float(loss.mean()) > _standard_error(loss)
    return clear and now.total > (1.0 + settings.worse_share) * former.total


def _standard_error(values: Float64) -> float:
    """Of the mean; infinite for fewer than two values."""
    if len(values) < 2:
        return float("inf")
    return float(np.std(values, ddof=1)) / sqrt(len(values))
