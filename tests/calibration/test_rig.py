"""Rigs: epipolar geometry, triangulation, rectification. Metres and pixels."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings

from calibration.distorted_camera import DistortedCamera
from calibration.drift import epipolar_distances
from calibration.lens import LensModel
from calibration.rectification import rectification, rectify
from calibration.rig import RigCamera, StereoRig, stereo_rig
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from tests.calibration.geometry import SEEDS
from tests.calibration.synthetic import random_rig

PROPERTY = settings(deadline=None, max_examples=40)


def rig_and_points(seed: int) -> tuple[StereoRig, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.uniform(0.3, 0.9, (40, 1))
    points = np.concatenate([z * rng.uniform(-0.3, 0.3, (40, 2)), z], -1)
    return random_rig(rng), points


def pixels(rig: StereoRig, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rig.left.project(points), rig.right.project(rig.T_right_from_left.apply(points))


@PROPERTY
@given(SEEDS)
def test_triangulation_finds_the_points(seed: int) -> None:
    rig, points = rig_and_points(seed)
    assert np.allclose(rig.triangulate(*pixels(rig, points)), points, atol=1e-6)


@PROPERTY
@given(SEEDS)
def test_points_lie_on_the_lines_of_their_partners(seed: int) -> None:
    rig, points = rig_and_points(seed)
    left, right = pixels(rig, points)
    assert epipolar_distances(left, right, rig).max() < 1e-4
    assert epipolar_distances(left, right + [0.0, 2.0], rig).min() > 1.0


@PROPERTY
@given(SEEDS)
def test_rectified_partners_share_a_row_and_tell_the_depth(seed: int) -> None:
    rig, points = rig_and_points(seed)
    straight = rectification(rig)
    left, right = pixels(rig, points)
    a, b = straight.left_points(left), straight.right_points(right)
    assert np.abs(a[:, 1] - b[:, 1]).max() < 1e-4
    depth = straight.T_rectified_from_left.apply(points)[:, 2]
    disparity = a[:, 0] - b[:, 0]
    assert np.allclose(straight.depth_m(disparity), depth, rtol=1e-6)
    homogeneous = np.column_stack([a, disparity, np.ones(len(a))]) @ straight.Q.T
    rectified = homogeneous[:, :3] / homogeneous[:, 3:]
    assert np.allclose(rectified, straight.T_rectified_from_left.apply(points), rtol=1e-6)


@PROPERTY
@given(SEEDS)
def test_rectifying_turns_and_does_not_mirror(seed: int) -> None:
    rig, _ = rig_and_points(seed)
    straight = rectification(rig)
    for R in (straight.R_rectified_from_left, straight.R_rectified_from_right):
        assert np.allclose(R @ R.T, np.eye(3))
        assert np.linalg.det(R) == pytest.approx(1.0)
        assert np.degrees(np.arccos((np.trace(R) - 1) / 2)) < 6.0


def test_no_disparity_is_no_depth() -> None:
    straight = rectification(rig_and_points(0)[0])
    assert (straight.depth_m(np.array([0.0, -3.0])) == 0).all()


def test_a_swapped_pair_has_a_baseline_below_zero() -> None:
    rig, _ = rig_and_points(1)
    back = StereoRig(rig.right, rig.left, rig.T_right_from_left.inverse())
    assert rectification(back).baseline_m == pytest.approx(-rig.baseline_m)


def test_maps_bring_a_mark_to_its_rectified_place() -> None:
    rig, points = rig_and_points(2)
    straight = rectification(rig)
    left, _ = pixels(rig, points[:1])
    picture = np.zeros((480, 640), np.uint8)
    cv2.circle(picture, tuple(np.round(16 * left[0]).astype(int)), 16 * 6, 255, -1, cv2.LINE_AA, 4)
    resampled = rectify(picture, straight.maps()[0])
    v, u = (float(np.average(axis, weights=resampled)) for axis in np.indices(resampled.shape))
    assert np.allclose([u, v], straight.left_points(left)[0], atol=0.2)


def test_a_folding_lens_leaves_black_borders_and_no_ghosts() -> None:
    rig, _ = rig_and_points(3)
    barrel = DistortedCamera(
        rig.left.pinhole.scaled(1.0), LensModel.BROWN_CONRADY, (-0.9, 0.0, 0.0, 0.0, 0.0)
    )
    wide = StereoRig(barrel, rig.right, rig.T_right_from_left)
    map_x, _ = rectification(wide, focal_px=0.5 * barrel.pinhole.fx).maps()[0]
    row = map_x[240]
    seen = row[row > -1]
    assert (row[:5] < -1).all()
    assert (np.diff(seen) > 0).all()


def test_the_pair_of_any_two_cameras() -> None:
    rig, points = rig_and_points(4)
    T_world = RigidTransform(rotation_from_axis_angle(np.array([0.4, 1.2, -2.0])), np.ones(3))
    left, right = (RigCamera(c.name, c.camera, c.T_camera_from_rig @ T_world) for c in rig.cameras)
    again = stereo_rig(left, right)
    assert np.allclose(again.T_right_from_left.apply(points), rig.T_right_from_left.apply(points))
    assert again.baseline_m == pytest.approx(rig.baseline_m)


@pytest.mark.parametrize(
    ("R", "T", "sentence"),
    [
        (np.eye(3) * 1.01, [0.1, 0, 0], "orthogonal"),
        (np.diag([1.0, 1.0, -1.0]), [0.1, 0, 0], "mirror"),
        (np.full((3, 3), np.nan), [0.1, 0, 0], "finite"),
        (np.eye(3), [np.nan, 0, 0], "finite"),
        (np.eye(3), [0.0, 0, 0], "same place"),
    ],
)
def test_impossible_rigs_are_refused(R: np.ndarray, T: list[float], sentence: str) -> None:
    rig, _ = rig_and_points(5)
    with pytest.raises(ValueError, match=sentence):
        StereoRig(rig.left, rig.right, RigidTransform(R, np.array(T)))
