"""From the network's numbers to metres in the camera's frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from engine.hand.articulation import LOWER, UPPER
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.crops import Crop
from engine.inference.depth_view import DepthView
from engine.inference.single_view import (
    SURE_M,
    SingleViewInference,
    crop_rotation,
    pose_from_vector,
    pose_vector,
)
from engine.nets.pose_vector import POSE_SIZE
from tests.engine.hand.random_poses import random_pose

CAMERA = PinholeCamera(320, 240, 300.0, 300.0, 160.0, 120.0)
MODEL = load_hand_model()
SEEDS = pytest.mark.parametrize("seed", range(8))


def _hand_and_crop(seed: int) -> tuple[HandPose, Crop]:
    rng = np.random.default_rng(seed)
    pose = random_pose(rng)
    near = pose.wrist_position + rng.normal(0, 0.03, 3)
    return pose, Crop(CAMERA, near, rng.uniform(0.2, 0.3), turn=rng.uniform(-np.pi, np.pi))


@SEEDS
def test_a_pose_survives_the_vector(seed: int) -> None:
    pose, crop = _hand_and_crop(seed)
    vector = pose_vector(crop, pose)
    assert vector.shape == (POSE_SIZE,)
    found = pose_from_vector(crop, vector)
    np.testing.assert_allclose(found.wrist_rotation, pose.wrist_rotation, atol=1e-12)
    np.testing.assert_allclose(found.wrist_position, pose.wrist_position, atol=1e-12)
    np.testing.assert_allclose(found.angles, pose.angles, atol=1e-12)
    np.testing.assert_allclose(found.shape, pose.shape, atol=1e-12)


@SEEDS
def test_a_hand_carried_round_the_camera_has_the_same_vector(seed: int) -> None:
    """Poses are relative to the ray, so a crop that moves with the hand changes nothing."""
    pose, crop = _hand_and_crop(seed)
    R = crop_rotation(replace(crop, turn=0.0))
    distance = np.linalg.norm(crop.centre)
    ahead = replace(crop, centre=np.array([0.0, 0.0, distance]))
    moved = replace(
        pose,
        wrist_rotation=R.T @ pose.wrist_rotation,
        wrist_position=R.T @ pose.wrist_position,
    )
    np.testing.assert_allclose(pose_vector(ahead, moved), pose_vector(crop, pose), atol=1e-12)


def test_turning_the_crop_turns_the_rotation_as_it_turns_the_image() -> None:
    pose, crop = _hand_and_crop(1)
    straight = replace(crop, centre=np.array([0.0, 0.0, 0.5]), turn=0.0)
    for turn in (0.0, 0.7, -2.0):
        turned = replace(straight, turn=turn)
        hand = pose_hand(MODEL, replace(pose, wrist_position=straight.centre))
        knuckle = hand.keypoints[9] - straight.centre
        across = turned.from_camera(straight.centre + [knuckle[0], knuckle[1], 0.0])[:2]
        in_crop = crop_rotation(turned).T @ knuckle
        np.testing.assert_allclose(in_crop[:2], across * 0.5 * crop.cube_m, atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 1e6])
def test_a_wild_vector_still_gives_a_hand_within_limits(value: float) -> None:
    _, crop = _hand_and_crop(2)
    pose = pose_from_vector(crop, np.full(POSE_SIZE, value))
    assert np.isfinite(pose.wrist_rotation).all()
    assert (pose.angles >= LOWER).all()
    assert (pose.angles <= UPPER).all()


class Answers:
    """A backend that gives prepared outputs and keeps what it was asked."""

    name = "prepared"

    def __init__(self, outputs: Mapping[str, np.ndarray]) -> None:
        self._outputs = outputs
        self.asked: list[np.ndarray] = []

    def run(self, image: np.ndarray) -> Mapping[str, np.ndarray]:
        self.asked.append(image)
        return {name: np.float32(value) for name, value in self._outputs.items()}


def test_outputs_become_metres_and_probabilities_each_in_its_own_crop() -> None:
    hands = [_hand_and_crop(seed) for seed in (3, 4)]
    poses, crops = [pose for pose, _ in hands], [crop for _, crop in hands]
    joints = [pose_hand(MODEL, pose).keypoints for pose in poses]
    spread = [np.full(21, SURE_M / (0.5 * crop.cube_m)) for crop in crops]
    backend = Answers(
        {
            "joints": np.stack([c.from_camera(j) for c, j in zip(crops, joints, strict=True)]),
            "spread": np.stack(spread),
            "pose": np.stack([pose_vector(c, p) for c, p in zip(crops, poses, strict=True)]),
            "logits": np.array([[0.0, 2.0], [3.0, -1.0]]),
        }
    )
    view = DepthView(np.full((240, 320), 0.5, np.float32), CAMERA)
    found = SingleViewInference(backend).infer([view, view], crops)
    assert backend.asked[0].shape == (2, 1, 128, 128), "both crops go in one batch"
    for hand, truth in zip(found, joints, strict=True):
        np.testing.assert_allclose(hand.joints, truth, atol=1e-6)
        np.testing.assert_allclose(hand.confidence, 0.5, atol=1e-6)
        np.testing.assert_allclose(pose_hand(MODEL, hand.pose).keypoints, truth, atol=1e-5)
    assert found[0].presence == pytest.approx(0.5)
    assert found[0].same_side == pytest.approx(0.881, abs=1e-3)
    assert found[1].presence == pytest.approx(0.953, abs=1e-3)
    assert found[1].same_side == pytest.approx(0.269, abs=1e-3)


def test_confidence_falls_with_the_spread() -> None:
    _, crop = _hand_and_crop(5)
    spread = np.linspace(0.001, 1.0, 21)
    outputs = {
        "joints": np.zeros((1, 21, 3)),
        "spread": spread[None],
        "pose": np.ones((1, POSE_SIZE)),
        "logits": np.zeros((1, 2)),
    }
    view = DepthView(np.zeros((240, 320), np.float32), CAMERA)
    confidence = SingleViewInference(Answers(outputs)).infer([view], [crop])[0].confidence
    assert (np.diff(confidence) < 0).all()
    assert confidence[0] > 0.98
    assert 0 < confidence[-1] < 0.05
