"""Quaternions, Euler angles and frame rates along a timeline."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from calibration.transforms import rotation_from_axis_angle, rotation_from_quaternion
from engine.export.animated_hand import HandMotion, animated_hand
from engine.export.euler import continuous_zxy
from engine.export.quaternions import continuous_quaternions, slerp
from engine.export.resampling import even_times, resampled, usual_rate, visible_spans
from tests.engine.export.takes import take

TURNS = st.lists(st.floats(-7, 7), min_size=3, max_size=3).map(np.array)
AROUND = np.linspace(0, 6 * np.pi, 200)
"""Three turns."""


def spinning(axis: list[float]) -> np.ndarray:
    return rotation_from_axis_angle(np.array(axis) * AROUND[:, None])


@pytest.mark.parametrize("axis", [[1, 0, 0], [0, 1, 0], [0.6, 0, 0.8]])
def test_quaternions_do_not_jump(axis: list[float]) -> None:
    rotations = np.stack([spinning(axis), spinning([0, 0, 1])], 1)
    quaternions = continuous_quaternions(rotations)
    assert np.abs(np.diff(quaternions, axis=0)).max() < 0.06
    np.testing.assert_allclose(rotation_from_quaternion(quaternions), rotations, atol=1e-9)


@given(TURNS, TURNS, st.floats(0, 1))
def test_slerp_is_scipys(a: np.ndarray, b: np.ndarray, share: float) -> None:
    pair = Rotation.from_rotvec(np.stack([a, b]))
    angle = (pair[0].inv() * pair[1]).magnitude()
    mixed = slerp(pair[0].as_quat(), pair[1].as_quat(), np.array(share))
    assert np.linalg.norm(mixed) == pytest.approx(1)
    if angle < 3.1:  # At half a turn either way is as short.
        expected = Slerp([0, 1], pair)(share)
        assert (Rotation.from_quat(mixed).inv() * expected).magnitude() < 1e-6


@given(st.lists(TURNS, min_size=2, max_size=6))
def test_euler_angles_give_the_rotation_back(turns: list[np.ndarray]) -> None:
    rotations = rotation_from_axis_angle(np.array(turns))
    angles = continuous_zxy(rotations)
    back = Rotation.from_euler("ZXY", angles).as_matrix()
    np.testing.assert_allclose(back, rotations, atol=1e-7)


@pytest.mark.parametrize("sign", [-1, 1])
def test_euler_angles_give_locked_rotations_back(sign: int) -> None:
    angles = np.array([[0.3, sign * np.pi / 2, 0.9], [-2.0, sign * np.pi / 2, 0.1]])
    rotations = Rotation.from_euler("ZXY", angles).as_matrix()
    back = Rotation.from_euler("ZXY", continuous_zxy(rotations)).as_matrix()
    np.testing.assert_allclose(back, rotations, atol=1e-6)


@pytest.mark.parametrize("axis", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.48, 0.6, 0.64]])
def test_euler_angles_do_not_jump(axis: list[float]) -> None:
    """Also through 90 degrees about x, where the principal angles do."""
    tilted = rotation_from_axis_angle(np.array([0.0, 0.2, 0.1])) @ spinning(axis)
    assert np.abs(np.diff(continuous_zxy(tilted), axis=0)).max() < np.radians(60)


def motion_of(**kwargs: object) -> HandMotion:
    made = take(**kwargs)  # type: ignore[arg-type]
    return animated_hand(made, made.hands[0]).motion


def test_resampling_at_the_same_times_changes_nothing() -> None:
    motion = motion_of(count=20)
    again = resampled(motion, motion.times_s, 30)
    np.testing.assert_allclose(again.rotations, motion.rotations, atol=1e-9)
    np.testing.assert_allclose(again.wrist_positions, motion.wrist_positions, atol=1e-12)


def test_resampling_lies_close_to_the_motion_itself() -> None:
    coarse, fine = motion_of(count=20), motion_of(count=58, fps=90.0)
    again = resampled(coarse, fine.times_s, 30)
    assert np.abs(again.wrist_positions - fine.wrist_positions).max() < 1e-4
    error = np.linalg.norm(again.rotations - fine.rotations, axis=(-1, -2)).max()
    assert error < 0.02


def test_short_gaps_are_bridged_and_long_ones_held() -> None:
    whole = motion_of(count=40)
    bridged = resampled(motion_of(count=40, unseen=(10, 11)), whole.times_s, 30)
    assert np.abs(bridged.wrist_positions - whole.wrist_positions).max() < 1e-3
    held = resampled(motion_of(count=40, unseen=range(10, 25)), whole.times_s, 30)
    np.testing.assert_array_equal(
        held.wrist_positions[10:25], np.tile(whole.wrist_positions[9], (15, 1))
    )
    np.testing.assert_allclose(held.wrist_positions[25:], whole.wrist_positions[25:], atol=1e-12)
    np.testing.assert_allclose(held.rotations[24], whole.rotations[9], atol=1e-9)


def test_before_and_after_the_sightings_the_nearest_is_held() -> None:
    seen = motion_of(count=30, unseen=(*range(10), *range(20, 30)))
    longer = resampled(seen, np.arange(30) / 30, 30)
    np.testing.assert_allclose(longer.wrist_positions[0], seen.wrist_positions[0])
    np.testing.assert_allclose(longer.wrist_positions[29], seen.wrist_positions[-1])


def test_a_single_sighting_is_held_throughout() -> None:
    motion = motion_of(count=5, unseen=(0, 1, 3, 4))
    longer = resampled(motion, np.arange(5) / 30, 30)
    np.testing.assert_allclose(longer.rotations, np.tile(motion.rotations, (5, 1, 1, 1)))


def test_visible_spans_end_a_frame_after_the_last_sighting() -> None:
    times = np.array([0.5, 0.6, 0.7, 1.5, 1.6])
    np.testing.assert_allclose(visible_spans(times, 10, 3.0), [[0.5, 0.8], [1.5, 1.7]])
    np.testing.assert_allclose(visible_spans(times, 10, 1.6), [[0.5, 0.8], [1.5, 1.6]])


def test_a_slow_camera_has_no_gap_between_its_frames() -> None:
    assert len(visible_spans(np.arange(5) / 5.0, 5, 0.8)) == 1


@pytest.mark.parametrize(("measured", "usual"), [(29.97, 30), (59.94, 60), (12.5, 12.5)])
def test_usual_rate(measured: float, usual: float) -> None:
    assert usual_rate(measured) == usual


def test_even_times_hold_the_whole_take() -> None:
    np.testing.assert_allclose(even_times(1.0, 30), np.arange(31) / 30)
    np.testing.assert_allclose(even_times(0.0, 30), [0.0])
