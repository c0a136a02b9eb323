"""How far the learning is: sent to a process that has no torch, so nothing here needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.adaptation.decision import Decision


@dataclass(frozen=True, slots=True)
class AdaptationProgress:
    """One look at an Adapter. Mappings are plain dictionaries, because those can be pickled."""

    steps: int = 0
    steps_per_s: float = 0.0
    samples: int = 0
    """To learn from."""
    held_out: int = 0
    """To be judged by."""
    losses: Mapping[str, float] = field(default_factory=dict)
    """Running means by name."""
    revision: int = 0
    """Of the weights in use."""
    decisions: tuple[Decision, ...] = ()
    """All in the order in which they became known; in a Report only the last ones."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Samples that the teacher did not believe, by reason."""

    @property
    def accepted(self) -> int:
        """How many of the decisions let new weights through."""
        return sum(decision.accepted for decision in self.decisions)
