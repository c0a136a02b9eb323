"""The differentiable renderer against ray casting and against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from calibration.camera_model import PinholeCamera
from engine.hand.articulation import LOWER, UPPER
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.hand.torch_skinning import TorchHand, rotation_from_axis_angle
from engine.inference.crops import BACKGROUND, CUBE_M, Crop
from engine.nets.crop_geometry import CropGeometry
from engine.render.differentiable import DepthRenderer, shared_edges
from engine.render.raycast import cast_depth
from tests.engine.hand.random_poses import random_pose

MODEL = load_hand_model()
HAND = TorchHand(MODEL).double()
RENDERER = DepthRenderer(MODEL.faces)
FINE = 8
"""Pixels a side of the fine picture that a coarse pixel is the mean of."""


def _pose(seed: int) -> HandPose:
    """A half open hand at 0.4 m, any way round; its palm in the middle."""
    rng = np.random.default_rng(seed)
    pose = random_pose(rng)
    angles = 0.4 * pose.angles + 0.6 * 0.5 * (LOWER + UPPER) * 0.3
    palm = pose.wrist_rotation @ np.array([0.0, 0.08, 0.0])
    at = np.array([0.02, -0.03, 0.4]) - palm
    return HandPose(pose.wrist_rotation, at, angles, pose.shape)


def _crop(size: int) -> Crop:
    """A crop whose window is exactly the camera's image of `size` pixels."""
    focal = 0.4 * size / CUBE_M
    middle = 0.5 * size - 0.5
    centre = np.array([0.02, -0.03, 0.4])
    camera = PinholeCamera(
        size, size, focal, focal,
        middle - focal * centre[0] / centre[2], middle - focal * centre[1] / centre[2],
    )  # fmt: skip
    return Crop(camera, centre)


def _double(crop: Crop) -> CropGeometry:
    return CropGeometry(*(value.double() for value in CropGeometry.of([crop])))


@pytest.mark.parametrize("size", [64, 128])
def test_depth_equals_ray_casting(size: int) -> None:
    """The same pixels, the same triangles, and 0.3 mm is asked for: 0.1 mm is kept."""
    crop = _crop(size)
    for seed in range(5):
        posed = pose_hand(MODEL, _pose(seed))
        hit = cast_depth(crop.camera, posed.vertices, MODEL.faces)
        picture = RENDERER(torch.tensor(crop.from_camera(posed.vertices))[None], size)
        seen, expected = picture.covered[0].numpy(), hit.depth_m > 0
        assert expected.sum() > 0.04 * size * size
        assert (seen != expected).sum() <= 2, "rays through an edge may fall to either side"
        both = seen & expected & ~picture.mixed[0].numpy()
        assert both.sum() > 0.5 * expected.sum()
        depth = crop.centre[2] + picture.depth[0].numpy() * 0.5 * crop.cube_m
        assert np.abs(depth - hit.depth_m)[both].max() < 1e-4
        same = picture.triangle[0].numpy()[both] == hit.triangle[both]
        assert same.mean() > 0.995


def _vertices(move: Tensor, seed: int, geometry: CropGeometry) -> Tensor:
    """Crop coordinates [1, V, 3] of a hand moved by [10]: 3 m, 3 rad, 4 angles."""
    pose = _pose(seed)
    angles = torch.tensor(pose.angles)[None]
    bent = angles.clone()
    bent[0, [6, 7, 11, 16]] = angles[0, [6, 7, 11, 16]] + move[6:]
    rotation = rotation_from_axis_angle(move[None, 3:6]) @ torch.tensor(pose.wrist_rotation)
    at = torch.tensor(pose.wrist_position)[None] + move[None, :3]
    hands = HAND(bent, torch.tensor(pose.shape)[None], rotation, at)
    return geometry.to_uvd(hands.vertices)


STEPS = torch.tensor([1e-3] * 3 + [1e-2] * 3 + [3e-2] * 4, dtype=torch.float64)


def test_gradients_equal_finite_differences_of_a_finer_picture() -> None:
    """Pixels that are means of 8 x 8 change smoothly as an outline moves, and without our help.

    Each picture is weighed by a smooth random one; depth with its background, since a mask would
    move with the hand. Four hands together: an outline is met at pixel rows only, and where the
    weights happen to cancel on one hand, that noise is all there is.
    """
    pairs = [_slopes(seed) for seed in range(4)]
    found, expected = (torch.cat(slopes, 1) for slopes in zip(*pairs, strict=True))
    for k in range(2):
        assert torch.nn.functional.cosine_similarity(found[k], expected[k], dim=0) > 0.999
        assert found[k].norm() / expected[k].norm() == pytest.approx(1.0, abs=0.03)


