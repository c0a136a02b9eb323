"""The simulated person who follows the enrolment: repeatable, calm, near the poses."""

from __future__ import annotations

import numpy as np
import pytest

from engine.adaptation.enrolment_poses import STEPS
from engine.capture.guided_motion import STEP_S, GuidedMotion
from engine.capture.simulation_options import SimulationOptions
from engine.capture.sources import open_camera
from engine.capture.stream_scene import StreamScene
from engine.hand.model import hand_of
from engine.hand.skinning import HandPose
from engine.inference.depth_view import mirror_pose
from engine.messages import Side


def test_the_same_seed_gives_the_same_motion_in_any_order() -> None:
    first, second = (GuidedMotion(hand_of(Side.RIGHT), 3) for _ in range(2))
    times = [0.0, 2.0, 31.7, 59.9]
    rows = [first.at(time_s).vector() for time_s in times]
    for time_s, row in zip(reversed(times), reversed(rows), strict=True):
        np.testing.assert_array_equal(second.at(time_s).vector(), row)
    other = GuidedMotion(hand_of(Side.RIGHT), 4)
    assert not np.array_equal(other.at(2.0).vector(), rows[1])


def test_motion_is_calm() -> None:
    motion = GuidedMotion(hand_of(Side.RIGHT), 1)
    rows = np.array([motion.at(k / 30).vector() for k in range(int(30 * STEP_S * len(STEPS)))])
    speed = np.abs(np.diff(rows, axis=0)) * 30
    assert np.linalg.norm(speed[:, :3], axis=1).max() < 0.8
    assert speed[:, 6:].max() < 5.0


@pytest.mark.parametrize("side", Side)
def test_poses_and_views_are_those_asked_for(side: Side) -> None:
    fps = 10 / STEP_S
    options = SimulationOptions(side=side, motion="guided", body=False, seed=2, fps=fps)
    scene = StreamScene(options, np.random.default_rng([2, 3]))
    model, close = hand_of(side), []
    motion = GuidedMotion(model, options.seed)
    for number, step in enumerate(STEPS):
        (placed,), label = scene.hands_at(10 * number + 9)
        assert label == f"pose={step.name}"
        angles = motion.at((number + 0.9) * STEP_S).angles
        pose = HandPose(placed.arm.R_hand, placed.arm.wrist, angles, np.zeros(10))
        seen = mirror_pose(pose, model.side)
        close.append(step.closeness_in_view(seen, placed.posed.keypoints))
    assert np.median(close) > 0.6
    assert np.mean(np.array(close) > 0.5) > 0.7


def test_the_camera_takes_the_option() -> None:
    with open_camera("sim:motion=guided,width=160,height=120,fps=1") as camera:
        names = [camera.read().name for _ in range(9)]
    assert names[3] == f"pose={STEPS[0].name}"
    assert names[8] == f"pose={STEPS[2].name}"
