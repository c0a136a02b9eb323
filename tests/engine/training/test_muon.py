"""Muon's update is orthogonal enough, and it minimises."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.training.muon import Muon, orthogonalised


def _matrix(rows: int, columns: int, condition: float, seed: int = 0) -> Tensor:
    """A matrix with singular values spread over a factor of `condition`."""
    torch.manual_seed(seed)
    u, _, v = torch.linalg.svd(torch.randn(rows, columns), full_matrices=False)
    values = torch.logspace(0, -torch.log10(torch.tensor(condition)).item(), min(rows, columns))
    return u * values @ v


@pytest.mark.parametrize("shape", [(16, 16), (32, 288), (64, 24), (8, 72)])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e3])
def test_all_directions_move_alike(shape: tuple[int, int], scale: float) -> None:
    matrix = scale * _matrix(*shape, condition=30.0)
    update = orthogonalised(matrix)
    values = torch.linalg.svdvals(update)
    assert values.min() > 0.5
    assert values.max() < 1.5
    assert update.dtype == matrix.dtype
    assert update.shape == matrix.shape


def test_directions_are_kept() -> None:
    matrix = _matrix(20, 50, condition=10.0)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    cosine = torch.nn.functional.cosine_similarity(
        orthogonalised(matrix).flatten(), (u @ v).flatten(), 0
    )
    assert cosine > 0.97


def test_no_gradient_is_no_update() -> None:
    assert orthogonalised(torch.zeros(4, 9)).abs().max() == 0.0


def _kernel(seed: int = 1) -> torch.nn.Parameter:
    torch.manual_seed(seed)
    return torch.nn.Parameter(torch.randn(8, 4, 3, 3))


def test_it_finds_the_minimum_of_a_lopsided_bowl() -> None:
    """Curvatures differ by a factor of 100: every direction arrives all the same."""
    kernel, target = _kernel(), torch.randn(8, 4, 3, 3)
    curvature = torch.logspace(0, 2, 36).view(1, 4, 3, 3)
    optimizer = Muon([kernel], lr=1.0, weight_decay=0.0)
    for step in range(100):
        optimizer.param_groups[0]["lr"] = 1.0 - step / 100
        optimizer.zero_grad()
        (curvature * (kernel - target).square()).sum().backward()
        optimizer.step()
    assert (kernel - target).square().mean().sqrt() < 0.05


def test_one_step_moves_every_shape_by_the_same_size_a_weight() -> None:
    sizes = []
    for shape in ((16, 16, 3, 3), (32, 4, 1, 1), (64, 8, 1, 1)):
        torch.manual_seed(0)
        kernel = torch.nn.Parameter(torch.zeros(shape))
        kernel.grad = torch.randn(shape)
        Muon([kernel], lr=0.01).step()
        per_row = kernel.detach().flatten(1)
        sizes.append(float(per_row.square().sum().sqrt()) / min(per_row.shape) ** 0.5)
        tall = max(1.0, per_row.shape[0] / per_row.shape[1]) ** 0.5
        assert sizes[-1] == pytest.approx(0.01 * tall, rel=0.3)


def test_weights_decay_apart_from_the_gradient() -> None:
    kernel = _kernel()
    before = kernel.detach().clone()
    kernel.grad = torch.zeros_like(kernel)
    Muon([kernel], lr=0.1, weight_decay=0.5).step()
    torch.testing.assert_close(kernel.detach(), 0.95 * before)


def test_parameters_without_a_gradient_stay() -> None:
    kernel = _kernel()
    before = kernel.detach().clone()
    Muon([kernel]).step()
    torch.testing.assert_close(kernel.detach(), before)


def test_its_state_travels_in_a_checkpoint() -> None:
    """Two steps equal one step, a checkpoint, and another step."""
    torch.manual_seed(2)
    gradients = [torch.randn(8, 4, 3, 3) for _ in range(2)]

    def step(kernel: torch.nn.Parameter, optimizer: Muon, gradient: Tensor) -> None:
        kernel.grad = gradient.clone()
        optimizer.step()

    straight = _kernel()
    optimizer = Muon([straight])
    for gradient in gradients:
        step(straight, optimizer, gradient)

    first = _kernel()
    optimizer = Muon([first])
    step(first, optimizer, gradients[0])
    second = torch.nn.Parameter(first.detach().clone())
    resumed = Muon([second])
    resumed.load_state_dict(optimizer.state_dict())
    step(second, resumed, gradients[1])
    torch.testing.assert_close(second, straight, atol=0, rtol=0)
