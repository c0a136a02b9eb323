"""Arms have the lengths of arms, and hands hang on them the right way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hand.model import load_hand_model
from engine.messages import Side
from engine.render.body import (
    FOREARM_M,
    UPPER_ARM_M,
    Build,
    hand_rotation,
    outward,
    reach,
    shoulder_of,
)

FORWARD, LEFT, UP = np.eye(3)
coordinate = st.floats(-0.8, 0.8)


@given(st.tuples(coordinate, coordinate, coordinate), st.sampled_from(list(Side)))
def test_reaching_keeps_the_lengths_of_the_arm(
    wrist: tuple[float, float, float], side: Side
) -> None:
    build = Build(scale=0.8)
    elbow, end = reach(build, side, np.array(wrist), np.array([-0.3, 0.2, -1.0]))
    assert np.linalg.norm(elbow - shoulder_of(build, side)) == pytest.approx(0.8 * UPPER_ARM_M)
    assert np.linalg.norm(end - elbow) == pytest.approx(0.8 * FOREARM_M, rel=1e-6)


@pytest.mark.parametrize("side", list(Side))
def test_neutral_hand_before_the_body_has_the_thumb_up_and_the_palm_inwards(side: Side) -> None:
    right = load_hand_model()
    model = right if side is Side.RIGHT else right.mirrored()
    R = hand_rotation(side, -UP, FORWARD, 0.0, 0.0, 0.0)
    assert np.linalg.det(R) == pytest.approx(1.0)
    keypoints = model.rest_keypoints() @ R.T
    assert keypoints[12] @ FORWARD > 0.1  # the middle finger points forward
    assert keypoints[5] @ UP > keypoints[17] @ UP + 0.03  # index above little finger
    back = R[:, 2]  # the hand's z axis comes out of its back
    assert back @ LEFT * outward(side) > 0.9


@pytest.mark.parametrize("side", list(Side))
def test_pronation_turns_the_palm_down_and_flexion_bends_towards_it(side: Side) -> None:
    palm_down = hand_rotation(side, -UP, FORWARD, np.pi / 2, 0.0, 0.0)
    assert palm_down[:, 2] @ UP == pytest.approx(1.0)
    bent = hand_rotation(side, -UP, FORWARD, np.pi / 2, 0.5, 0.0)
    assert bent[:, 1] @ UP < -0.4


@pytest.mark.parametrize("side", list(Side))
def test_deviation_is_towards_the_little_finger(side: Side) -> None:
    deviated = hand_rotation(side, -UP, FORWARD, 0.0, 0.0, 0.3)
    assert deviated[:, 1] @ UP == pytest.approx(-np.sin(0.3))
