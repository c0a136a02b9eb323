"""One skeleton for a take in which the fitted shape wanders."""

from __future__ import annotations

import numpy as np

from engine.export.animated_hand import animated_hand, posed_keypoints, rest_hand
from engine.export.take_builder import build_take
from engine.hand.skinning import pose_hand
from engine.messages import Side
from tests.engine.export.takes import FPS, SHAPE, model, pose_at, scenes, state_at, take


def wandering_take(count: int = 30):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(5)
    moments = []
    for index, (time_ns, scene) in enumerate(scenes(count)):
        shape = SHAPE + rng.normal(0, 0.3, 10)
        hand = state_at(index / FPS, Side.RIGHT, 0, shape)
        moments.append((time_ns, type(scene)(scene.sequence, scene.captured_ns, (hand,))))
    return build_take("made-up", moments, model())


def test_the_rig_is_exact_where_the_shape_stays() -> None:
    made = take(5)
    animated = animated_hand(made, made.hands[0])
    assert animated.deviations_m.max() < 1e-12
    posed = pose_hand(model(), pose_at(4 / FPS))
    keypoints = posed_keypoints(
        animated.rest, animated.motion.rotations, animated.motion.wrist_positions
    )
    np.testing.assert_allclose(keypoints[4], posed.keypoints, atol=1e-12)


def test_a_wandering_shape_becomes_its_median() -> None:
    made = wandering_take()
    rest = animated_hand(made, made.hands[0]).rest
    expected, _ = model().shaped(np.median(made.hands[0].shapes, axis=0))
    np.testing.assert_allclose(rest.vertices, expected[:-5])
    assert np.abs(made.hands[0].shape - SHAPE).max() < 0.3


def test_the_wrist_is_placed_where_joints_lie_closest() -> None:
    made = wandering_take()
    (hand,) = made.hands
    animated = animated_hand(made, hand)
    unplaced = posed_keypoints(rest_hand(hand), hand.rotations, hand.wrist_positions)
    placed = posed_keypoints(
        animated.rest, animated.motion.rotations, animated.motion.wrist_positions
    )
    squares = [((points - hand.joints) ** 2).sum((1, 2)) for points in (placed, unplaced)]
    assert (squares[0] <= squares[1]).all()
    off = np.linalg.norm(placed - hand.joints, axis=-1).mean(1)
    np.testing.assert_allclose(animated.deviations_m, off)
    assert 1e-5 < off.mean() < 2e-3
