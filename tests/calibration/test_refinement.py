"""Joint refinement: exact derivatives, exact answers without noise, honest deviations with it."""

import numpy as np
import pytest

from calibration.board import Chessboard
from calibration.depth_error import rig_of
from calibration.distorted_camera import DistortedCamera
from calibration.errors import CalibrationCancelled
from calibration.estimate import Estimate, Observation, observations, residuals, rms_px
from calibration.lens import LensModel
from calibration.parameters import Parameters
from calibration.refinement import refine
from calibration.rig import StereoRig, angle_of
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from calibration.uncertainty import deviation_of, parameter_uncertainties
from tests.calibration.synthetic import random_poses, random_rig, seen_points

BOARD = Chessboard(7, 5, 0.03)
FISHEYE = (0.02, -0.01, 0.004, -0.001)


def problem(
    seed: int, noise_px: float, lens: LensModel = LensModel.BROWN_CONRADY, views: int = 8
) -> tuple[Estimate, tuple[Observation, ...]]:
    """The true estimate of a rig, and what it sees."""
    rng = np.random.default_rng(seed)
    rig = random_rig(rng)
    if lens is LensModel.FISHEYE:
        left, right = (DistortedCamera(c.pinhole, lens, FISHEYE) for c in (rig.left, rig.right))
        rig = StereoRig(left, right, rig.T_right_from_left)
    poses = random_poses(rng, rig, BOARD, views)
    seen = observations(seen_points(rig, BOARD, poses, rng, noise_px), BOARD)
    places = (RigidTransform.identity(), rig.T_right_from_left)
    return Estimate((rig.left, rig.right), places, tuple(poses)), seen


def disturbed(estimate: Estimate, seed: int) -> Estimate:
    """A start that is off by some percent, degrees and centimetres."""
    rng = np.random.default_rng(seed)

    def moved(T: RigidTransform) -> RigidTransform:
        turn = rotation_from_axis_angle(rng.uniform(-0.03, 0.03, 3))
        return RigidTransform(turn @ T.rotation, T.translation + rng.uniform(-0.01, 0.01, 3))

    parameters = Parameters(estimate, 5)
    x = parameters.vector(estimate)
    for camera in range(2):
        inner = parameters.intrinsics_at(camera)
        x[inner.start : inner.start + 2] *= rng.uniform(0.95, 1.05)
        x[inner.start + 4 : inner.stop] = 0.0
    start = parameters.estimate(x)
    return Estimate(
        start.cameras,
        (start.T_camera_from_rig[0], moved(start.T_camera_from_rig[1])),
        tuple(moved(pose) for pose in start.T_rig_from_board),
    )


@pytest.mark.parametrize("lens", [LensModel.BROWN_CONRADY, LensModel.FISHEYE])
@pytest.mark.parametrize(("intrinsics", "places"), [(True, True), (False, True), (False, False)])
def test_the_jacobian_is_that_of_finite_differences(
    lens: LensModel, intrinsics: bool, places: bool
) -> None:
    estimate, seen = problem(0, 0.5, lens, views=3)
    parameters = Parameters(estimate, 5, intrinsics, places)
    x = parameters.vector(estimate)
    J = parameters.jacobian(x, seen).toarray()
    assert J.shape == (2 * sum(len(o.pixels) for o in seen), len(x))
    for k in range(len(x)):
        step = np.zeros(len(x))
        step[k] = 1e-6 * max(1.0, abs(x[k]))
        above, below = (
            np.concatenate([e.ravel() for e in residuals(parameters.estimate(x + s), seen)])
            for s in (step, -step)
        )
        numeric = (above - below) / (2 * step[k])
        assert np.abs(J[:, k] - numeric).max() < 1e-5 * max(np.abs(numeric).max(), 1.0)


@pytest.mark.parametrize("lens", [LensModel.BROWN_CONRADY, LensModel.FISHEYE])
def test_without_noise_the_truth_is_found(lens: LensModel) -> None:
    truth, seen = problem(1, 0.0, lens)
    found = refine(disturbed(truth, 1), seen, free_coefficients=5)
    assert rms_px(found.errors) < 1e-6
    assert np.allclose(
        found.parameters.vector(found.estimate), found.parameters.vector(truth), atol=1e-4
    )


def test_some_wrong_corners_do_not_bend_a_robust_solution() -> None:
    truth, seen = problem(2, 0.1)
    rng = np.random.default_rng(0)
    for o in seen[:6]:
        o.pixels[rng.integers(len(o.pixels))] += rng.choice([-20, 20], 2)
    robust = refine(truth, seen, free_coefficients=4, robust=True)
    plain = refine(truth, seen, free_coefficients=4)

    def off(found: Estimate) -> float:
        T, T_true = found.T_camera_from_rig[1], truth.T_camera_from_rig[1]
        return angle_of(T.rotation @ T_true.rotation.T)

    assert np.degrees(off(robust.estimate)) < 0.15
    assert off(robust.estimate) < 0.5 * off(plain.estimate)


def test_deviations_say_how_far_off_the_answers_are() -> None:
    """Of all parameters of 12 rigs, about two thirds lie within one deviation."""
    scores = []
    for seed in range(12):
        truth, seen = problem(100 + seed, 0.2)
        found = refine(truth, seen, free_coefficients=4)
        off = found.parameters.vector(found.estimate) - found.parameters.vector(truth)
        count = found.parameters.camera_count
        scores.append(off[:count] / np.sqrt(np.diag(found.covariance)))
    within = np.mean(np.abs(np.concatenate(scores)) < 1.0)
    assert 0.58 < within < 0.78
    assert np.abs(np.concatenate(scores)).max() < 5.0


def test_the_deviation_of_a_figure_is_that_of_the_parameters_it_is() -> None:
    truth, seen = problem(3, 0.2)
    found = refine(truth, seen, free_coefficients=4)
    by_figure = deviation_of(found, lambda e: np.array([e.cameras[1].pinhole.fx]))
    named = {(u.camera, u.name): u for u in parameter_uncertainties(found)}
    assert by_figure[0] == pytest.approx(named[1, "fx"].deviation, rel=1e-3)
    assert named[1, "tx"].unit == "mm"
    assert named[1, "tx"].value == pytest.approx(
        1000 * rig_of(found.estimate).T_right_from_left.translation[0]
    )


def test_a_board_that_is_seen_once_leaves_the_focal_length_unknown() -> None:
    """One upright view: an infinite or huge deviation, and no crash."""
    rng = np.random.default_rng(5)
    rig = random_rig(rng)
    poses = random_poses(rng, rig, BOARD, 1, tilt_deg=0.01)
    seen = observations(seen_points(rig, BOARD, poses, rng), BOARD)
    places = (RigidTransform.identity(), rig.T_right_from_left)
    found = refine(Estimate((rig.left, rig.right), places, tuple(poses)), seen, free_coefficients=2)
    named = {(u.camera, u.name): u.deviation for u in parameter_uncertainties(found)}
    assert not named[0, "fx"] < 5.0


def test_cancelling_stops_between_two_steps() -> None:
    truth, seen = problem(4, 0.1)
    asked = iter([False, False, True])
    with pytest.raises(CalibrationCancelled):
        refine(disturbed(truth, 0), seen, free_coefficients=4, cancelled=lambda: next(asked))
