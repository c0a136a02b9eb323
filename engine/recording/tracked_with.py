"""What turned frames into hands, as a recording names it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.weights_manifest import WEIGHTS_FOLDER


@dataclass(frozen=True, slots=True)
class TrackedWith:
    """Network and person."""

    weights: Path
    """The file of the network's weights."""
    profile: str = ""
    """Name of the person's profile."""


def shipped_weights() -> Path:
    """The network that tracks a stranger."""
    from engine.inference.single_view import WEIGHTS_NAME  # OpenCV loads on use

    return WEIGHTS_FOLDER / WEIGHTS_NAME
