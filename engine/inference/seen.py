"""What was seen at one place of a frame, and what follows for a new hand: belief and side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import PALM_KEYPOINTS
from engine.inference.belief import birth_belief, log_odds, probability
from engine.inference.depth_view import mirror_points
from engine.inference.hand_solver import SolvedHand
from engine.inference.hand_track import Look, Place
from engine.inference.single_view import NetworkHand
from engine.messages import Side

Float64 = npt.NDArray[np.float64]

LOCALISER_SIDE_WEIGHT = 0.3
"""At its low resolution the localiser tells left from right in two of three cases only."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The network's answer at one place, in the view of `side`; new hands are fitted already."""

    look: Look
    side: Side
    network: NetworkHand
    solved: SolvedHand | None = None
    glance: bool = False
    """True where no hand is followed and the network was asked once."""


def seen_at(
    place: Place,
    side: Side,
    network: NetworkHand,
    right: float,
    evidence: float,
    solved: SolvedHand | None = None,
) -> Seen:
    """What was seen; `evidence` is the fit's log-odds for a hand, added to the network's."""
    palm = mirror_points(network.joints[list(PALM_KEYPOINTS)].mean(0), side)
    presence = probability(log_odds(network.presence) + evidence)
    return Seen(Look(place, palm, presence, right), side, network, solved)


def belief_of(seen: Seen) -> float:
    """Probability 0..1 of a new hand at a place that was glanced at."""
    return birth_belief(seen.look.place.score, seen.network.presence)


def side_told(tries: Sequence[Seen]) -> Seen:
    """Of one place, tried as one side or both, the likelier; its look tells how likely right."""
    localiser = LOCALISER_SIDE_WEIGHT * log_odds(tries[0].look.place.right)
    by_side = {seen.side: seen for seen in tries}
    if len(by_side) == 2:
        fits = _side_evidence(by_side[Side.RIGHT]) - _side_evidence(by_side[Side.LEFT])
        right = probability(fits + localiser)
        chosen = by_side[Side.RIGHT if right >= 0.5 else Side.LEFT]
    else:
        (chosen,) = tries
        sign = 1.0 if chosen.side is Side.RIGHT else -1.0
        right = probability(sign * log_odds(chosen.network.same_side) + localiser)
    return replace(chosen, look=replace(chosen.look, right=right))


def _side_evidence(seen: Seen) -> float:
    """Log-odds, up to a constant, that a place shows a hand of the side it was tried as.

    Weights by logistic regression on simulated frames (docs/benchmarks.md).
    """
    score_mm = 30.0 if seen.solved is None else 1000.0 * seen.solved.fit.score
    network = 1.2 * log_odds(seen.network.same_side) + 8.0 * float(seen.network.confidence.mean())
    return network - 0.7 * score_mm


def finger_centre(network: NetworkHand, fallback: Float64) -> Float64:
    """Where the network says the fingers are; the place itself where that makes no sense."""
    centre: Float64 = network.joints[1:].mean(0)
    sensible = np.isfinite(centre).all() and np.linalg.norm(centre - fallback) < 0.15
    return centre if sensible else fallback
