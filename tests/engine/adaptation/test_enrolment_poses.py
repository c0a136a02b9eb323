"""The guided minute's poses: possible, different from each other, recognised from both hands."""

from __future__ import annotations

import numpy as np
import pytest

from engine.adaptation.enrolment import CLOSE_ENOUGH
from engine.adaptation.enrolment_poses import STEPS, EnrolmentStep
from engine.hand.articulation import LOWER, UPPER
from engine.hand.model import load_hand_model
from engine.hand.skinning import pose_hand
from engine.messages import HandState, Side
from engine.training.poses import penetration_m

NAMES = [step.name for step in STEPS]


def state_of(step: EnrolmentStep, side: Side = Side.RIGHT) -> HandState:
    """The ghost as a tracked hand."""
    model = load_hand_model() if side is Side.RIGHT else load_hand_model().mirrored()
    pose = step.ghost(side, np.array([0.0, 0.1, 0.5]), np.zeros(10))
    posed = pose_hand(model, pose)
    return HandState(
        hand_id=1, side=side, captured_ns=0, wrist_rotation=pose.wrist_rotation,
        wrist_position=pose.wrist_position, angles=pose.angles, shape=pose.shape,
        joints=posed.keypoints, vertices=posed.vertices.astype(np.float32),
        confidence=np.ones(21), network_joints=posed.keypoints, residual_m=0.001,
    )  # fmt: skip


def test_names_and_sentences_are_all_different() -> None:
    assert len(set(NAMES)) == len({step.sentence for step in STEPS}) == len(STEPS) == 15


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
def test_a_hand_can_take_the_pose(step: EnrolmentStep) -> None:
    assert (step.angles >= LOWER).all()
    assert (step.angles <= UPPER).all()
    assert penetration_m(load_hand_model(), step.angles) < 0.009
    R = step.R_camera_from_hand
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(R) == pytest.approx(1.0)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("step", STEPS, ids=NAMES)
def test_the_ghost_is_its_own_pose_and_no_other(step: EnrolmentStep, side: Side) -> None:
    state = state_of(step, side)
    assert step.closeness(state) > 0.75
    others = [other for other in STEPS if other is not step]
    assert max(other.closeness(state) for other in others) < CLOSE_ENOUGH


def test_thumb_and_finger_meet_in_a_pinch() -> None:
    for step in STEPS:
        if step.pinch is not None:
            joints = state_of(step).joints
            assert np.linalg.norm(joints[4] - joints[4 + 4 * step.pinch]) < 0.015


def test_closeness_falls_with_the_distance() -> None:
    step = STEPS[NAMES.index("bent index finger")]
    closeness = []
    for share in (0.0, 0.4, 0.8):
        bent = step.angles * (1 - share)
        other = EnrolmentStep(step.name, "", bent, step.view)
        closeness.append(step.closeness(state_of(other)))
    assert closeness[0] > closeness[1] > closeness[2]
    assert closeness[2] < CLOSE_ENOUGH
