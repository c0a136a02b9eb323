"""The torch hand is the numpy hand, and its derivatives are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from calibration import transforms
from engine.hand.articulation import ANGLE_COUNT
from engine.hand.model import HandModel, load_hand_model
from engine.hand.skinning import HandPose, pose_hand, pose_hand_rotations
from engine.hand.torch_skinning import TorchHand, rotation_from_axis_angle
from tests.engine.hand.random_poses import random_pose

RIGHT = load_hand_model()
SEEDS = pytest.mark.parametrize("seed", range(3))
SAME_M = 1e-6


def _with_correctives(model: HandModel) -> HandModel:
    rng = np.random.default_rng(3)
    return replace(model, pose_points=rng.normal(0, 1e-3, (len(model.points), 3, 135)))


MODELS = {
    "right": RIGHT,
    "left": RIGHT.mirrored(),
    "right with correctives": _with_correctives(RIGHT),
    "left with correctives": _with_correctives(RIGHT).mirrored(),
}


def _stacked(poses: list[HandPose], dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    names = ("angles", "shape", "wrist_rotation", "wrist_position")
    return [torch.tensor(np.stack([getattr(p, n) for p in poses]), dtype=dtype) for n in names]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_batches_equal_numpy_hand_by_hand(model: HandModel) -> None:
    rng = np.random.default_rng(0)
    poses = [random_pose(rng) for _ in range(6)]
    posed = TorchHand(model)(*_stacked(poses))
    for k, pose in enumerate(poses):
        expected = pose_hand(model, pose)
        np.testing.assert_allclose(posed.vertices[k], expected.vertices, atol=SAME_M)
        np.testing.assert_allclose(posed.keypoints[k], expected.keypoints, atol=SAME_M)


@pytest.mark.parametrize("model", [RIGHT, RIGHT.mirrored()], ids=["right", "left"])
def test_keypoints_alone_equal_those_of_the_whole_hand(model: HandModel) -> None:
    rng = np.random.default_rng(1)
    values = _stacked([random_pose(rng) for _ in range(8)])
    hand = TorchHand(model)
    torch.testing.assert_close(
        hand.keypoints(*values), hand(*values).keypoints, atol=SAME_M, rtol=0
    )


def test_free_rotations_equal_numpy() -> None:
    rng = np.random.default_rng(2)
    rotations = transforms.rotation_from_quaternion(rng.normal(size=(2, 16, 4)))
    shape, position = rng.normal(size=(2, 10)), rng.normal(size=(2, 3))
    model = MODELS["right with correctives"]
    posed = TorchHand(model).pose_rotations(
        *(torch.tensor(value, dtype=torch.float32) for value in (rotations, shape, position))
    )
    for k in range(2):
        expected = pose_hand_rotations(model, rotations[k], position[k], shape[k])
        np.testing.assert_allclose(posed.vertices[k], expected.vertices, atol=2 * SAME_M)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-5, 9e-5, 1.1e-4, 1e-2, 1.0, np.pi - 1e-3, np.pi])
def test_rotations_equal_numpy_from_zero_to_half_a_turn(angle: float) -> None:
    direction = np.random.default_rng(4).normal(size=(20, 3))
    vectors = angle * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    np.testing.assert_allclose(
        rotation_from_axis_angle(torch.tensor(vectors)),
        transforms.rotation_from_axis_angle(vectors),
        atol=1e-12,
    )


@pytest.mark.parametrize("angle", [0.0, 1e-6, 9e-5, 1.1e-4, 1e-2, 1.0, 3.0])
def test_rotation_gradients_are_exact_near_zero_too(angle: float) -> None:
    """At zero a careless Rodrigues divides 0 by 0: the gradient would be NaN."""
    direction = torch.tensor([[0.6, -0.64, 0.48]], dtype=torch.float64)
    vector = (angle * direction).requires_grad_()
    assert torch.autograd.gradcheck(rotation_from_axis_angle, vector, eps=1e-7, atol=1e-6)
    (gradient,) = torch.autograd.grad(rotation_from_axis_angle(vector)[0, 2, 1], vector)
    assert torch.isfinite(gradient).all()


def _double_hand(model: HandModel) -> TorchHand:
    return TorchHand(model).double()


@SEEDS
def test_keypoint_gradients_are_exact(seed: int) -> None:
    values = _stacked([random_pose(np.random.default_rng(seed))], torch.float64)
    inputs = tuple(value.requires_grad_() for value in values)
    assert torch.autograd.gradcheck(
        _double_hand(RIGHT).keypoints, inputs, eps=1e-6, atol=1e-7, fast_mode=True
    )


def test_keypoint_gradients_are_exact_at_rest() -> None:
    """Training starts here: all angles zero."""
    angles = torch.zeros(1, ANGLE_COUNT, dtype=torch.float64, requires_grad=True)
    hand = _double_hand(RIGHT)
    rest = (
        torch.zeros(1, 10, dtype=torch.float64),
        torch.eye(3, dtype=torch.float64)[None],
        torch.zeros(1, 3, dtype=torch.float64),
    )
    assert torch.autograd.gradcheck(
        lambda a: hand.keypoints(a, *rest), (angles,), eps=1e-7, atol=1e-7, rtol=1e-5
    )


def test_vertex_gradients_are_exact() -> None:
    values = _stacked([random_pose(np.random.default_rng(9))], torch.float64)
    inputs = tuple(value.requires_grad_() for value in values)
    hand = _double_hand(MODELS["left with correctives"])
    assert torch.autograd.gradcheck(
        lambda *v: hand(*v).vertices[:, ::97], inputs, eps=1e-6, atol=1e-7, fast_mode=True
    )
