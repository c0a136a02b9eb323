"""How sure it is that there is a hand: localiser, network and fit each add their log-odds."""

from __future__ import annotations

from math import exp, log

from engine.inference.fitting import trust
from engine.inference.hand_solver import SolvedHand
from engine.inference.single_view import NetworkHand

# Chosen on candidates of 850 simulated frames with and without hands, and on a real table
# (docs/benchmarks.md): clutter that looks like a hand to the network does not fit like one.
_USUAL_LOG_ODDS = 4.8
_WORST, _BEST = -5.0, 2.0


def log_odds(probability: float) -> float:
    p = min(max(probability, 1e-6), 1 - 1e-6)
    return log(p / (1 - p))


def limited_log_odds(probability_: float, limit: float) -> float:
    """Between -limit and limit, for witnesses that are too sure of themselves."""
    return min(max(log_odds(probability_), -limit), limit)


def probability(log_odds_: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds_))


def fit_evidence(solved: SolvedHand | None, network: NetworkHand) -> float:
    """Log-odds for a hand by its fit; the worst where nothing could be fitted."""
    if solved is None:
        return _WORST
    trusted = log_odds(trust(solved.fit, network.joints, network.confidence))
    return min(max(trusted - _USUAL_LOG_ODDS, _WORST), _BEST)


def birth_belief(score: float, presence: float) -> float:
    """Probability in 0..1 of a new hand, from who proposed the place and who looked at it.

    They err on different things, so their log-odds add up; the localiser's are too timid and count
    threefold. Of 600 simulated frames without a hand none then reaches SURE, and 97 % of the hands
    do (the best of four weightings that were compared).
    """
    return probability(3.0 * limited_log_odds(score, 4.0) + limited_log_odds(presence, 7.0))
