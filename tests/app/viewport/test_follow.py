from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.viewport.follow import REST_M, followed
from app.viewport.orbit import ViewPose
from tests.app.scenes import make_hand


def _centre(pose: ViewPose) -> np.ndarray:
    return np.array(pose.target)


def test_without_hands_the_view_stands_still() -> None:
    assert followed(ViewPose(), (), 1.0) == ViewPose()


def test_the_first_look_aims_at_the_middle_of_the_hand() -> None:
    hand = make_hand(position=(0.2, -0.1, 0.7))
    low, high = hand.vertices.min(0), hand.vertices.max(0)
    np.testing.assert_allclose(
        _centre(followed(ViewPose(), (hand,), float("inf"))), (low + high) / 2, atol=1e-6
    )


def test_two_hands_together_are_followed_and_one_far_away_is_not() -> None:
    first = make_hand(position=(0.0, 0.05, 0.45), hand_id=1)
    alone = _centre(followed(ViewPose(), (first,), float("inf")))
    near = make_hand(position=(0.2, 0.05, 0.45), hand_id=2)
    both = _centre(followed(ViewPose(), (near, first), float("inf")))
    np.testing.assert_allclose(both - alone, [0.1, 0.0, 0.0], atol=1e-6)
    far = make_hand(position=(1.0, 0.05, 1.45), hand_id=2)
    np.testing.assert_allclose(_centre(followed(ViewPose(), (far, first), float("inf"))), alone)


def test_the_view_comes_nearer_in_many_small_steps_and_stops_short() -> None:
    hand = make_hand(position=(0.3, 0.1, 0.5))
    goal = _centre(followed(ViewPose(), (hand,), float("inf")))
    pose, distances = ViewPose(), []
    for _ in range(200):
        pose = followed(pose, (hand,), 1 / 30)
        distances.append(np.linalg.norm(goal - _centre(pose)))
    assert distances[0] > 0.9 * np.linalg.norm(goal - _centre(ViewPose()))
    assert (np.diff(distances) <= 1e-12).all()
    np.testing.assert_allclose(distances[-1], REST_M, atol=1e-3)


def test_a_trembling_hand_does_not_move_the_view() -> None:
    pose = followed(ViewPose(), (make_hand(),), float("inf"))
    moved = make_hand(position=(0.01, 0.08, 0.45))
    assert followed(pose, (moved,), 1 / 30) == pose


def test_following_keeps_the_persons_angle_and_distance() -> None:
    pose = replace(ViewPose(), yaw=1.0, pitch=-0.3, distance_m=0.9, mirrored=True)
    after = followed(pose, (make_hand(position=(0.3, 0.1, 0.5)),), 0.5)
    assert (after.yaw, after.pitch, after.distance_m, after.mirrored) == (1.0, -0.3, 0.9, True)
