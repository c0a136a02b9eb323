"""How far the learning is; sent from the learner's process, so nothing here needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.adaptation.decision import Decision

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class AdaptationProgress:
    """One look at an Adapter."""

    steps: int = 0
    """Learning steps so far."""
    steps_per_s: float = 0.0
    samples: int = 0
    """Kept now, those held out included."""
    held_out: int = 0
    """Samples that are never learnt from."""
    losses: Mapping[str, float] = field(default_factory=dict)
    """Newest value of each part of the loss, by name."""
    revision: int = 0
    """Of the weights in use; counted up by each acceptance."""
    decisions: tuple[Decision, ...] = ()
    """The newest last."""
