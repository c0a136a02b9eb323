from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.hand.articulation import LOWER, UPPER
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.fitting import HandFitter, HandObservation, observe_hand
from engine.inference.fitting.kernels.judging import refine_and_judge
from engine.render.forearm import forearm_mesh
from engine.render.raycast import cast_depth, join_meshes
from engine.render.sensors import apply_sensor
from tests.engine.inference.fitting.scenes import (
    BENT,
    CAMERA,
    R_BACK,
    disturbed,
    fitter,
    hand_model,
    joint_error_m,
    make_pose,
    random_pose,
    see,
)


def test_truth_scores_better_than_anything_near() -> None:
    rng = np.random.default_rng(0)
    seen = see(make_pose())
    truth = fitter().assess(seen.observation, seen.pose)
    assert truth.residual_m < 0.001
    assert truth.judgement.explained > 0.97
    for _ in range(10):
        worse = fitter().assess(seen.observation, disturbed(rng, seen.pose))
        assert worse.score > truth.score


def test_residual_falls_when_the_hand_moves_to_the_truth() -> None:
    seen = see(make_pose())
    scores = []
    for share in (1.0, 0.6, 0.3, 0.0):
        away = replace(seen.pose, wrist_position=seen.pose.wrist_position + share * 0.015)
        scores.append(fitter().assess(seen.observation, away).score)
    assert scores == sorted(scores, reverse=True)


def test_known_shape_is_recovered_within_three_millimetres() -> None:
    rng = np.random.default_rng(1)
    before, after = [], []
    for _ in range(20):
        seen = see(random_pose(rng))
        start = disturbed(rng, seen.pose)
        result = fitter().fit(seen.observation, start, iterations=6)
        before.append(joint_error_m(pose_hand(hand_model(), start).keypoints, seen.hand.keypoints))
        after.append(joint_error_m(result.keypoints, seen.hand.keypoints))
    assert np.mean(before) > 0.008
    assert np.median(after) < 0.002
    assert np.mean(after) < 0.003


def test_unknown_shape_is_refined() -> None:
    rng = np.random.default_rng(2)
    fixed, free = [], []
    for _ in range(12):
        seen = see(random_pose(rng))
        start = replace(disturbed(rng, seen.pose, 0.006), shape=np.zeros(10))
        truth = seen.hand.keypoints
        for errors, refine in ((fixed, False), (free, True)):
            result = fitter().fit(seen.observation, start, iterations=8, refine_shape=refine)
            errors.append(joint_error_m(result.keypoints, truth))
    assert np.mean(free) < 0.75 * np.mean(fixed)
    assert np.mean(free) < 0.0045


def _with_forearm(pose: HandPose, rng: np.random.Generator) -> HandObservation:
    vertices, faces = forearm_mesh(rng, hand_model().rest_keypoints(pose.shape))
    hand = pose_hand(hand_model(), pose)
    arm = vertices @ pose.wrist_rotation.T + pose.wrist_position
    scene = join_meshes((hand.vertices, hand_model().faces), (arm, faces))
    depth = apply_sensor("structured_light", cast_depth(CAMERA, *scene).depth_m, rng)
    observation = observe_hand(depth, CAMERA, hand.keypoints[1:].mean(0))
    assert observation is not None
    return observation


def test_forearm_noise_and_holes_are_borne() -> None:
    rng = np.random.default_rng(3)
    errors = []
    for _ in range(10):
        pose = random_pose(rng)
        truth = pose_hand(hand_model(), pose).keypoints
        start = disturbed(rng, pose, 0.008)
        joints = truth + rng.normal(0, 0.006, (21, 3))
        result = fitter().fit(_with_forearm(pose, rng), start, iterations=6, network_joints=joints)
        errors.append(joint_error_m(result.keypoints, truth))
    assert np.mean(errors) < 0.0055


def test_energy_never_rises_by_more_than_its_noise() -> None:
    rng = np.random.default_rng(4)
    for _ in range(10):
        seen = see(random_pose(rng))
        start = disturbed(rng, seen.pose, 0.015)
        worse = fitter().assess(seen.observation, start).score
        assert fitter().fit(seen.observation, start, iterations=5).score < 1.05 * worse


