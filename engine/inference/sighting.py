"""What the tracker saw of one hand in one frame, for those who learn from it.

Everything lies in the view of the hand's side (engine.inference.depth_view): a right hand's, so a
left hand is learnt from in the mirror. Making a sighting copies nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.inference.depth_view import DepthView
from engine.inference.fitting import FitResult
from engine.inference.single_view import NetworkHand
from engine.messages import Side

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One shown hand in one frame."""

    hand_id: int
    side: Side
    time_ns: int
    """`Frame.time_ns`: on the source's timeline where it has one."""
    view: DepthView
    """The whole depth image as seen for this side."""
    network: NetworkHand
    """The network's own answer."""
    fit: FitResult
    """What was fitted, before the filter."""
    trusted: float
    """Probability 0..1 that the fit's mean joint error is below 20 mm; 0 where it was refused."""
    shape: Float64
    """[10]: the person's shape as learnt so far."""
    weights_revision: int
