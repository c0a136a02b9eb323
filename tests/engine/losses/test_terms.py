"""Every label-free term: right slopes, less on the way to the truth, silent where nothing is."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.inference.crops import BACKGROUND
from engine.losses.priors import Collision, ShapePrior
from engine.losses.teaching import DistilJoints, DistilMesh
from engine.losses.terms import (
    DepthDifference,
    JointsTeachMesh,
    LossTerm,
    MeshTeachesJoints,
    PartPointsToMesh,
    PointsToMesh,
    ReliabilityGates,
    SilhouetteDifference,
    depth_difference,
    depth_difference_inside,
    points_to_mesh,
)
from tests.engine.losses.scenes import (
    COUNT,
    FITTER,
    IMAGE,
    TRUE_JOINTS,
    fitted,
    joint_mistake,
    some_mistake,
)

RENDERED = (DepthDifference(), SilhouetteDifference())
OF_POSE: tuple[LossTerm, ...] = (
    PointsToMesh(), PartPointsToMesh(), JointsTeachMesh(), DistilMesh(), ShapePrior(),
)  # fmt: skip
OF_JOINTS: tuple[LossTerm, ...] = (MeshTeachesJoints(), DistilJoints())


def _name(term: LossTerm) -> str:
    return term.name


def _along_pose(term: LossTerm, share: float) -> float:
    return float(term(fitted(share * some_mistake())))


def _along_joints(term: LossTerm, share: float) -> float:
    return float(term(fitted(0 * some_mistake(), TRUE_JOINTS + share * joint_mistake())))


@pytest.mark.parametrize("term", [*RENDERED, *OF_POSE], ids=_name)
def test_falls_when_the_hand_moves_towards_the_truth(term: LossTerm) -> None:
    values = [_along_pose(term, share) for share in (1.0, 0.75, 0.5, 0.25, 0.0)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.25 * values[0]


@pytest.mark.parametrize("term", OF_JOINTS, ids=_name)
def test_falls_when_the_joints_move_towards_the_truth(term: LossTerm) -> None:
    values = [_along_joints(term, share) for share in (1.0, 0.75, 0.5, 0.25, 0.0)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 1e-9 < values[0]


@pytest.mark.parametrize("term", OF_POSE, ids=_name)
def test_slopes_by_the_pose_equal_finite_differences(term: LossTerm) -> None:
    mistake = some_mistake(1).requires_grad_()
    slope = torch.autograd.grad(term(fitted(mistake)), mistake)[0]
    for k in range(6):
        direction = torch.randn(
            slope.shape, generator=torch.Generator().manual_seed(k), dtype=torch.float64
        )
        with torch.no_grad():
            ahead, behind = (
                term(fitted(mistake + sign * 1e-6 * direction)) for sign in (1.0, -1.0)
            )
        expected = float((ahead - behind).detach()) / 2e-6
        assert float((slope * direction).sum()) == pytest.approx(expected, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("term", OF_JOINTS, ids=_name)
def test_slopes_by_the_joints_equal_finite_differences(term: LossTerm) -> None:
    joints = (TRUE_JOINTS + joint_mistake(1)).requires_grad_()
    views = fitted(0 * some_mistake(), joints)
    slope = torch.autograd.grad(term(views), joints)[0]
    assert slope.abs().max() > 0
    direction = torch.randn(
        slope.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    ahead, behind = (
        term(views._replace(joints=joints + sign * 1e-6 * direction)) for sign in (1.0, -1.0)
    )
    expected = float((ahead - behind).detach()) / 2e-6
    assert float((slope * direction).sum()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("term", RENDERED, ids=_name)
def test_slopes_by_the_pictures_equal_finite_differences(term: LossTerm) -> None:
    """From the pictures to the vertices: tests/engine/render/test_differentiable.py."""
    views = fitted(some_mistake(1))
    depth, silhouette = (picture.detach().requires_grad_() for picture in views.rendered[:2])

    def loss(shift: Tensor) -> Tensor:
        pictures = views.rendered._replace(
            depth=depth + shift, silhouette=silhouette - shift * (silhouette > 0.5)
        )
        return term(views._replace(rendered=pictures))

    generator = torch.Generator().manual_seed(0)
    shift = torch.zeros_like(depth).requires_grad_()
    slope = torch.autograd.grad(loss(shift), shift)[0]
    direction = torch.randn(depth.shape, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        expected = float(loss(1e-7 * direction) - loss(-1e-7 * direction)) / 2e-7
    assert float((slope * direction).sum()) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("term", RENDERED, ids=_name)
def test_the_slope_through_the_renderer_points_where_the_loss_rises(term: LossTerm) -> None:
    """Central differences over about 1 mm: an absolute difference of pixels is not smooth."""
    mistake = some_mistake(1).requires_grad_()
    slope = torch.autograd.grad(term(fitted(mistake)), mistake)[0]
    where = [(n, k) for n in range(COUNT) for k in (32, 33, 34, 35, 36, 37, 6, 10)]
    found, expected = [], []
    for n, k in where:
        step = torch.zeros_like(mistake)
        step[n, k] = 0.01
        with torch.no_grad():
            expected.append(term(fitted(mistake + step)) - term(fitted(mistake - step)))
        found.append(0.02 * slope[n, k])
    cosine = torch.nn.functional.cosine_similarity(torch.stack(found), torch.stack(expected), dim=0)
    assert cosine > 0.97


def test_collision_has_the_slope_of_its_formula_and_falls_as_spheres_part() -> None:
    term = Collision(FITTER.spheres)
    views = fitted(0 * some_mistake())
    grown = views.spheres.radius * 1.05
    centre = views.spheres.centre.detach().requires_grad_()

    def loss(at: Tensor) -> Tensor:
        return term(views._replace(spheres=views.spheres._replace(centre=at, radius=grown)))

    assert loss(centre) > 0
    assert torch.autograd.gradcheck(loss, (centre,), eps=1e-7, atol=1e-5, fast_mode=True)
    slope = torch.autograd.grad(loss(centre), centre)[0]
    assert loss(centre - 1e-3 * slope / slope.norm()) < loss(centre)


def test_fingers_in_each_other_collide_and_broken_hands_do_not_count() -> None:
    term = Collision(FITTER.spheres)
    total = []
    for share in (0.0, 1.0, 8.0):
        mistake = 0 * some_mistake()
        mistake[:, 7] -= 0.1 * share  # the index towards the middle finger
        total.append(float(term(fitted(mistake))))
    assert total[0] < total[1]
    assert total[2] < 0.1


def test_joints_teach_the_mesh_only_and_the_mesh_the_joints_only() -> None:
    mistake = (0.05 * some_mistake(2)).requires_grad_()
    joints = (TRUE_JOINTS + 0.1 * joint_mistake(2)).requires_grad_()
    views = fitted(mistake, joints)
    for term, taught in ((JointsTeachMesh(), mistake), (MeshTeachesJoints(), joints)):
        slopes = torch.autograd.grad(
            term(views), (mistake, joints), retain_graph=True, allow_unused=True
        )
        for value, slope in zip((mistake, joints), slopes, strict=True):
            silent = slope is None or bool((slope == 0).all())
            assert silent == (value is not taught), term.name


def test_a_hand_teaches_where_it_explains_the_image_and_nowhere_else() -> None:
    gates = ReliabilityGates()
    at_truth = fitted(0 * some_mistake())
    assert depth_difference(at_truth).max() < 0.06
    assert depth_difference_inside(at_truth).max() < 0.01
    assert points_to_mesh(at_truth).max() < 1e-4
    assert gates(at_truth).mean() > 0.7
    far = fitted(3 * some_mistake())
    assert gates(far).sum() == 0
    one_off = 0 * some_mistake()
    one_off[0] = 3 * some_mistake()[0]
    assert gates(fitted(one_off))[0].sum() == 0
    assert gates(fitted(one_off))[1:].mean() > 0.7


def test_what_lies_outside_the_joints_volume_is_not_counted() -> None:
    """A forearm, a body: foreground that no term may pull the hand to."""
    mistake = 0.3 * some_mistake()
    clean = fitted(mistake)
    outside = IMAGE.clone()
    for n in range(COUNT):
        low, high = TRUE_JOINTS[n, :, 0].min(), TRUE_JOINTS[n, :, 0].max()
        axis = (torch.arange(128) + 0.5) / 64 - 1
        beyond = (axis < low - 0.25) | (axis > high + 0.25)
        outside[n, 0][:, beyond] = 0.1
    assert (outside != IMAGE).any()
    cluttered = fitted(mistake, image=outside)
    for term in (*RENDERED, PointsToMesh(), PartPointsToMesh()):
        assert float(term(cluttered)) == pytest.approx(float(term(clean)), rel=0.02), term.name


@pytest.mark.parametrize("term", [*RENDERED, *OF_POSE, *OF_JOINTS], ids=_name)
def test_an_empty_image_and_a_hand_that_is_elsewhere_are_finite(term: LossTerm) -> None:
    mistake = some_mistake()
    mistake[1, 35:] += 5.0
    mistake.requires_grad_()
    joints = (TRUE_JOINTS + joint_mistake()).requires_grad_()
    views = fitted(mistake, joints, torch.full_like(IMAGE, BACKGROUND))
    value = term(views)
    assert torch.isfinite(value)
    slopes = torch.autograd.grad(value, (mistake, joints), allow_unused=True)
    assert all(slope is None or torch.isfinite(slope).all() for slope in slopes)
    if term.name in ("points", "part_points", "mesh_to_joints"):
        assert value == 0