def test_no_steps_return_the_start() -> None:
    seen = see(make_pose())
    result = fitter().fit(seen.observation, seen.pose, iterations=0)
    assert result.steps == 0
    np.testing.assert_array_equal(result.pose.angles, seen.pose.angles)
    np.testing.assert_allclose(result.vertices, seen.hand.vertices, atol=1e-9)


def test_limits_hold() -> None:
    start = make_pose(angles=np.clip(BENT + 0.5, LOWER, UPPER))
    result = fitter().fit(see(make_pose(R_BACK)).observation, start, iterations=8)
    slack = np.radians(5.2)
    assert (result.pose.angles > LOWER - slack).all()
    assert (result.pose.angles < UPPER + slack).all()


def test_fingers_do_not_stay_inside_each_other() -> None:
    seen = see(make_pose())
    crossed = BENT.copy()
    crossed[7], crossed[11] = np.radians(-25), np.radians(25)
    result = fitter().fit(seen.observation, make_pose(angles=crossed), iterations=6)
    gap = np.linalg.norm(result.keypoints[7] - result.keypoints[11])
    assert gap > 0.013


def test_network_joints_hold_what_the_camera_cannot_see() -> None:
    """Only the upper half of the image is left: the thumb follows the network."""
    seen = see(make_pose())
    depth = seen.depth_m.copy()
    depth[:, 175:] = 0  # right of the index finger
    observation = observe_hand(depth, CAMERA, seen.hand.keypoints[9])
    assert observation is not None
    start = replace(seen.pose, angles=np.where(np.arange(22) < 6, 0.3, seen.pose.angles))
    thumb = slice(2, 5)
    truth = seen.hand.keypoints
    alone = fitter().fit(observation, start, iterations=5).keypoints
    guided = fitter().fit(observation, start, iterations=5, network_joints=truth).keypoints
    assert joint_error_m(guided[thumb], truth[thumb]) < 0.7 * joint_error_m(
        alone[thumb], truth[thumb]
    )


def test_unknown_network_joints_are_left_out() -> None:
    seen = see(make_pose())
    joints = np.full((21, 3), np.nan)
    joints[:5] = seen.hand.keypoints[:5]
    result = fitter().fit(seen.observation, seen.pose, network_joints=joints)
    assert np.isfinite(result.vertices).all()
    assert joint_error_m(result.keypoints, seen.hand.keypoints) < 0.002


@pytest.mark.parametrize("kept", [1, 8, 40])
def test_a_handful_of_points_never_gives_nan(kept: int) -> None:
    seen = see(make_pose())
    few = seen.observation.observed._replace(
        points=seen.observation.points[:kept],
        normals=seen.observation.normals[:kept],
        normal_known=seen.observation.observed.normal_known[:kept],
    )
    result = fitter().fit(replace(seen.observation, observed=few), seen.pose, iterations=5)
    assert np.isfinite(result.vertices).all()
    assert np.isfinite(result.score)


def test_hand_behind_the_camera_has_the_worst_score() -> None:
    seen = see(make_pose())
    lost = replace(seen.pose, wrist_position=np.array([0.0, 0.0, -0.5]))
    result = fitter().fit(seen.observation, lost, iterations=3)
    assert np.isfinite(result.vertices).all()
    assert result.score > 0.015
    assert result.judgement.explained < 0.1


def test_left_hands_are_refused() -> None:
    with pytest.raises(ValueError, match="right hands"):
        HandFitter(hand_model().mirrored())


def test_read_only_and_transposed_input_compiles_nothing_anew() -> None:
    seen = see(make_pose())
    fitter().fit(seen.observation, seen.pose, network_joints=seen.hand.keypoints)
    before = len(refine_and_judge.signatures)
    turned = np.asfortranarray(seen.pose.wrist_rotation)
    angles = seen.pose.angles.copy()
    angles.setflags(write=False)
    depth = np.asfortranarray(seen.depth_m)
    depth.setflags(write=False)
    observation = observe_hand(depth, CAMERA, seen.hand.keypoints[9])
    assert observation is not None
    pose = replace(seen.pose, wrist_rotation=turned, angles=angles)
    fitter().fit(observation, pose, previous=pose, shape_anchor=pose.shape)
    assert len(refine_and_judge.signatures) == before
