"""Every analytic derivative of the fit against finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from engine.hand.articulation import LOWER, UPPER
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.fitting.kernels.depth_terms import (
    free_space_term,
    pixels_of,
    silhouette_term,
)
from engine.inference.fitting.kernels.gauss_newton import State, moved
from engine.inference.fitting.kernels.kinematics import visible_vertices
from engine.inference.fitting.kernels.linear_system import (
    PIVOT_JOINT,
    SYSTEM_SIZE,
    Posed,
    System,
    add_joint,
    add_rigid_point,
    add_surface_point,
    begin_row,
    finish_row,
    new_scratch,
    solve_damped,
)
from engine.inference.fitting.kernels.pose_terms import (
    collision_term,
    joint_term,
    prior_term,
    shape_term,
)
from engine.inference.fitting.kernels.posing import pose_surface, sphere_radii
from engine.inference.fitting.settings import DEFAULT_SETTINGS
from tests.engine.inference.fitting.scenes import (
    BENT,
    fitter,
    hand_model,
    make_pose,
    random_pose,
    see,
)

Float64 = npt.NDArray[np.float64]

STEP = 1e-6


def state_of(pose: HandPose) -> State:
    return State(pose.wrist_rotation, pose.wrist_position, pose.angles, pose.shape)


def posed(state: State) -> Posed:
    return pose_surface(fitter().surface, *state)


def empty_system() -> System:
    return System(np.zeros((SYSTEM_SIZE, SYSTEM_SIZE)), np.zeros(SYSTEM_SIZE))


def numeric(function: Callable[[State], float], state: State) -> Float64:
    """Central differences of a function of the state along the 38 unknowns."""
    pivot = posed(state).joints[PIVOT_JOINT].copy()
    slopes = np.empty(SYSTEM_SIZE)
    for k in range(SYSTEM_SIZE):
        step = np.zeros(SYSTEM_SIZE)
        step[k] = STEP
        ahead, behind = function(moved(state, pivot, step)), function(moved(state, pivot, -step))
        slopes[k] = (ahead - behind) / (2 * STEP)
    return slopes


@pytest.fixture
def state() -> State:
    return state_of(random_pose(np.random.default_rng(3)))


@pytest.fixture
def direction() -> Float64:
    direction = np.array([0.4, -0.7, 0.6])
    return direction / np.linalg.norm(direction)


@pytest.mark.parametrize("point", [0, 31, 300, 755, 1100, 1160])
def test_row_of_a_surface_point(state: State, direction: Float64, point: int) -> None:
    surface, scratch = fitter().surface, new_scratch()
    begin_row(scratch)
    add_surface_point(surface, posed(state), point, 1.0, direction, True, scratch)
    finish_row(surface, posed(state), direction, scratch)
    expected = numeric(lambda s: float(posed(s).points[point] @ direction), state)
    np.testing.assert_allclose(scratch.row, expected, atol=1e-7)


def test_row_of_a_place_inside_a_triangle(state: State, direction: Float64) -> None:
    surface, scratch = fitter().surface, new_scratch()
    corners, shares = surface.faces[700], np.array([0.2, 0.5, 0.3])
    begin_row(scratch)
    for corner, share in zip(corners, shares, strict=True):
        add_surface_point(surface, posed(state), corner, share, direction, True, scratch)
    finish_row(surface, posed(state), direction, scratch)
    expected = numeric(lambda s: float(shares @ posed(s).points[corners] @ direction), state)
    np.testing.assert_allclose(scratch.row, expected, atol=1e-7)


@pytest.mark.parametrize("joint", [0, 1, 3, 7, 15])
def test_row_of_a_joint(state: State, direction: Float64, joint: int) -> None:
    surface, scratch = fitter().surface, new_scratch()
    begin_row(scratch)
    add_joint(posed(state), joint, direction, True, scratch)
    finish_row(surface, posed(state), direction, scratch)
    expected = numeric(lambda s: float(posed(s).joints[joint] @ direction), state)
    np.testing.assert_allclose(scratch.row, expected, atol=1e-7)


def test_row_of_a_point_fixed_to_a_bone(state: State, direction: Float64) -> None:
    surface, scratch, joint = fitter().surface, new_scratch(), 5
    here = posed(state)
    place = here.joints[joint] + here.R[joint] @ np.array([0.0, 0.01, 0.0])
    begin_row(scratch)
    add_rigid_point(joint, place, 1.0, direction, scratch)
    finish_row(surface, here, direction, scratch)

    def along(s: State) -> float:
        there = posed(s)
        moved_place = there.joints[joint] + there.R[joint] @ np.array([0.0, 0.01, 0.0])
        return float(moved_place @ direction)

    np.testing.assert_allclose(scratch.row[:28], numeric(along, state)[:28], atol=1e-7)


def check_gradient(
    term: Callable[[State, System], float], state: State, columns: slice = slice(0, SYSTEM_SIZE)
) -> None:
    """Energies are weighted squares, so their slope is -2 g; also where they are robust."""
    system = empty_system()
    energy = term(state, system)
    assert energy > 0
    expected = numeric(lambda s: term(s, empty_system()), state)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(-2 * system.g[columns], expected[columns], atol=2e-5 * scale)


def test_gradient_of_the_network_joints(state: State) -> None:
    target = posed(state).keypoints + np.random.default_rng(0).normal(0, 0.015, (21, 3))
    precision = np.linspace(0, 5e4, 21)

    def term(s: State, system: System) -> float:
        return float(
            joint_term(
                fitter().surface,
                posed(s),
                target,
                precision,
                0.03,
                True,
                True,
                new_scratch(),
                system,
            )
        )

    check_gradient(term, state)


def test_gradient_of_collision() -> None:
    angles = BENT.copy()
    angles[7], angles[11] = np.radians(-20), np.radians(20)  # index and middle cross
    state = state_of(make_pose(angles=angles))
    surface = fitter().surface
    radii = sphere_radii(surface, posed(state).rest, posed(state).rest_keypoints)

    def term(s: State, system: System) -> float:
        return float(
            collision_term(surface, posed(s), radii, DEFAULT_SETTINGS, True, new_scratch(), system)
        )

    check_gradient(term, state, slice(0, 28))


def test_gradient_of_priors_limits_and_coupling(state: State) -> None:
    angles = state.angles.copy()
    angles[8], angles[13] = UPPER[8] + 0.1, LOWER[13] - 0.2
    outside = state._replace(angles=angles)

    def term(s: State, system: System) -> float:
        surface = fitter().surface
        return float(prior_term(surface, s.angles, BENT, 3.0, DEFAULT_SETTINGS, system))

    check_gradient(term, outside)


def test_gradient_of_the_shape_anchor(state: State) -> None:
    check_gradient(lambda s, system: float(shape_term(s.shape, np.ones(10), 3.0, system)), state)


def test_gradients_of_silhouette_and_free_space() -> None:
    observed = see(make_pose()).observation.observed
    closer = state_of(make_pose(at=(0.01234, 0.08171, 0.43057)))
    surface = fitter().surface

    def silhouette(s: State, system: System) -> float:
        here = posed(s)
        return float(
            silhouette_term(
                surface,
                here,
                pixels_of(here.points, 1159, observed),
                observed,
                DEFAULT_SETTINGS,
                True,
                True,
                new_scratch(),
                system,
            )
        )

    def free_space(s: State, system: System) -> float:
        here = posed(s)
        # The same vertices for both sides of a difference.
        visible = visible_vertices(posed(closer).points, posed(closer).normals, 1159)
        return float(
            free_space_term(
                surface,
                here,
                pixels_of(here.points, 1159, observed),
                observed,
                visible,
                DEFAULT_SETTINGS,
                True,
                True,
                new_scratch(),
                system,
            )
        )

    check_gradient(silhouette, closer)
    check_gradient(free_space, closer)


def test_hessian_is_the_square_of_the_rows(state: State) -> None:
    """One far joint: H must equal w J^T J with the row from finite differences."""
    target = posed(state).keypoints + 0.01
    precision = np.zeros(21)
    precision[8] = 1e4
    system = empty_system()
    joint_term(
        fitter().surface, posed(state), target, precision, 1e3, True, True, new_scratch(), system
    )
    rows = np.stack(
        [numeric(lambda s, a=a: float(posed(s).keypoints[8, a]), state) for a in range(3)]
    )
    np.testing.assert_allclose(np.triu(system.H), np.triu(1e4 * rows.T @ rows), atol=1e-2)


def test_solution_of_the_damped_system() -> None:
    rng = np.random.default_rng(1)
    A = rng.normal(size=(60, SYSTEM_SIZE))
    H, g, damping = A.T @ A, rng.normal(size=SYSTEM_SIZE), rng.uniform(0, 1, SYSTEM_SIZE)
    step = np.empty(SYSTEM_SIZE)
    assert solve_damped(System(np.triu(H), g), SYSTEM_SIZE, damping, step)
    np.testing.assert_allclose(step, np.linalg.solve(H + np.diag(damping), g), rtol=1e-9)


def test_indefinite_system_has_no_solution() -> None:
    system = System(-np.eye(SYSTEM_SIZE), np.ones(SYSTEM_SIZE))
    assert not solve_damped(system, SYSTEM_SIZE, np.zeros(SYSTEM_SIZE), np.empty(SYSTEM_SIZE))


def test_posing_equals_the_hand_model() -> None:
    pose = random_pose(np.random.default_rng(8))
    expected, here = pose_hand(hand_model(), pose), posed(state_of(pose))
    np.testing.assert_allclose(here.points[:-5], expected.vertices, atol=1e-9)
    np.testing.assert_allclose(here.keypoints, expected.keypoints, atol=1e-9)
