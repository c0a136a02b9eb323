"""A followed hand is expected where its motion leads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.transforms import rotation_from_axis_angle
from engine.hand.skinning import HandPose
from engine.inference.pose_prediction import ANGLE_SHARE, LONGEST_S, PosePrediction

STEP_S = 1 / 15
TURN = np.array([0.0, 0.1, 0.05])


def _pose(k: float) -> HandPose:
    """A hand that moves by 20 mm, turns and bends by equal amounts in every frame."""
    return HandPose(
        rotation_from_axis_angle(k * TURN),
        np.array([0.02 * k, 0.0, 0.5]),
        np.full(22, 0.1 * k),
        np.zeros(10),
    )


def test_a_steady_motion_goes_on() -> None:
    motion = PosePrediction()
    for k in range(3):
        motion.add(_pose(k), k * STEP_S)
    expected = motion.at(3 * STEP_S)
    assert expected is not None
    np.testing.assert_allclose(expected.wrist_position, _pose(3).wrist_position, atol=4e-4)
    np.testing.assert_allclose(expected.wrist_rotation, _pose(3).wrist_rotation, atol=3e-3)
    np.testing.assert_allclose(expected.angles, 0.2 + ANGLE_SHARE * 0.1, atol=1e-3)


def test_a_resting_hand_that_trembles_is_expected_where_it_is() -> None:
    motion = PosePrediction()
    motion.add(_pose(0), 0.0)
    trembled = replace(_pose(0), wrist_position=np.array([0.0003, 0.0, 0.5]))
    motion.add(trembled, STEP_S)
    expected = motion.at(2 * STEP_S)
    assert expected is not None
    off = expected.wrist_position - trembled.wrist_position
    assert np.linalg.norm(off) < 0.1 * 0.0003


@pytest.mark.parametrize(
    ("second", "second_s", "asked_s", "sure"),
    [
        (_pose(1), STEP_S, STEP_S + 2 * LONGEST_S, True),  # nobody knows what happened meanwhile
        (_pose(1), 2 * LONGEST_S, 2 * LONGEST_S + STEP_S, True),
        (_pose(20), STEP_S, 2 * STEP_S, True),  # a jump, 6 m/s
        (_pose(1), STEP_S, 2 * STEP_S, False),
        (_pose(1), 0.0, STEP_S, True),  # time stood still
    ],
)
def test_without_a_motion_to_believe_the_last_pose_stands(
    second: HandPose, second_s: float, asked_s: float, sure: bool
) -> None:
    motion = PosePrediction()
    motion.add(_pose(0), 0.0)
    motion.add(second, second_s, sure)
    assert motion.at(asked_s) is second


def test_nothing_is_expected_of_a_hand_never_seen() -> None:
    assert PosePrediction().at(1.0) is None
