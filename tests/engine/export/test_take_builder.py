"""Which sightings are one hand, which are wanted, and what of them is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.export.take import ExportError
from engine.export.take_builder import HandChoice, build_take
from engine.hand.skinning import forward_kinematics
from engine.messages import Scene, Side
from tests.engine.export.takes import FPS, START_NS, model, scenes, state_at, take

BOTH = (Side.RIGHT, Side.LEFT)


def test_a_hand_that_comes_back_with_a_new_id_is_the_same_hand() -> None:
    (hand,) = take(12, unseen=(3, 4, 8)).hands
    assert hand.name == "right"
    assert hand.frames.tolist() == [0, 1, 2, 5, 6, 7, 9, 10, 11]
    assert len(set(hand.hand_ids.tolist())) == 3


def test_two_right_hands_at_once_stay_apart() -> None:
    moments = [
        (time_ns, replace(scene, hands=(*scene.hands, state_at(0.4, Side.RIGHT, 99))))
        for time_ns, scene in scenes(5)
    ]
    right, other = build_take("made-up", moments, model()).hands
    assert (right.name, other.name) == ("right", "right_2")
    assert set(right.hand_ids) == {0}
    assert set(other.hand_ids) == {99}


def test_times_start_at_the_first_frame_also_where_it_has_no_hand() -> None:
    made = take(6, unseen=(0,))
    np.testing.assert_allclose(made.times_s, np.arange(6) / FPS, atol=1e-9)
    assert made.sequences.tolist() == list(range(100, 106))
    assert made.hands[0].frames.tolist() == [1, 2, 3, 4, 5]
    assert made.rate_hz == pytest.approx(FPS)
    assert made.duration_s == pytest.approx(5 / FPS)


def test_poses_are_those_of_the_states() -> None:
    made = take(4, BOTH)
    for hand in made.hands:
        state = state_at(3 / FPS, hand.side)
        _, rest = hand.model.shaped(state.shape)
        _, joints = forward_kinematics(rest, hand.rotations[3], hand.wrist_positions[3])
        np.testing.assert_allclose(joints[8], state.joints[10], atol=1e-9)
        np.testing.assert_array_equal(hand.joints[3], state.joints)
        np.testing.assert_array_equal(hand.angles[3], state.angles)
        np.testing.assert_allclose(hand.shape, state.shape)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (HandChoice(), ["right", "left"]),
        (HandChoice(side=Side.LEFT), ["left"]),
        (HandChoice(hand_id=0), ["right"]),
    ],
)
def test_only_chosen_hands(choice: HandChoice, names: list[str]) -> None:
    made = build_take("made-up", scenes(3, BOTH), model(), choice)
    assert [hand.name for hand in made.hands] == names
    assert len(made.times_s) == 3


def test_frames_that_do_not_go_forward_are_left_out() -> None:
    moments = list(scenes(5))
    again = [*moments[:3], moments[1], moments[2], *moments[3:]]
    made = build_take("made-up", again, model())
    assert made.sequences.tolist() == [100, 101, 102, 103, 104]
    assert (np.diff(made.times_s) > 0).all()


def test_a_hand_of_no_numbers_was_not_seen() -> None:
    moments = list(scenes(3))
    time_ns, scene = moments[1]
    (hand,) = scene.hands
    moments[1] = time_ns, replace(scene, hands=(replace(hand, angles=np.full(22, np.nan)),))
    assert build_take("made-up", moments, model()).hands[0].frames.tolist() == [0, 2]


def test_without_any_hand_there_is_one_sentence() -> None:
    empty = [(START_NS + k, Scene(k, START_NS + k, ())) for k in range(4)]
    with pytest.raises(ExportError, match=r"'made-up'.*a hand is expected.*none.*4 frames"):
        build_take("made-up", empty, model())
    with pytest.raises(ExportError, match="0 frames"):
        build_take("made-up", [], model())


def test_without_the_chosen_hand_the_others_are_named() -> None:
    with pytest.raises(ExportError, match=r"a left hand.*seen were right 0"):
        build_take("made-up", scenes(2), model(), HandChoice(side=Side.LEFT))
