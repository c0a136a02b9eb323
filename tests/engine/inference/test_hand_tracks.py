"""Birth, following, loss, finding again, sides and identities, without any image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inference.belief import birth_belief
from engine.inference.hand_track import BIRTH_FRAMES, LOST_FRAMES, HandTrack, Look, Place
from engine.inference.hand_tracks import SEARCH_EVERY, TEST_EVERY, HandTracks
from engine.messages import Side

FRAME_NS = 33_000_000
NEUTRAL = 0.5
"""A score that leaves the belief to the presence."""
MIDDLE = np.array([0.0, 0.0, 0.5])
ASIDE = np.array([0.25, 0.0, 0.5])


class World:
    """Hands where we put them; looks see exactly those, at most 15 cm away."""

    def __init__(self) -> None:
        self.tracks = HandTracks()
        self.time_ns = 0
        self.searches = 0

    def frame(self, hands: Sequence[tuple[np.ndarray, float, float]]) -> tuple[HandTrack, ...]:
        """One frame with hands of (centre, presence, right probability)."""
        self.time_ns += FRAME_NS
        searched = self.tracks.must_search(self.time_ns) or self.tracks.may_search
        self.searches += searched
        candidates = [Place(None, c, 0.5, NEUTRAL) for c, _, _ in hands] if searched else []
        places = self.tracks.places(self.time_ns, candidates)
        looks = [self._look(place, hands) for place in places]
        return self.tracks.update(self.time_ns, looks, searched)

    @staticmethod
    def _look(place: Place, hands: Sequence[tuple[np.ndarray, float, float]]) -> Look:
        near = min(hands, key=lambda h: np.linalg.norm(h[0] - place.centre), default=None)
        if near is None or np.linalg.norm(near[0] - place.centre) > 0.15:
            return Look(place, place.centre, 0.02, 0.5)
        return Look(place, near[0], near[1], near[2])


def right(centre: np.ndarray, presence: float = 0.97) -> tuple[np.ndarray, float, float]:
    return centre, presence, 0.9


def left(centre: np.ndarray, presence: float = 0.97) -> tuple[np.ndarray, float, float]:
    return centre, presence, 0.1


def test_a_sure_hand_is_shown_in_its_first_frame() -> None:
    shown = World().frame([right(MIDDLE)])
    assert [(t.hand_id, t.side) for t in shown] == [(1, Side.RIGHT)]


def test_a_likely_hand_is_shown_after_three_frames_in_a_row() -> None:
    world = World()
    counts = [len(world.frame([right(MIDDLE, 0.8)])) for _ in range(BIRTH_FRAMES)]
    assert counts == [0] * (BIRTH_FRAMES - 1) + [1]


def test_doubtful_flashes_are_never_shown() -> None:
    world = World()
    for k in range(60):
        assert world.frame([right(MIDDLE, 0.8)] if k % 3 == 0 else []) == ()


def test_a_hand_is_born_only_where_proposer_and_network_agree() -> None:
    tracks = HandTracks()
    doubted = Place(None, MIDDLE, 0.9, score=0.25)
    assert tracks.update(FRAME_NS, [Look(doubted, MIDDLE, 0.9, 0.9)], searched=True) == ()
    believed = Place(None, MIDDLE, 0.9, score=0.9)
    assert tracks.update(2 * FRAME_NS, [Look(believed, MIDDLE, 0.001, 0.9)], searched=True) == ()
    assert len(tracks.update(3 * FRAME_NS, [Look(believed, MIDDLE, 0.9, 0.9)])) == 1


def test_belief_grows_with_either_opinion() -> None:
    scores = np.linspace(0.02, 0.98, 13)
    table = np.array([[birth_belief(score, presence) for presence in scores] for score in scores])
    assert (np.diff(table, axis=0) >= 0).all()
    assert (np.diff(table, axis=1) > 0).all()
    assert 0 < table.min() < 0.01
    assert 0.99 < table.max() < 1


def test_nothing_is_shown_where_nothing_is() -> None:
    world = World()
    assert all(world.frame([]) == () for _ in range(10))
    assert all(world.frame([right(MIDDLE, 0.3)]) == () for _ in range(10))


def test_a_hand_is_hidden_in_the_frame_in_which_it_is_gone() -> None:
    world = World()
    world.frame([right(MIDDLE)])
    assert world.frame([]) == ()


def test_a_short_gap_keeps_the_identity_and_forgets_no_side() -> None:
    world = World()
    for _ in range(10):
        world.frame([right(MIDDLE)])
    for _ in range(LOST_FRAMES - 1):
        world.frame([])
    shown = world.frame([(MIDDLE, 0.97, 0.4)])
    assert [(t.hand_id, t.side) for t in shown] == [(1, Side.RIGHT)]


@pytest.mark.parametrize("gone_frames", [1, 5, 20, 60])
def test_a_hand_that_returns_elsewhere_is_shown_at_once_under_its_number(gone_frames: int) -> None:
    world = World()
    for _ in range(10):
        world.frame([right(MIDDLE)])
    for _ in range(gone_frames):
        world.frame([])
    shown = world.frame([right(ASIDE)])
    assert [t.hand_id for t in shown] == [1]


def test_after_the_memory_a_new_hand_gets_a_new_number() -> None:
    world = World()
    world.frame([right(MIDDLE)])
    for _ in range(320):  # more than ten seconds
        world.frame([])
    assert [t.hand_id for t in world.frame([right(MIDDLE)])] == [2]


def test_the_second_hand_is_found_within_half_a_second() -> None:
    world = World()
    for _ in range(5):
        world.frame([right(MIDDLE)])
    frames = next(k for k in range(1, 40) if len(world.frame([right(MIDDLE), left(ASIDE)])) == 2)
    assert frames * FRAME_NS < 0.5e9


def test_searching_costs_little_in_the_steady_state() -> None:
    world = World()
    for _ in range(120):
        world.frame([right(MIDDLE)])
    assert world.searches <= 120 / SEARCH_EVERY + 2
    world.searches = 0
    for _ in range(120):
        world.frame([right(MIDDLE), left(ASIDE)])
    assert world.searches <= SEARCH_EVERY


def test_after_a_pause_between_frames_the_hand_is_searched_everywhere() -> None:
    world = World()
    for _ in range(5):
        world.frame([right(MIDDLE)])
    assert not world.tracks.must_search(world.time_ns + FRAME_NS)
    later_ns = world.time_ns + 700_000_000
    assert world.tracks.must_search(later_ns)
    moved = Place(None, ASIDE, 0.9, NEUTRAL)
    places = world.tracks.places(later_ns, [moved])
    shown = world.tracks.update(later_ns, [world._look(p, [right(ASIDE)]) for p in places], True)
    assert [t.hand_id for t in shown] == [1]


def test_side_changes_only_after_long_evidence_against_it() -> None:
    world = World()
    for _ in range(10):
        world.frame([right(MIDDLE)])
    for _ in range(10):
        assert world.frame([left(MIDDLE)])[0].side is Side.RIGHT
    for _ in range(50):
        shown = world.frame([left(MIDDLE)])
    assert shown[0].side is Side.LEFT
    assert shown[0].hand_id == 1


def _tests_until_left(world: World, presence: float) -> int:
    """A right hand that every test of its side takes for a left one: tests until it is one."""
    world.frame([right(MIDDLE)])
    for tests in range(1, 11):
        while (hand_id := world.tracks.side_to_test) is None:
            world.frame([(MIDDLE, 0.97, 0.5)])
        world.tracks.take_test(Look(Place(hand_id, MIDDLE, 0.5), MIDDLE, presence, 0.01))
        if world.frame([(MIDDLE, 0.97, 0.5)])[0].side is Side.LEFT:
            return tests
    return 0


def test_tests_of_a_side_change_it_where_they_agree() -> None:
    assert _tests_until_left(World(), presence=0.95) == 2


def test_a_test_in_which_no_side_is_surely_a_hand_tells_nothing() -> None:
    assert _tests_until_left(World(), presence=0.8) == 0


def test_a_side_is_tested_now_and_then_until_it_is_told() -> None:
    world = World()
    tests = []
    for k in range(60):
        world.frame([right(MIDDLE)])
        if (hand_id := world.tracks.side_to_test) is not None:
            world.tracks.take_test(Look(Place(hand_id, MIDDLE, 0.5), MIDDLE, 0.97, 0.9))
            tests.append(k)
    assert tests[0] == TEST_EVERY
    assert (np.diff(tests) == TEST_EVERY).all()
    assert tests[-1] < 4 * TEST_EVERY


def test_nothing_hidden_is_tested() -> None:
    world = World()
    world.frame([right(MIDDLE)])
    for _ in range(LOST_FRAMES):
        world.frame([])
        assert world.tracks.side_to_test is None


def test_beside_a_followed_hand_a_flash_that_would_do_alone_shows_no_second_one() -> None:
    assert World().frame([right(MIDDLE, presence=0.93)])
    world = World()
    for _ in range(SEARCH_EVERY + 1):
        world.frame([right(MIDDLE)])
    for k in range(2 * SEARCH_EVERY):
        flash = [left(ASIDE, presence=0.93)] if k % SEARCH_EVERY == 0 else []
        assert len(world.frame([right(MIDDLE), *flash])) == 1


def test_a_second_hand_is_the_other_one_whatever_it_looks_like() -> None:
    world = World()
    for _ in range(60):
        shown = world.frame([right(MIDDLE), right(ASIDE)])
    assert [(t.hand_id, t.side) for t in shown] == [(1, Side.RIGHT), (2, Side.LEFT)]


def test_beside_a_settled_hand_only_the_other_is_looked_for() -> None:
    world = World()
    assert set(world.tracks.sides_of_new) == set(Side), "nothing is known yet"
    for _ in range(10):
        world.frame([left(MIDDLE)])
    assert world.tracks.sides_of_new == (Side.RIGHT,)
    world.frame([])
    assert set(world.tracks.sides_of_new) == set(Side), "the hand that left may come back"


def test_beside_a_doubtful_hand_both_sides_are_looked_for() -> None:
    world = World()
    for _ in range(3):
        shown = world.frame([(MIDDLE, 0.97, 0.6)])
    assert len(shown) == 1
    assert set(world.tracks.sides_of_new) == set(Side)


def test_two_hands_that_were_taken_for_each_other_change_sides_together() -> None:
    world = World()
    for _ in range(20):
        world.frame([right(MIDDLE), left(ASIDE)])
    for _ in range(120):
        shown = world.frame([left(MIDDLE), right(ASIDE)])
    assert [(t.hand_id, t.side) for t in shown] == [(1, Side.LEFT), (2, Side.RIGHT)]


def test_the_missing_one_of_two_hands_keeps_its_number_however_it_looks() -> None:
    world = World()
    for _ in range(20):
        world.frame([right(MIDDLE), left(ASIDE)])
    for _ in range(30):
        world.frame([right(MIDDLE)])
    for _ in range(SEARCH_EVERY + 1):
        shown = world.frame([right(MIDDLE), (ASIDE, 0.97, 0.6)])
    assert [(t.hand_id, t.side) for t in shown] == [(1, Side.RIGHT), (2, Side.LEFT)]


def test_two_doubtful_hands_are_one_of_each_side() -> None:
    world = World()
    shown: tuple[HandTrack, ...] = ()
    for _ in range(SEARCH_EVERY + 2):
        shown = world.frame([(MIDDLE, 0.97, 0.7), (ASIDE, 0.97, 0.55)])
    assert {t.side for t in shown} == {Side.LEFT, Side.RIGHT}
    assert next(t for t in shown if t.centre[0] < 0.1).side is Side.RIGHT


def test_of_two_lost_hands_the_nearer_one_comes_back() -> None:
    world = World()
    for _ in range(20):
        world.frame([right(MIDDLE), left(ASIDE)])
    for _ in range(30):
        world.frame([])
    shown = world.frame(
        [right(ASIDE + [0.0, 0.05, 0.0])]
    )  # at the border it looks like a right one
    assert [(t.hand_id, t.side) for t in shown] == [(2, Side.LEFT)]


def test_a_track_that_is_drawn_to_the_other_hand_is_hidden_and_found_again_as_itself() -> None:
    tracks = HandTracks()
    near = np.array([0.13, 0.0, 0.5])

    def frame(k: int, second: np.ndarray, searched: bool) -> list[tuple[int, Side]]:
        candidates = [Place(None, c, 0.5, NEUTRAL) for c in (MIDDLE, near)] if searched else []
        looks = []
        for place in tracks.places(k * FRAME_NS, candidates):
            own = place.centre[0] < 0.05 and place.track_id != 2
            looks.append(Look(place, MIDDLE if own else second, 0.99, 0.9 if own else 0.1))
        return [(t.hand_id, t.side) for t in tracks.update(k * FRAME_NS, looks, searched)]

    both = [(1, Side.RIGHT), (2, Side.LEFT)]
    assert frame(1, near, searched=True) == both
    assert frame(2, near, searched=False) == both
    assert frame(3, MIDDLE + [0.04, 0, 0], searched=False) == both[:1]
    assert tracks.must_search(4 * FRAME_NS)
    assert frame(4, near, searched=True) == both


def test_two_tracks_on_one_hand_become_one() -> None:
    world = World()
    for _ in range(10):
        world.frame([right(MIDDLE), left(ASIDE)])
    shown: tuple[HandTrack, ...] = ()
    for x in np.linspace(0.25, 0.02, 12):
        shown = world.frame([right(MIDDLE), left(np.array([x, 0, 0.5]))])
    assert len(shown) == 1


def test_there_are_never_more_than_two_hands() -> None:
    world = World()
    places = [np.array([0.3 * k, 0.0, 0.6]) for k in range(4)]
    for _ in range(20):
        assert len(world.frame([right(place) for place in places])) <= 2


def test_reset_forgets_everything() -> None:
    world = World()
    world.frame([right(MIDDLE)])
    world.tracks.reset()
    assert world.tracks.tracks == ()
    assert [t.hand_id for t in world.frame([left(ASIDE)])] == [1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_identities_follow_hands_that_pass_each_other_at_a_distance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    world = World()
    phase, rate = rng.uniform(0, 6, 3), rng.uniform(0.5, 1.5, 3)
    numbers: dict[str, set[int]] = {"right": set(), "left": set()}
    for k in range(120):
        t = k / 30
        swing = 0.12 * np.sin(rate * t + phase)
        hands = [right(MIDDLE + swing), left(MIDDLE + [0.0, 0.28, 0.1] + swing[::-1])]
        order = hands if rng.random() < 0.5 else hands[::-1]
        for track in world.frame(order):
            near = min(hands, key=lambda h: np.linalg.norm(h[0] - track.centre))
            numbers["right" if near is hands[0] else "left"].add(track.hand_id)
    assert len(numbers["right"]) == len(numbers["left"]) == 1
    assert numbers["right"] != numbers["left"]
