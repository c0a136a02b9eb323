"""What the gate decided, with the figures that it decided by."""

from __future__ import annotations

from dataclasses import dataclass

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Decision:
    """One of the gate, the watch or the person."""

    time_s: float
    """Host's monotonic clock."""
    step: int
    """Learning steps so far."""
    accepted: bool
    """Whether new weights are in use from now on."""
    reason: str
    """In plain words, for the log and the window."""
    held_out_before: float = NAN
    """Held-out score in mm of the weights in use; lower is better."""
    held_out_after: float = NAN
    """Of the weights that were offered."""
    source_before: float = NAN
    """Error in mm on the fixed synthetic set, of the weights that ship."""
    source_after: float = NAN
    """Of the weights that were offered."""
    revision: int = 0
    """Of the weights in use after the decision."""
    rolled_back: bool = False
    """Whether former weights came back."""
