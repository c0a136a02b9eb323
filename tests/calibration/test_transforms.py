"""Laws of rotations and rigid transforms, for any batch shape."""

import numpy as np
import pytest
from hypothesis import given, settings

from calibration.transforms import (
    RigidTransform,
    axis_angle_from_rotation,
    quaternion_from_rotation,
    rotation_from_axis_angle,
    rotation_from_quaternion,
    skew,
)
from tests.calibration.geometry import ANGLE_SCALES, BATCHES, SEEDS, axis_angles, points

PROPERTY = settings(deadline=None, max_examples=60)


def transform(seed: int, batch: tuple[int, ...], scale: float) -> RigidTransform:
    rotation = rotation_from_axis_angle(axis_angles(seed, batch, scale))
    return RigidTransform(rotation, points(seed, batch))


def apply(rotation: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return np.einsum("...ij,...j->...i", rotation, vectors)


@PROPERTY
@given(SEEDS, BATCHES, ANGLE_SCALES)
def test_axis_angle_gives_rotations(seed: int, batch: tuple[int, ...], scale: float) -> None:
    R = rotation_from_axis_angle(axis_angles(seed, batch, scale))
    assert R.shape == (*batch, 3, 3)
    assert np.allclose(R @ np.swapaxes(R, -1, -2), np.eye(3), atol=1e-12)
    assert np.allclose(np.linalg.det(R), 1.0)


@PROPERTY
@given(SEEDS, BATCHES, ANGLE_SCALES)
def test_axis_angle_round_trip(seed: int, batch: tuple[int, ...], scale: float) -> None:
    R = rotation_from_axis_angle(axis_angles(seed, batch, scale))
    back = axis_angle_from_rotation(R)
    assert (np.linalg.norm(back, axis=-1) <= np.pi + 1e-12).all()
    assert np.allclose(rotation_from_axis_angle(back), R, atol=1e-9)


@PROPERTY
@given(SEEDS, BATCHES, ANGLE_SCALES)
def test_quaternion_round_trip(seed: int, batch: tuple[int, ...], scale: float) -> None:
    R = rotation_from_axis_angle(axis_angles(seed, batch, scale))
    q = quaternion_from_rotation(R)
    assert np.allclose(np.linalg.norm(q, axis=-1), 1.0)
    assert (q[..., 3] >= 0).all()
    assert np.allclose(rotation_from_quaternion(q), R, atol=1e-12)
    assert np.allclose(rotation_from_quaternion(-3.0 * q), R, atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_half_turns_survive(axis: int) -> None:
    """Where every formula with sin(angle) loses its axis."""
    half_turn = np.pi * np.eye(3)[axis]
    back = axis_angle_from_rotation(rotation_from_axis_angle(half_turn))
    assert np.allclose(np.abs(back), np.abs(half_turn), atol=1e-6)


def test_rotation_turns_the_right_way() -> None:
    quarter_about_z = rotation_from_axis_angle(np.array([0.0, 0.0, np.pi / 2]))
    assert np.allclose(quarter_about_z @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])


@PROPERTY
@given(SEEDS, BATCHES)
def test_skew_is_the_cross_product(seed: int, batch: tuple[int, ...]) -> None:
    a, b = points(seed, batch), points(seed + 7, batch)
    assert np.allclose(apply(skew(a), b), np.cross(a, b))


@PROPERTY
@given(SEEDS, BATCHES, ANGLE_SCALES)
def test_inverse_and_identity(seed: int, batch: tuple[int, ...], scale: float) -> None:
    T = transform(seed, batch, scale)
    p = points(seed + 3, batch)
    assert np.allclose(T.inverse().apply(T.apply(p)), p)
    assert np.allclose((T @ T.inverse()).apply(p), p)
    assert np.allclose((T @ RigidTransform.identity()).apply(p), T.apply(p))


@PROPERTY
@given(SEEDS, BATCHES, ANGLE_SCALES)
def test_composition_applies_the_right_one_first_and_is_associative(
    seed: int, batch: tuple[int, ...], scale: float
) -> None:
    A, B, C = (transform(seed + k, batch, scale) for k in range(3))
    p = points(seed + 9, batch)
    assert np.allclose((A @ B).apply(p), A.apply(B.apply(p)))
    assert np.allclose(((A @ B) @ C).apply(p), (A @ (B @ C)).apply(p))


@PROPERTY
@given(SEEDS, ANGLE_SCALES)
def test_rigid_transforms_keep_distances(seed: int, scale: float) -> None:
    T = transform(seed, (), scale)
    cloud = points(seed, (10,))
    moved = T.apply(cloud)
    assert np.allclose(
        np.linalg.norm(moved[:, None] - moved, axis=-1),
        np.linalg.norm(cloud[:, None] - cloud, axis=-1),
    )
