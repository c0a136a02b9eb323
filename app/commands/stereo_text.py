"""How a stereo camera did, for a terminal."""

from __future__ import annotations

import sys

from engine.capture.camera import Camera
from engine.stereo.status import StereoStatus


def stereo_of(camera: Camera) -> StereoStatus | None:
    """How the pairs of a camera came; None where it has none."""
    status = getattr(camera, "stereo", None)
    return status if isinstance(status, StereoStatus) else None


def stereo_lines(status: StereoStatus | None) -> list[str]:
    """The pairs, and whether the cameras stand as they were calibrated; nothing for others."""
    if status is None:
        return []
    dropped = (
        f"{status.dropped} dropped as too far apart in time" if status.dropped else "none dropped"
    )
    lines = [f"{status.pairs} pairs of pictures, {dropped}"]
    if status.drift is not None:
        lines.append(status.drift.sentence)
    elif status.checking:
        lines.append("Too few pairs to tell whether the cameras still stand as calibrated.")
    return lines


def warn_of_drift(status: StereoStatus | None) -> None:
    """Say on stderr that the cameras have moved, where they have: all depth is wrong then."""
    if status is not None and status.drift is not None and status.drift.recalibrate:
        print(f"handtune: {status.drift.sentence}", file=sys.stderr)
