"""The loss on lessons: its slopes are right, and what is not believed pulls at nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.adaptation.lesson_loss import LessonLoss, LessonTargets
from engine.hand.model import load_hand_model
from engine.hand.torch_skinning import TorchHand
from engine.nets.maps import PIXELS, JointMaps, encode_joints, pixel_points
from engine.nets.single_view import SingleViewOutput

BATCH = 3
LOSS = LessonLoss(TorchHand(load_hand_model()))
PARTS = ("joints", "pose", "heat", "offset")


def some(*size: int, seed: int, sigma: float = 1.0) -> Tensor:
    return sigma * torch.randn(size, generator=torch.Generator().manual_seed(seed))


def uneven_image() -> Tensor:
    v, u = torch.meshgrid(*[torch.linspace(-1, 1, 128)] * 2, indexing="ij")
    hand = torch.where(u**2 + v**2 < 0.7, 0.2 * torch.sin(4 * u), torch.ones(()))
    return hand.expand(BATCH, 1, 128, 128)


IMAGE = uneven_image()
UPRIGHT = torch.tensor([1.0, 0, 0, 0, 1, 0]).expand(BATCH, 6)
TARGETS = LessonTargets(
    joints=some(BATCH, 21, 3, seed=1, sigma=0.3),
    weight=some(BATCH, 21, seed=2).sigmoid(),
    pose=torch.cat(
        [some(BATCH, 32, seed=3, sigma=0.3), UPRIGHT, some(BATCH, 3, seed=4, sigma=0.2)], 1
    ),
    half_cube_m=torch.tensor([0.10, 0.12, 0.15]),
)


def taught() -> dict[str, Tensor]:
    """What the teacher says, by name of the network's outputs."""
    heat, offset = encode_joints(TARGETS.joints, pixel_points(IMAGE))
    return {"joints": TARGETS.joints, "pose": TARGETS.pose, "heat": heat, "offset": offset}


def guessed() -> dict[str, Tensor]:
    """The same, off by a random amount in everything."""
    return {
        name: value + some(*value.shape, seed=5 + k, sigma=0.15)
        for k, (name, value) in enumerate(taught().items())
    }


def output_of(values: dict[str, Tensor]) -> SingleViewOutput:
    maps = JointMaps(values["heat"], values["offset"], torch.zeros(BATCH, 21, PIXELS))
    return SingleViewOutput(values["joints"], values["pose"], torch.zeros(BATCH, 2), maps)


def slope(name: str, targets: LessonTargets = TARGETS) -> Tensor:
    values = guessed()
    start = values[name].requires_grad_()
    return torch.autograd.grad(LOSS([output_of(values)], IMAGE, targets)[0], start)[0]


@pytest.mark.parametrize("name", PARTS)
def test_gradients_equal_finite_differences(name: str) -> None:
    """Along the gradient itself, by central differences; all is float32, hence 2 %."""
    gradient = slope(name)
    size = float(gradient.norm())
    step = 0.01 * gradient / size

    def loss(value: Tensor) -> Tensor:
        return LOSS([output_of(guessed() | {name: value})], IMAGE, TARGETS)[0]

    difference = (loss(guessed()[name] + step) - loss(guessed()[name] - step)) / 0.02
    assert float(difference) == pytest.approx(size, rel=0.02)


def test_what_the_teacher_says_costs_nothing() -> None:
    total, parts = LOSS([output_of(taught())], IMAGE, TARGETS)
    assert total < 1e-5, parts


@pytest.mark.parametrize("name", ["joints", "heat", "offset"])
def test_a_joint_that_is_not_believed_pulls_at_nothing(name: str) -> None:
    weight = TARGETS.weight.clone()
    weight[:, 8] = 0.0
    gradient = slope(name, TARGETS._replace(weight=weight))
    assert gradient[:, 8].abs().max() == 0
    assert gradient[:, 7].abs().max() > 0


def test_stacks_add_up_and_the_last_is_reported() -> None:
    first, second = output_of(guessed()), output_of(taught())
    both, parts = LOSS([first, second], IMAGE, TARGETS)
    alone = [LOSS([output], IMAGE, TARGETS) for output in (first, second)]
    torch.testing.assert_close(both, alone[0][0] + alone[1][0])
    assert parts["joints"] == alone[1][1]["joints"]
