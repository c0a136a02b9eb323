"""Which hands there are, over time: birth, following, loss, finding again, left or right.

A state machine over places and probabilities; it never sees an image. In each frame the estimator
asks `must_search` whether to run the localiser, gets from `places` where to look, looks there with
the network, and reports what it saw to `update`, which returns the hands to show. Between frames it
asks `may_search`: for a second hand there is time.

- A hand is born at once where the network is sure, and after three frames in a row where it is
  merely likely; so a single doubtful frame never shows a hand.
- A hand that is not seen is hidden at once and forgotten after a few frames. Its identity stays
  reserved for a while: a hand of the same side that comes back gets the same number.
- Side is a vote over frames. The look at a new hand counts most; later frames show nearly the same
  picture again, so they count little, and it takes a second of evidence against a side to change
  it. Until the votes agree as far as they can, the side is tested between frames now and then, and
  a test counts nearly as much as the first look. Two hands at once are one person's: one left, one
  right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.inference.belief import birth_belief
from engine.inference.hand_track import (
    LIKELY,
    SURE,
    VOTE_LIMIT,
    HandTrack,
    Look,
    Place,
    first_votes,
    followed,
    restarted,
    tested,
)
from engine.messages import Side

Float64 = npt.NDArray[np.float64]

MOST_HANDS = 2
MEMORY_NS = 10_000_000_000
"""How long an identity waits for its hand to come back."""
STALE_NS = 250_000_000
"""After a pause as long as this between two frames a hand may be anywhere."""
GLANCES = 2
"""Candidates glanced at for each hand that is missing, where none is followed."""
SURE_BESIDE = 0.97
"""Belief at which a hand is shown from its first frame beside one that is followed: a thing on the
table is looked at twice a second for minutes there, until it resembles a hand for once. True second
hands reach 0.99."""
SECOND_SCORE = 0.22
"""Score of a candidate that is worth a glance beside a hand that is followed: there the frames must
stay cheap, and the next search is half a second away."""
SEARCH_EVERY = 15
"""Frames between searches for a second hand while one is followed."""
SAME_PLACE_M = 0.07
"""Palm centres closer than this are one hand."""
TAKEN_M = 0.10
"""A candidate this close to a followed hand is that hand."""
MEMORY_VOTE, MEMORY_REACH_M = 3.0, 0.2
"""Hands come back where they left: log-odds for the side of the lost hand that was nearer, where
it was nearer by the reach or more; a third of that where only one was lost."""
CHANGE_SIDE = -1.5
"""Votes (log-odds) against the present side that change it."""
TEST_EVERY = 4
"""Frames between tests of a side that is open yet."""
SETTLED = 2.0
"""Votes for the present side beside which another hand need not be looked at as this side too."""


class HandTracks:
    """The hands of one source. Belongs to the estimator's thread."""

    def __init__(self) -> None:
        self.reset()

    @property
    def tracks(self) -> tuple[HandTrack, ...]:
        """All that are followed, confirmed or not."""
        return tuple(self._tracks)

    def reset(self) -> None:
        """Forget every hand and start numbering anew."""
        self._tracks: list[HandTrack] = []
        self._gone: list[HandTrack] = []
        self._next_id = 1
        self._since_search = 0
        self._frames = 0
        self._tested: dict[int, int] = {}
        """Frame in which the side of a hand, by its number, was tested or the hand was born."""

    def must_search(self, time_ns: int) -> bool:
        """Whether hands are not where they were: none is followed, or one is missing or has not
        been seen for a while at this time."""
        followed = [t for t in self._tracks if t.misses == 0 and time_ns - t.seen_ns < STALE_NS]
        return not followed or len(followed) < min(len(self._tracks), MOST_HANDS)

    @property
    def may_search(self) -> bool:
        """Whether to look for another hand beside those that are followed, as is done now and
        then."""
        return len(self._tracks) < MOST_HANDS and self._since_search + 1 >= SEARCH_EVERY

    @property
    def sides_of_new(self) -> tuple[Side, ...]:
        """What a hand that is not followed yet may be: beside one hand whose side is settled, the
        other one of that person."""
        present = [track for track in self._tracks if track.misses == 0 and track.confirmed]
        if len(present) == 1 and present[0].support >= SETTLED:
            return (present[0].side.other,)
        return tuple(Side)

    @property
    def side_to_test(self) -> int | None:
        """Number of a hand whose side is worth a test now; None where there is none."""
        ages = [(self._frames - self._tested.get(t.hand_id, 0), t) for t in self._tracks]
        open_ = [(age, t.hand_id) for age, t in ages if t.shown and t.support < VOTE_LIMIT]
        age, hand_id = max(open_, default=(0, 0))
        return hand_id if age >= TEST_EVERY else None

    def take_test(self, look: Look) -> None:
        """Take in a look at a followed hand as each side."""
        hand_id = look.place.track_id
        if hand_id is not None:
            self._tested[hand_id] = self._frames
        self._tracks = [tested(t, look) if t.hand_id == hand_id else t for t in self._tracks]

    def room(self, time_ns: int) -> int:
        """How many hands are missing at this time, of as many as can be followed."""
        seen = [t for t in self._tracks if t.misses == 0 and time_ns - t.seen_ns < STALE_NS]
        return max(MOST_HANDS - len(seen), 0)

    def places(self, time_ns: int, candidates: Sequence[Place] = ()) -> list[Place]:
        """Where to look: at every hand that is followed, then at candidates that are none of them.

        A track that is missing moves to a candidate of its side. The best candidates come first in
        `candidates`; at most twice as many are added as hands are missing (`room`), to choose from,
        but only the best one while another hand is followed.
        """
        places = [Place(t.hand_id, t.predicted(time_ns), t.right) for t in self._tracks]
        owners = [_nearest(candidate.centre, places, TAKEN_M) for candidate in candidates]
        for k, track in enumerate(self._tracks):
            own = [c for c, owner in zip(candidates, owners, strict=True) if owner == k]
            if own and (track.misses > 0 or time_ns - track.seen_ns >= STALE_NS):
                places[k] = replace(places[k], centre=own[0].centre)
        free = [c for c, owner in zip(candidates, owners, strict=True) if owner is None]
        if any(track.misses == 0 for track in self._tracks):
            return places + [c for c in free if c.score >= SECOND_SCORE][: self.room(time_ns)]
        return places + free[: GLANCES * self.room(time_ns)]

    def update(
        self, time_ns: int, looks: Sequence[Look], searched: bool = False
    ) -> tuple[HandTrack, ...]:
        """Take in what was seen; the hands to show, in order of their numbers.

        Args:
            time_ns: capture time of the frame; must not go back.
            looks: one for each place that was looked at.
            searched: whether the localiser ran on this frame.
        """
        self._since_search = 0 if searched else self._since_search + 1
        self._frames += 1
        by_id = {look.place.track_id: look for look in looks if look.place.track_id is not None}
        before = self._tracks
        self._tracks = [followed(track, by_id.get(track.hand_id), time_ns) for track in before]
        if len(before) == 2:
            self._tracks = _without_intruder(before, self._tracks)
        self._bury(time_ns)
        for look in looks:
            if look.place.track_id is None:
                self._consider(look, time_ns)
        kept = _without_doubles(self._tracks)
        self._gone += [track for track in self._tracks if track.confirmed and track not in kept]
        self._tracks = kept
        self._tracks = _sides_assigned(self._tracks)
        shown = [track for track in self._tracks if track.shown]
        return tuple(sorted(shown, key=lambda track: track.hand_id))

    def _bury(self, time_ns: int) -> None:
        """Drop tracks that are lost, and identities that have waited too long."""
        lost = [track for track in self._tracks if track.lost]
        self._tracks = [track for track in self._tracks if not track.lost]
        self._gone += [track for track in lost if track.confirmed]
        self._gone = [t for t in self._gone if time_ns - t.seen_ns < MEMORY_NS]

    def _consider(self, look: Look, time_ns: int) -> None:
        """A birth, or a missing hand found again elsewhere."""
        look = replace(look, presence=birth_belief(look.place.score, look.presence))
        if look.presence < LIKELY:
            return
        side, votes = self._side_of_new(look)
        missing = [track for track in self._tracks if track.misses > 0]
        again = next((t for t in missing if t.side is side), None)
        if again is not None and look.presence >= SURE:
            self._tracks.remove(again)
            self._tracks.append(restarted(again, look, time_ns))
            return
        while len(self._tracks) >= MOST_HANDS and missing:
            self._gone.append(missing[0])
            self._tracks.remove(missing.pop(0))
        if len(self._tracks) < MOST_HANDS:
            self._tracks.append(self._born(look, votes, side, time_ns))

    def _side_of_new(self, look: Look) -> tuple[Side, float]:
        """Side and votes of a hand that was not followed so far."""
        votes = first_votes(look)
        present = [track for track in self._tracks if track.misses == 0]
        if len(present) == 1:  # the other hand of the same person
            side = present[0].side.other
            return side, max(votes, 0.0) if side is Side.RIGHT else min(votes, 0.0)
        votes += self._memory_of(look.centre)
        return (Side.RIGHT if votes >= 0 else Side.LEFT), votes

    def _memory_of(self, centre: Float64) -> float:
        """Log-odds for the right hand from where hands have lately been lost."""
        waiting = [t for t in (*self._gone, *self._tracks) if t.confirmed and t.misses > 0]
        last = {track.side: track for track in waiting}
        if len(last) == 2:
            nearer = _apart(last[Side.LEFT].centre, centre) - _apart(
                last[Side.RIGHT].centre, centre
            )
            return MEMORY_VOTE * float(np.clip(nearer / MEMORY_REACH_M, -1.0, 1.0))
        if not last:
            return 0.0
        return MEMORY_VOTE / 3 if Side.RIGHT in last else -MEMORY_VOTE / 3

    def _born(self, look: Look, votes: float, side: Side, time_ns: int) -> HandTrack:
        beside = any(track.shown for track in self._tracks)
        former = next((track for track in reversed(self._gone) if track.side is side), None)
        if former is not None:
            self._gone.remove(former)
            hand_id = former.hand_id
        else:
            hand_id = self._next_id
            self._next_id += 1
        self._tested[hand_id] = self._frames
        return HandTrack(
            hand_id=hand_id,
            centre=np.array(look.centre, np.float64),
            velocity=np.zeros(3),
            seen_ns=time_ns,
            votes=votes,
            side=side,
            confirmed=look.presence >= (SURE_BESIDE if beside else SURE),
        )


