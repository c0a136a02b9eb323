from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.inference.fitting.guard import stray_m, trust
from tests.engine.inference.fitting.scenes import fitter, make_pose, see


def test_the_truth_is_trusted() -> None:
    seen = see(make_pose())
    result = fitter().fit(seen.observation, seen.pose)
    assert trust(result, seen.hand.keypoints) > 0.99


def test_a_fit_far_from_the_network_is_not_trusted() -> None:
    seen = see(make_pose())
    result = fitter().fit(seen.observation, seen.pose)
    elsewhere = seen.hand.keypoints + [0.0, -0.09, 0.0]
    assert trust(result, elsewhere) < 0.2


def test_a_mesh_beside_the_hand_is_not_trusted() -> None:
    seen = see(make_pose())
    slid = replace(seen.pose, wrist_position=seen.pose.wrist_position + [0.0, 0.09, 0.0])
    result = fitter().assess(seen.observation, slid)
    assert trust(result, seen.hand.keypoints) < 0.2


def test_stray_is_weighted_and_skips_unknown_joints() -> None:
    joints, network = np.zeros((21, 3)), np.zeros((21, 3))
    network[4] = [0.03, 0.0, 0.0]
    network[8] = [0.0, 0.01, 0.0]
    confidence = np.zeros(21)
    confidence[[4, 8]] = [0.25, 0.75]
    assert abs(stray_m(joints, network, confidence) - 0.015) < 1e-12
    network[8] = np.nan
    assert abs(stray_m(joints, network, confidence) - 0.03) < 1e-12
    assert stray_m(joints, np.full((21, 3), np.nan)) == float("inf")
