"""What a fit says about whether there is a hand at all, as log-odds to add to the network's."""

from __future__ import annotations

import numpy as np

from engine.inference.fitting import trust
from engine.inference.hand_solver import SolvedHand
from engine.inference.single_view import NetworkHand

# Chosen on candidates of 850 simulated frames with and without hands, and on a real table
# (docs/benchmarks.md): clutter that looks like a hand to the network does not fit like one.
_USUAL_LOG_ODDS = 4.8
_WORST, _BEST = -5.0, 2.0


def log_odds(probability: float) -> float:
    p = float(np.clip(probability, 1e-6, 1 - 1e-6))
    return float(np.log(p / (1 - p)))


def probability(log_odds_: float) -> float:
    return float(1.0 / (1.0 + np.exp(-log_odds_)))


def fit_evidence(solved: SolvedHand | None, network: NetworkHand) -> float:
    """Log-odds for a hand by its fit; the worst where nothing could be fitted."""
    if solved is None:
        return _WORST
    trusted = log_odds(trust(solved.fit, network.joints, network.confidence))
    return float(np.clip(trusted - _USUAL_LOG_ODDS, _WORST, _BEST))
