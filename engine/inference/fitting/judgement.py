"""How well a posed mesh explains an observation, in figures that can be compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Judgement:
    """Figures of one pose on one observation.

    The mesh-to-depth residual is the mean, over the sampled points of the hand (those in front of
    the wrist plane: the forearm does not count), of the distance from the point to the closest
    place on the visible mesh, each no more than 20 mm.
    """

    score_m: float
    """Residual plus what the mesh outside the mask and in free space costs; lower is better."""
    residual_m: float
    explained: float
    """Share 0..1 of hand points within 12 mm of the visible mesh and facing the same way."""
    outside: float
    """Share 0..1 of vertices that project clearly beside the hand."""
    in_front: float
    """Share 0..1 of visible vertices that stand in front of the observed hand."""
    point_count: int
    """Hand points that were judged; a handful says little."""