def _without_intruder(before: list[HandTrack], after: list[HandTrack]) -> list[HandTrack]:
    """Two hands that were apart and now seem to be at one place: the one that jumped there has
    been drawn to the other; it stays where it was and counts as not seen."""
    if _apart(after[0].centre, after[1].centre) >= SAME_PLACE_M:
        return after
    moved = [_apart(new.centre, old.centre) for old, new in zip(before, after, strict=True)]
    intruder = int(np.argmax(moved))
    hidden = replace(before[intruder], misses=before[intruder].misses + 1, hits=0)
    return [hidden if k == intruder else track for k, track in enumerate(after)]


def _nearest(centre: Float64, places: Sequence[Place], reach_m: float) -> int | None:
    """Index of the place nearest to `centre`; None where none is within reach."""
    distances = [_apart(centre, place.centre) for place in places]
    if not distances or min(distances) >= reach_m:
        return None
    return int(np.argmin(distances))


def _without_doubles(tracks: list[HandTrack]) -> list[HandTrack]:
    """Two tracks on one hand: the one that has been seen for longer stays."""
    kept: list[HandTrack] = []
    for track in sorted(tracks, key=lambda t: (t.misses > 0, not t.confirmed, -t.hits)):
        if all(_apart(track.centre, other.centre) >= SAME_PLACE_M for other in kept):
            kept.append(track)
    return [track for track in tracks if track in kept]


def _sides_assigned(tracks: list[HandTrack]) -> list[HandTrack]:
    """Sides after the votes, with hysteresis; of two hands one is left and one right."""
    if len(tracks) == 1:
        (track,) = tracks
        wrong = track.support < CHANGE_SIDE
        return [replace(track, side=track.side.other) if wrong else track]
    if len(tracks) == 2:
        first, second = tracks
        if first.side is second.side:
            newer = min(tracks, key=lambda t: (t.confirmed, abs(t.votes)))
            return [replace(t, side=t.side.other) if t is newer else t for t in tracks]
        if first.support + second.support < 2 * CHANGE_SIDE:
            return [replace(track, side=track.side.other) for track in tracks]
    return tracks


def _apart(first: Float64, second: Float64) -> float:
    return float(np.linalg.norm(np.asarray(first) - np.asarray(second)))
