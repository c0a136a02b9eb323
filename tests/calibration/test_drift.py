"""Whether a rig still fits what its cameras see, and whether it can give dense depth."""

import cv2
import numpy as np
import pytest

from calibration.dense_range import viewing_angle_rad, why_no_dense_depth
from calibration.drift import (
    check_drift,
    epipolar_error,
    epipolar_error_of_features,
    matched_features,
)
from calibration.rig import StereoRig
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from tests.calibration.synthetic import Printed, Renderer, random_rig
from tests.calibration.test_formats import two_camera_clip
from tests.shared_data import shared_folder


def turned(rig: StereoRig, degrees: float) -> StereoRig:
    """The same cameras, the right one nodding by some degrees."""
    R = rotation_from_axis_angle(np.radians([degrees, 0.0, 0.0]))
    T = rig.T_right_from_left
    return StereoRig(rig.left, rig.right, RigidTransform(R @ T.rotation, R @ T.translation))


def seen_by(rig: StereoRig, seed: int, noise_px: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.uniform(0.3, 1.5, (200, 1))
    points = np.concatenate([z * rng.uniform(-0.3, 0.3, (200, 2)), z], -1)
    left = rig.left.project(points)
    right = rig.right.project(rig.T_right_from_left.apply(points))
    return left + rng.normal(0, noise_px, left.shape), right + rng.normal(0, noise_px, right.shape)


@pytest.mark.parametrize("seed", range(5))
def test_a_rig_that_was_knocked_is_told(seed: int) -> None:
    rig = random_rig(np.random.default_rng(seed))
    left, right = seen_by(rig, seed)
    still = check_drift(left, right, rig, calibrated_px=0.15)
    assert still.known
    assert not still.recalibrate
    assert still.error.median_px < 0.5
    moved = check_drift(left, right, turned(rig, 0.5), calibrated_px=0.15)
    assert moved.recalibrate
    assert "calibrate again" in moved.sentence
    assert moved.error.median_px == pytest.approx(0.5 * np.pi / 180 * rig.left.pinhole.fx, rel=0.4)


def test_some_wrong_matches_are_no_drift() -> None:
    rig = random_rig(np.random.default_rng(7))
    left, right = seen_by(rig, 7)
    right[:60] += np.random.default_rng(0).uniform(-100, 100, (60, 2))
    assert not check_drift(left, right, rig).recalibrate


def test_few_matches_say_nothing() -> None:
    rig = random_rig(np.random.default_rng(8))
    left, right = (pixels[:5] for pixels in seen_by(rig, 8))
    check = check_drift(left, right, rig)
    assert not check.known
    assert not check.recalibrate
    assert epipolar_error(left[:0], right[:0], rig).matches == 0


def test_features_of_a_textured_wall_fit_the_rig_they_were_seen_with() -> None:
    rng = np.random.default_rng(9)
    rig = random_rig(rng)
    coarse = rng.integers(0, 255, (90, 120)).astype(np.uint8)
    wall = Printed(cv2.resize(coarse, (3600, 2700), interpolation=cv2.INTER_CUBIC), 3000, 0.0)
    slant = rotation_from_axis_angle(np.array([0.3, 0.5, 0.0]))
    pose = RigidTransform(slant, np.array([-0.5, -0.4, 0.7]))
    left = Renderer(rig.left, wall).picture(pose)
    right = Renderer(rig.right, wall).picture(rig.T_right_from_left @ pose)
    error = epipolar_error_of_features(left, right, rig)
    assert error.matches > 100
    assert error.median_px < 0.4
    assert check_drift(*matched_features(left, right), turned(rig, 0.6)).recalibrate


def test_pictures_without_texture_match_nothing() -> None:
    flat = np.full((240, 320), 128, np.uint8)
    assert len(matched_features(flat, flat)[0]) == 0


def test_cameras_side_by_side_give_dense_depth() -> None:
    for seed in range(5):
        rig = random_rig(np.random.default_rng(seed))
        assert np.degrees(viewing_angle_rad(rig)) < 16
        assert why_no_dense_depth(rig) is None


@pytest.mark.slow
def test_the_two_camera_clip_fits_its_calibration_and_is_too_wide() -> None:
    folder = shared_folder("data", "two_camera_clip")
    rig = two_camera_clip()
    pictures: list[list[np.ndarray]] = [[], []]
    for camera in range(2):
        video = cv2.VideoCapture(str(folder / f"cam{camera}.mp4"))
        for frame in range(61):
            good, picture = video.read()
            assert good
            if frame % 20 == 0:
                pictures[camera].append(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
        video.release()
    error = epipolar_error_of_features(*pictures, rig)
    assert error.matches >= 20
    assert error.median_px < 1.5
    sentence = why_no_dense_depth(rig, metric=False)
    assert sentence is not None
    assert "44 degrees apart, too far for a depth picture" in sentence