def _slopes(seed: int) -> tuple[Tensor, Tensor]:
    """[2, 10] each: of depth and silhouette by the moves, a step each, and as they should be."""
    size, geometry = 128, _double(_crop(128))
    noise = torch.randn(
        2, 1, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    weights = torch.nn.functional.interpolate(noise, (size, size), mode="bicubic")[:, 0]

    def fine(move: Tensor) -> Tensor:
        picture = RENDERER(_vertices(move, seed, geometry), size * FINE)
        both = torch.stack([picture.depth, picture.covered.double()])
        return (torch.nn.functional.avg_pool2d(both, FINE)[:, 0] * weights).sum((1, 2))

    move = torch.zeros(10, dtype=torch.float64, requires_grad=True)
    picture = RENDERER(_vertices(move, seed, geometry), size)
    sums = (torch.cat([picture.depth, picture.silhouette]) * weights).sum((1, 2))
    found = [torch.autograd.grad(s, move, retain_graph=True)[0] * STEPS for s in sums]
    steps = torch.diag(STEPS)
    expected = [(fine(step) - fine(-step)) / 2 for step in steps]
    return torch.stack(found), torch.stack(expected, 1)


def test_depth_inside_has_exact_gradients() -> None:
    geometry = _double(_crop(64))
    move = torch.zeros(10, dtype=torch.float64)
    picture = RENDERER(_vertices(move, 1, geometry), 64)
    inner = picture.covered[0] & ~picture.mixed[0]

    def total(move: Tensor) -> Tensor:
        return (RENDERER(_vertices(move, 1, geometry), 64).depth[0][inner] ** 2).sum()

    moved = move.clone().requires_grad_()
    slope = torch.autograd.grad(total(moved), moved)[0]
    for k in range(10):
        step = torch.zeros(10, dtype=torch.float64)
        step[k] = 1e-7
        expected = (total(step) - total(-step)) / 2e-7
        assert slope[k] == pytest.approx(float(expected), rel=1e-4, abs=1e-4)


def test_hands_of_a_batch_do_not_touch_each_other() -> None:
    geometry = _double(_crop(64))
    move = torch.zeros(10, dtype=torch.float64)
    vertices = torch.cat([_vertices(move, seed, geometry) for seed in range(3)]).float()
    vertices.requires_grad_()
    together = RENDERER(vertices)
    for k in range(3):
        alone = RENDERER(vertices[k : k + 1])
        torch.testing.assert_close(together.depth[k], alone.depth[0])
        torch.testing.assert_close(together.silhouette[k], alone.silhouette[0])
    slope = torch.autograd.grad(together.depth[1].sum() + together.silhouette[1].sum(), vertices)[0]
    assert slope[1].abs().max() > 0
    assert slope[[0, 2]].abs().max() == 0


@pytest.mark.parametrize("shift", [(5.0, 0.0, 0.0), (0.0, -40.0, 0.0), (1e6, 1e6, 0.0)])
def test_a_hand_out_of_the_window_is_background_without_a_pull(shift: tuple[float, ...]) -> None:
    vertices = _vertices(torch.zeros(10, dtype=torch.float64), 0, _double(_crop(64)))
    vertices = (vertices + torch.tensor(shift)).requires_grad_()
    picture = RENDERER(vertices)
    assert (picture.depth == BACKGROUND).all()
    assert (picture.silhouette == 0).all()
    assert not picture.covered.any()
    slope = torch.autograd.grad(picture.depth.sum() + picture.silhouette.sum(), vertices)[0]
    assert (slope == 0).all()


def test_a_hand_half_out_of_the_window_is_finite() -> None:
    vertices = _vertices(torch.zeros(10, dtype=torch.float64), 0, _double(_crop(64)))
    vertices = (vertices + torch.tensor([0.9, 0.4, 1.5])).requires_grad_()
    picture = RENDERER(vertices)
    assert 0 < picture.silhouette.sum() < 1500
    slope = torch.autograd.grad(picture.depth.sum() + picture.silhouette.sum(), vertices)[0]
    assert torch.isfinite(slope).all()
    assert slope.abs().max() > 0


def test_no_vertices_worth_drawing_are_no_danger() -> None:
    vertices = torch.full((2, MODEL.vertex_count, 3), float("nan"))
    vertices[1] = 0.0
    picture = RENDERER(vertices)
    assert (picture.depth == BACKGROUND).all()
    assert RENDERER(vertices[:0]).depth.shape == (0, 64, 64)


def test_an_open_surface_is_refused() -> None:
    with pytest.raises(ValueError, match="closed surface"):
        DepthRenderer(MODEL.faces[:-1])


def test_every_edge_has_the_two_faces_that_hold_it() -> None:
    faces = MODEL.faces.astype(np.int64)
    edges = shared_edges(faces)
    assert len(edges) == 3 * len(faces) // 2
    for a, b, f, g in edges[::97]:
        assert f != g
        assert {a, b} <= set(faces[f]) & set(faces[g])
