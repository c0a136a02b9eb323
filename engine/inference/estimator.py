"""What every estimator offers: a frame set in, a scene out.

An estimator takes a FrameSet, not a depth image, so that one for a stereo pair (seed 004) or for
several views fits the same place. It keeps memory between calls (it follows hands), so one
instance belongs to one thread.
"""

from __future__ import annotations

from typing import Protocol

from engine.messages import FrameSet, Scene


class Estimator(Protocol):
    """Finds and follows hands in successive frame sets of one source."""

    def estimate(self, frame_set: FrameSet) -> Scene:
        """The scene of this frame set; `published_ns` is read as the last thing."""
        ...

    def reset(self) -> None:
        """Forget every hand, as at the start."""
        ...
