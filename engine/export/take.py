"""What is exported: the hands of a stretch of frames as plain arrays, in the camera's frame.

Meshes are not kept: they follow from shape and pose, and hours of them would not fit in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.errors import UserError
from engine.hand.model import HandModel
from engine.messages import Float64, Side

Int64 = npt.NDArray[np.int64]

RATE_OF_ONE_FRAME_HZ = 30.0
"""A rate has to be said, and a single frame has none."""


class ExportError(UserError):
    """A take cannot be exported as asked."""


@dataclass(frozen=True, slots=True)
class HandTake:
    """One hand in the M frames in which it was seen."""

    name: str
    """Unique in its take: "left", "right"; "right_2" where two such were seen at the same time."""
    side: Side
    model: HandModel
    """Of this side."""
    frames: Int64
    """[M] indices into the take's times, increasing."""
    hand_ids: Int64
    """[M]: the tracker's; a hand that was lost and found again has a new one."""
    rotations: Float64
    """[M, 16, 3, 3] relative to the parent joint; the wrist's is R_camera_from_hand."""
    wrist_positions: Float64
    """[M, 3] metres."""
    angles: Float64
    """[M, 22] radians."""
    shapes: Float64
    """[M, 10]: as fitted in each frame."""
    joints: Float64
    """[M, 21, 3] metres."""
    confidence: Float64
    """[M, 21] in 0..1."""
    residuals_m: Float64
    """[M] metres."""
    presence: Float64
    """[M] in 0..1."""

    @property
    def shape(self) -> Float64:
        """[10]: the person's, as the median of the frames."""
        return np.median(self.shapes, axis=0)


@dataclass(frozen=True, slots=True)
class Take:
    """All hands of a stretch of frames on one timeline."""

    source: str
    """Where it comes from, for people."""
    times_s: Float64
    """[T] seconds since the first frame, strictly increasing; frames without a hand too."""
    sequences: Int64
    """[T] numbers of the frames in their source."""
    hands: tuple[HandTake, ...]
    camera: PinholeCamera | None = None
    """The depth camera, which stands at the origin; None where it is not known."""

    @property
    def rate_hz(self) -> float:
        """Frames a second, from the median step; dropped frames do not change it."""
        if len(self.times_s) < 2:
            return RATE_OF_ONE_FRAME_HZ
        return float(1.0 / np.median(np.diff(self.times_s)))

    @property
    def duration_s(self) -> float:
        """From the first frame to the last."""
        return float(self.times_s[-1])

    def seen_times(self, hand: HandTake) -> Float64:
        """[M] seconds at which a hand was seen."""
        return self.times_s[hand.frames]
