"""What all exporters are told beside the take."""

from __future__ import annotations

from dataclasses import dataclass

from engine.export.axes import Axes


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """How a take is written."""

    axes: Axes
    """The preset: where the hand is to arrive, whatever the importer of the format does."""
    fps: float | None = None
    """Resample to this rate; None for the frames as they came, or the usual rate of a format that
    has a constant one."""
    program: str = "HandTune"
    """Name and version, for the file's own record."""
