"""What every estimator offers: a frame set in, a scene out.

An estimator takes a FrameSet, not a depth image, so that one for a stereo pair (Chen et al. 2021)
or for several views fits the same place. It keeps memory between calls (it follows hands), so one
instance belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from engine.messages import FrameSet, Scene

if TYPE_CHECKING:  # They load for seconds; whoever only passes an estimator on need not.
    from engine.inference.sighting import Sighting
    from engine.inference.single_view import SingleViewInference


class Estimator(Protocol):
    """Finds and follows hands in successive frame sets of one source."""

    def estimate(self, frame_set: FrameSet) -> Scene:
        """The scene of this frame set; `published_ns` is read as the last thing."""
        ...

    def settle(self) -> None:
        """Do what the last scene did not have to wait for; called once it was published. What is
        not done then is done at the next frame, so the scenes do not depend on it."""
        ...

    def reset(self) -> None:
        """Forget every hand, as at the start."""
        ...


@runtime_checkable
class AdaptiveEstimator(Estimator, Protocol):
    """One that tells what it saw and can go on with other weights."""

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """Of the hands shown in the last frame."""
        ...

    @property
    def networks(self) -> tuple[SingleViewInference, ...]:
        """Those in use, one for each of two hands."""
        ...

    def use_networks(self, networks: Sequence[SingleViewInference], revision: int) -> None:
        """Go on with other weights from the next frame on; hands are followed as before."""
        ...
