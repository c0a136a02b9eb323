"""A hand that leaves the picture is followed by what is seen of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.depth_view import DepthView
from engine.inference.hand_solver import HandSolver
from engine.inference.picture_border import CUT_SHARE, heard_near_border
from engine.inference.single_view import NetworkHand
from engine.inference.stage_times import StageTimes
from tests.engine.inference.fitting.scenes import CAMERA, hand_model, random_pose, render


def _network(pose: HandPose, joints: np.ndarray) -> NetworkHand:
    return NetworkHand(joints, np.full(21, 0.8), pose, 0.99, 0.99)


def _cut_at(joints: np.ndarray, lost: int) -> int:
    """Column of the picture beyond which `lost` of the joints lie, on the right."""
    u = CAMERA.project(joints)[:, 0]
    return int(np.sort(u)[-lost - 1] + 2)


def test_joints_in_the_middle_are_heard_in_full() -> None:
    pose = random_pose(np.random.default_rng(0))
    network = _network(pose, render(pose)[0].keypoints)
    heard, cut = heard_near_border(CAMERA, network, None)
    assert heard is network
    assert not cut


def test_a_hand_that_is_expected_beyond_the_border_is_cut_and_hardly_heard_there() -> None:
    pose = random_pose(np.random.default_rng(0))
    joints = render(pose)[0].keypoints
    network = _network(pose, joints)
    width = _cut_at(joints, 5)
    camera = replace(CAMERA, width_px=width)
    heard, cut = heard_near_border(camera, network, joints)
    assert cut
    outside = CAMERA.project(joints)[:, 0] > width
    assert heard.confidence[outside].max() < 0.02
    assert heard.confidence.max() <= 0.8 * CUT_SHARE
    np.testing.assert_array_equal(heard.joints, joints)


def test_fingers_beyond_the_border_stay_where_they_were() -> None:
    """The network draws them into the picture; nothing else is seen of them."""
    errors: dict[str, list[float]] = {"followed": [], "network": []}
    solver = HandSolver(hand_model())
    for seed in range(4):
        pose = random_pose(np.random.default_rng(seed))
        hand, depth = render(pose)
        width = _cut_at(hand.keypoints, 7)
        camera: PinholeCamera = replace(CAMERA, width_px=width)
        view = DepthView(np.ascontiguousarray(depth[:, :width]), camera)
        drawn = hand.keypoints.copy()
        edge_m = (width - 1 - camera.cx) / camera.fx * drawn[:, 2] - 0.010
        drawn[:, 0] = np.minimum(drawn[:, 0], edge_m)
        solved = solver.solve(view, _network(pose, drawn), pose, pose.shape, StageTimes())
        assert solved is not None
        assert solved.cut
        for name, points in (("followed", solved.fit.keypoints), ("network", drawn)):
            errors[name].append(float(np.linalg.norm(points - hand.keypoints, axis=1).mean()))
        np.testing.assert_allclose(
            solved.fit.keypoints, pose_hand(hand_model(), solved.fit.pose).keypoints, atol=1e-4
        )
    assert np.mean(errors["followed"]) < 0.5 * np.mean(errors["network"])
