"""From the network's answer to a fitted hand: better than it, never far from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.hand.skinning import pose_hand
from engine.inference.depth_view import DepthView
from engine.inference.fitting import stray_m
from engine.inference.hand_solver import STRAY_M, HandSolver
from engine.inference.single_view import NetworkHand
from engine.inference.stage_times import StageTimes
from tests.engine.inference.fitting.scenes import CAMERA, disturbed, hand_model, random_pose, render

SEEDS = pytest.mark.parametrize("seed", range(4))


@pytest.fixture(scope="module")
def solver() -> HandSolver:
    return HandSolver(hand_model())


def _network(seed: int, shift: float = 0.0) -> tuple[NetworkHand, np.ndarray, DepthView]:
    """A network's answer that is about 8 mm off (and `shift` metres aside), truth and view."""
    rng = np.random.default_rng(seed)
    pose = random_pose(rng)
    hand, depth = render(pose)
    aside = np.array([shift, 0.0, 0.0])
    guess = disturbed(rng, pose, 0.008)
    network = NetworkHand(
        joints=hand.keypoints + aside + rng.normal(0, 0.005, (21, 3)),
        confidence=np.full(21, 0.8),
        pose=replace(guess, wrist_position=guess.wrist_position + aside),
        presence=0.99,
        same_side=0.99,
    )
    return network, hand.keypoints, DepthView(depth, CAMERA)


@SEEDS
def test_the_fit_is_nearer_to_the_truth_than_the_network(solver: HandSolver, seed: int) -> None:
    network, truth, view = _network(seed)
    solved = solver.solve(view, network, None, network.pose.shape, StageTimes())
    assert solved is not None
    assert not solved.from_network
    before = np.linalg.norm(network.joints - truth, axis=1)[1:].mean()
    after = np.linalg.norm(solved.fit.keypoints - truth, axis=1)[1:].mean()
    assert after < 0.8 * before
    assert solved.fit.residual_m < 0.0025


@SEEDS
def test_pose_and_keypoints_of_the_answer_are_one_hand(solver: HandSolver, seed: int) -> None:
    network, _, view = _network(seed)
    solved = solver.solve(view, network, None, network.pose.shape, StageTimes())
    assert solved is not None
    posed = pose_hand(hand_model(), solved.fit.pose)
    np.testing.assert_allclose(solved.fit.keypoints, posed.keypoints, atol=1e-4)


@SEEDS
@pytest.mark.parametrize("shift", [0.02, 0.045, 0.07])
def test_what_is_shown_never_strays_from_the_network(
    solver: HandSolver, seed: int, shift: float
) -> None:
    """The network points beside the hand: the mesh may be drawn to the depth, but not for ever."""
    network, _, view = _network(seed, shift)
    solved = solver.solve(view, network, None, network.pose.shape, StageTimes())
    if solved is not None:
        keypoints = solved.fit.keypoints
        assert stray_m(keypoints, network.joints, network.confidence) < STRAY_M


def test_a_previous_pose_that_is_far_away_is_not_followed(solver: HandSolver) -> None:
    network, truth, view = _network(5)
    stale = replace(network.pose, wrist_position=network.pose.wrist_position + [0.1, 0.05, 0.0])
    solved = solver.solve(view, network, stale, network.pose.shape, StageTimes())
    assert solved is not None
    assert np.linalg.norm(solved.fit.keypoints - truth, axis=1)[1:].mean() < 0.015


def test_nothing_to_fit_is_no_hand(solver: HandSolver) -> None:
    network, _, view = _network(1)
    empty = DepthView(np.zeros_like(view.depth_m), CAMERA)
    assert solver.solve(empty, network, None, network.pose.shape, StageTimes()) is None


def test_stray_counts_sure_joints_more() -> None:
    network, _, _ = _network(2)
    moved = network.joints.copy()
    moved[4] += [0.0, 0.1, 0.0]
    doubtful = np.full(21, 0.8)
    doubtful[4] = 0.1
    sure = stray_m(moved, network.joints)
    assert sure == pytest.approx(0.1 / 21)
    assert stray_m(moved, network.joints, doubtful) < 0.2 * sure


def test_each_stage_is_timed(solver: HandSolver) -> None:
    network, _, view = _network(3)
    times = StageTimes()
    solver.solve(view, network, None, network.pose.shape, times)
    stages = times.freeze()
    assert list(stages) == ["observe", "start", "fit"]
    assert all(ms > 0 for ms in stages.values())
