"""Whether hands were taken for what they are: side, identity, and hands where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.evaluation.log import LabelledHand, RunLog
from engine.messages import Side

NO_HAND = -1


@dataclass(frozen=True, slots=True)
class Judgement:
    """Counts and shares over a run."""

    side_correct: float = float("nan")
    """Share of the found hands that were given their true side."""
    identity_swaps: int = 0
    """How often a labelled hand took over the identity of another: see `identity_swaps`."""
    empty_frames: int = 0
    """Frames that show no hand, by the truth."""
    false_claims: int = 0
    """Those of them in which a hand was claimed."""
    extra_hands: int = 0
    """Hands claimed that are none of the labelled ones, over all frames. A fault in simulation,
    where every hand has truth; in a data set that labels one hand it may be right."""


def judge(log: RunLog) -> Judgement:
    """The judgement of a run with truth."""
    found = [hand for hand in log.labelled if hand.found]
    correct = sum(hand.estimated_side is hand.side for hand in found)
    return Judgement(
        side_correct=correct / len(found) if found else float("nan"),
        identity_swaps=identity_swaps(log.labelled),
        empty_frames=log.empty_frames,
        false_claims=log.claims_in_empty_frames,
        extra_hands=log.extra_hands,
    )


def identity_swaps(hands: Sequence[LabelledHand]) -> int:
    """How often a labelled hand was given the identity that another one had just before.

    An exchange between two hands is one swap. A hand that is lost and found again under a new
    identity is none. Labelled hands are told apart by their side: for sets with one hand a side.
    """
    swaps = 0
    last = dict.fromkeys(Side, NO_HAND)
    for hand in hands:
        if not hand.found:
            continue
        own, others = last[hand.side], last[hand.side.other]
        if own not in (NO_HAND, hand.hand_id) and hand.hand_id == others:
            swaps += 1
            last[hand.side.other] = NO_HAND
        last[hand.side] = hand.hand_id
    return swaps
