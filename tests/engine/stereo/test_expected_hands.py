from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.messages import HandState, Scene, Side
from engine.stereo.expected_hands import MARGIN_M, PAIRS, ExpectedHands
from engine.stereo.near_blocks import FOLLOWED_CELLS, near_blocks
from tests.fakes.sessions import tracked_hand

CAMERA = PinholeCamera(640, 480, 500.0, 500.0, 319.5, 239.5)
SCALE = 500.0 * 0.09


def scene(*hands: HandState) -> Scene:
    return Scene(1, 10**9, hands, 10**9 + 10)


def moved(hand: HandState, by_m: tuple[float, float, float]) -> HandState:
    return replace(hand, joints=hand.joints + np.array(by_m))


def test_a_box_holds_the_hand_and_its_flesh() -> None:
    expected = ExpectedHands(CAMERA)
    hand = tracked_hand(Side.RIGHT)
    expected.tell(scene(hand))
    ((left, top, right, bottom),) = expected.boxes()
    points = CAMERA.project(hand.joints)
    margin = MARGIN_M * CAMERA.fx / hand.joints[:, 2].max()
    assert (points - margin >= [left, top]).all()
    assert (points + margin <= [right, bottom]).all()
    assert (right - left) < np.ptp(points[:, 0]) + 4 * margin


def test_what_was_told_is_forgotten_after_some_pairs() -> None:
    expected = ExpectedHands(CAMERA)
    assert expected.boxes() == ()
    expected.tell(scene(tracked_hand(Side.RIGHT)))
    assert [len(expected.boxes()) for _ in range(PAIRS + 2)] == [1] * PAIRS + [0, 0]


def test_a_scene_without_hands_expects_none() -> None:
    expected = ExpectedHands(CAMERA)
    expected.tell(scene(tracked_hand(Side.RIGHT)))
    expected.tell(scene())
    assert expected.boxes() == ()


def test_a_hand_behind_the_camera_is_expected_nowhere() -> None:
    expected = ExpectedHands(CAMERA)
    hand = tracked_hand(Side.RIGHT)
    expected.tell(scene(moved(hand, (0.0, 0.0, -2.0)), hand))
    assert len(expected.boxes()) == 1


def test_an_expected_hand_is_matched_before_all_others_and_with_less() -> None:
    coarse = np.full((120, 160), 12.0, np.float32)
    coarse[10:110, 5:60] = 95.0  # Something near and large.
    coarse[50:80, 100:130] = 80.0
    blocks = near_blocks(coarse, 4, SCALE, [(380, 180, 540, 340)])
    hand = blocks[-1].block  # What is written last stays.
    assert (hand.left, hand.top, hand.right, hand.bottom) == (380, 180, 540, 340)
    assert hand.lowest <= 12
    assert hand.lowest + hand.count >= 80
    assert blocks[-1].level == 1
    assert len(blocks) > 1
    assert sum(near.cells for near in blocks) <= FOLLOWED_CELLS


def test_boxes_beside_the_picture_or_where_nothing_was_seen_are_left_out() -> None:
    blind = np.full((120, 160), -1.0, np.float32)
    assert near_blocks(blind, 4, SCALE, [(400, 200, 520, 320)]) == []
    wall = np.full((120, 160), 12.0, np.float32)
    assert near_blocks(wall, 4, SCALE, [(700, 0, 800, 100), (-90, -90, -5, -5)]) == []
