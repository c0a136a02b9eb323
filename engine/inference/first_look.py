"""Places where no hand is followed yet: a glance at each, then a close look at the likeliest.

A new hand is looked at like that a few times more, to be sure of its side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.inference.belief import fit_evidence
from engine.inference.crops import CUBE_M
from engine.inference.depth_view import mirror_points
from engine.inference.fitting import KnownShape
from engine.inference.hand_solver import HandSolver
from engine.inference.hand_track import Place
from engine.inference.lanes import Lane, Lanes
from engine.inference.seen import Seen, belief_of, finger_centre, seen_at, side_told
from engine.messages import Side

LEAST_BELIEF = 0.3
"""Places of which the network thinks less at first glance are not worth two fits."""


def glance(lane: Lane, place: Place, sides: Sequence[Side]) -> Seen:
    """Ask the network about a place once, as its likelier side of those that a new hand may be."""
    side = place.side if place.side in sides else sides[0]
    network = lane.infer(side, mirror_points(place.centre, side), CUBE_M)
    lane.times.lap("network")
    return replace(seen_at(place, side, network, place.right, 0.0), glance=True)


class FirstLook:
    """Fits new hands, as each side that they may be: the wrong hand fits the depth worse."""

    def __init__(self, solver: HandSolver, known: Mapping[Side, KnownShape]) -> None:
        """`known` is the shape with which a new hand of a side begins."""
        self._solver = solver
        self._known = known

    def take(
        self, lanes: Lanes, seen: Sequence[Seen], sides: Sequence[Side], room: int
    ) -> list[Seen]:
        """What was seen, with the likeliest glances looked at closely and the others dropped.

        Args:
            seen: everything of this frame, glances included.
            sides: what a new hand may be; each is tried.
            room: how many hands are missing, and so how many new places are looked at.
        """
        glances = [s for s in seen if s.glance]
        born = [s for s in glances if s.look.place.track_id is not None]
        free = [s for s in glances if s.look.place.track_id is None]
        likely = [s for s in free if belief_of(s) >= LEAST_BELIEF]
        chosen = born + sorted(likely, key=belief_of, reverse=True)[:room]
        tries = [(s, side) for s in chosen for side in sides]
        tried = lanes.work(self._try_side, tries)
        by_glance = [
            [t for (s, _), t in zip(tries, tried, strict=True) if s is one] for one in chosen
        ]
        return [s for s in seen if not s.glance] + [side_told(looks) for looks in by_glance]

    def again(self, lanes: Lanes, seen: Seen) -> Seen:
        """A followed hand as each side; the likelier one, with a look that tells how likely right.

        Following tells that badly: of a hand that was mirrored as one side the network tends to say
        that it is of that side.
        """
        return side_told(lanes.work(self._try_side, [(seen, side) for side in Side]))

    def _try_side(self, lane: Lane, glanced: tuple[Seen, Side]) -> Seen:
        """A place seen as a hand of one side: centred on its fingers, then fitted."""
        seen, side = glanced
        place = seen.look.place
        centre = mirror_points(place.centre, side)
        lane.times.mark()
        first = seen.network if side is seen.side else lane.infer(side, centre, CUBE_M)
        network = lane.infer(side, finger_centre(first, centre), CUBE_M)
        lane.times.lap("network")
        known = self._known[side]
        solved = self._solver.solve(
            lane.views[side], network, None, known.shape, lane.times, shape_weight=known.weight
        )
        return seen_at(place, side, network, 0.5, fit_evidence(solved, network), solved)
