"""Definition alignment: what it must take out, and what it must not."""

import numpy as np
import pytest

from calibration.transforms import rotation_from_axis_angle
from engine.evaluation.definition import bone_frames, definition_aligned_errors

FINGER_BASES = {1: (-0.03, 0.03, 0.0), 5: (-0.03, 0.09, 0), 9: (-0.01, 0.09, 0)}
FINGER_BASES |= {13: (0.01, 0.085, 0), 17: (0.03, 0.08, 0)}


def hands(count: int, seed: int) -> np.ndarray:
    """Right hands [N, 21, 3] in metres: a stiff palm, fingers that curl, any view."""
    rng = np.random.default_rng(seed)
    joints = np.zeros((count, 21, 3))
    for base, position in FINGER_BASES.items():
        joints[:, base] = position
        curl = rng.uniform(0.0, 0.5, count)
        for k in range(1, 4):
            bend = curl * k
            step = np.stack([np.zeros(count), np.cos(bend), np.sin(bend)], -1) * 0.03
            joints[:, base + k] = joints[:, base + k - 1] + step
    rotation = rotation_from_axis_angle(rng.normal(0, 1.0, (count, 3)))
    return np.einsum("nab,njb->nja", rotation, joints) + [0, 0, 0.5]


def offsets(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.008, (21, 3))


def test_bone_frames_are_rotations_that_turn_with_the_hand() -> None:
    joints = hands(20, 0)
    frames = bone_frames(joints)
    assert np.allclose(frames @ np.swapaxes(frames, -1, -2), np.eye(3), atol=1e-9)
    assert np.allclose(np.linalg.det(frames), 1.0)
    turn = rotation_from_axis_angle(np.array([0.4, -1.0, 0.3]))
    assert np.allclose(bone_frames(joints @ turn.T), turn @ frames, atol=1e-9)


def test_constant_bone_offsets_vanish() -> None:
    predicted = hands(30, 1)
    moved = np.einsum("njab,jb->nja", bone_frames(predicted), offsets(2))
    errors = definition_aligned_errors(predicted, predicted + moved, np.zeros(30, bool))
    assert errors.max() < 1e-9


def test_one_offset_serves_both_sides() -> None:
    predicted = hands(30, 1)
    truth = predicted + np.einsum("njab,jb->nja", bone_frames(predicted), offsets(2))
    left = np.random.default_rng(5).random(30) < 0.5
    mirror = np.where(left[:, None, None], [-1.0, 1.0, 1.0], 1.0)
    assert definition_aligned_errors(predicted * mirror, truth * mirror, left).max() < 1e-9


def test_random_error_stays_because_halves_never_correct_themselves() -> None:
    predicted = hands(200, 3)
    noise = np.random.default_rng(4).normal(0, 0.01, predicted.shape)
    plain = np.linalg.norm(noise, axis=-1).mean()
    errors = definition_aligned_errors(predicted, predicted + noise, np.zeros(200, bool))
    assert plain * 0.99 < errors.mean() < plain * 1.05


def test_missing_hands_and_joints_without_truth_stay_nan() -> None:
    predicted = hands(6, 6)
    truth = predicted + 0.005
    predicted[3] = np.nan
    truth[:, 0] = np.nan
    errors = definition_aligned_errors(predicted, truth, np.zeros(6, bool))
    assert np.isnan(errors[3]).all()
    assert np.isnan(errors[:, 0]).all()
    assert np.isfinite(errors[[0, 1, 2, 4, 5], 1:]).all()


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_frames_give_nan(count: int) -> None:
    predicted = hands(count, 0)
    assert np.isnan(definition_aligned_errors(predicted, predicted, np.zeros(count, bool))).all()
