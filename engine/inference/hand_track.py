"""One hand over time: where it is looked for, what is seen there, what follows for its track.

Rules for one track alone; those between hands are in engine.inference.hand_tracks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.inference.belief import limited_log_odds, probability
from engine.messages import Side

Float64 = npt.NDArray[np.float64]

SURE = 0.9
"""Belief at which a hand is shown from its first frame."""
LIKELY = 0.75
"""Belief that counts towards a birth."""
KEEP = 0.35
"""Presence above which a hand that is followed stays; lower than LIKELY, so that it does not
flicker."""
BIRTH_FRAMES = 3
LOST_FRAMES = 6
VOTE_LIMIT = 6.0
BIRTH_VOTE, FRAME_VOTE, TEST_VOTE = 2.5, 0.2, 2.0
"""Log-odds that the first look at a hand, each later one, and a test of its side may add at
most."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where to look in this frame."""

    track_id: int | None
    """Of the hand that should be there; None for a place that the localiser proposes."""
    centre: Float64
    """[3] metres, camera frame: the middle of the palm (mean of the wrist and four MCPs)."""
    right: float
    """Probability in 0..1 that it is a right hand, as far as is known."""
    score: float = 1.0
    """How sure its proposer is that a hand is there, 0..1."""

    @property
    def side(self) -> Side:
        return Side.RIGHT if self.right >= 0.5 else Side.LEFT


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the network saw at a place."""

    place: Place
    centre: Float64
    """[3] metres: the palm as found there."""
    presence: float
    """Probability in 0..1 that this is a hand."""
    right: float
    """Probability in 0..1 that it is a right hand, by this frame alone."""


@dataclass(frozen=True, slots=True, eq=False)
class HandTrack:
    """One hand that is being followed."""

    hand_id: int
    centre: Float64
    """[3] metres."""
    velocity: Float64
    """[3] metres a second."""
    seen_ns: int
    votes: float
    """Log-odds for the right hand, summed over frames and limited."""
    side: Side
    hits: int = 1
    misses: int = 0
    confirmed: bool = False

    @property
    def right(self) -> float:
        return probability(self.votes)

    def predicted(self, time_ns: int) -> Float64:
        """[3] where the hand should be at `time_ns`; at most 0.1 s ahead."""
        ahead_s = float(np.clip((time_ns - self.seen_ns) / 1e9, 0.0, 0.1))
        centre: Float64 = self.centre + self.velocity * ahead_s
        return centre

    @property
    def support(self) -> float:
        """Votes for the side that it has."""
        return self.votes if self.side is Side.RIGHT else -self.votes

    @property
    def shown(self) -> bool:
        """Whether it is a hand, and there to be seen."""
        return self.confirmed and self.misses == 0

    @property
    def lost(self) -> bool:
        """Whether it has not been seen for too long to be followed on."""
        return self.misses > (LOST_FRAMES if self.confirmed else 0)


def followed(track: HandTrack, look: Look | None, time_ns: int) -> HandTrack:
    """The track after this frame's look at it."""
    if look is None or look.presence < KEEP:
        return replace(track, misses=track.misses + 1, hits=0)
    elapsed_s = max((time_ns - track.seen_ns) / 1e9, 1e-3)
    measured = (look.centre - track.centre) / elapsed_s
    velocity = 0.5 * track.velocity + 0.5 * measured if track.misses == 0 else np.zeros(3)
    speed = float(np.linalg.norm(velocity))
    vote = FRAME_VOTE * (2.0 * look.right - 1.0)
    votes = float(np.clip(track.votes + vote, -VOTE_LIMIT, VOTE_LIMIT))
    hits = track.hits + 1 if look.presence >= LIKELY else track.hits
    return replace(
        track,
        centre=np.array(look.centre, np.float64),
        velocity=velocity * min(1.0, 2.0 / max(speed, 1e-9)),
        seen_ns=time_ns,
        votes=votes,
        hits=hits,
        misses=0,
        confirmed=track.confirmed or hits >= BIRTH_FRAMES or look.presence >= SURE,
    )


def tested(track: HandTrack, look: Look) -> HandTrack:
    """The track after a test of its side: a look as both sides, which tells nothing where neither
    is surely a hand."""
    if look.presence < SURE:
        return track
    votes = track.votes + limited_log_odds(look.right, TEST_VOTE)
    return replace(track, votes=float(np.clip(votes, -VOTE_LIMIT, VOTE_LIMIT)))


def restarted(track: HandTrack, look: Look, time_ns: int) -> HandTrack:
    """A missing hand that was found at another place."""
    return replace(
        track, centre=np.array(look.centre, np.float64), velocity=np.zeros(3), seen_ns=time_ns,
        hits=1, misses=0,
    )  # fmt: skip


def first_votes(look: Look) -> float:
    """Log-odds for the right hand from the first look at a hand."""
    return limited_log_odds(look.right, BIRTH_VOTE)
