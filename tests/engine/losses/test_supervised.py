"""The training loss: nothing at the truth, less on the way to it, silent where there is no hand."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import torch
from torch import Tensor

from calibration.transforms import rotation_from_quaternion
from engine.hand.articulation import LOWER, UPPER
from engine.hand.model import load_hand_model
from engine.hand.torch_skinning import TorchHand
from engine.losses.supervised import LossWeights, SupervisedLoss, Targets
from engine.nets.maps import PIXELS, JointMaps, encode_joints, pixel_points
from engine.nets.single_view import SingleViewOutput

BATCH = 6
HAND = TorchHand(load_hand_model())
LOSS = SupervisedLoss(HAND)
JOINT_PARTS = ("joints", "heat", "offset", "pose_joints", "angles", "rotation", "shape")


def _image() -> Tensor:
    v, u = torch.meshgrid(*[torch.linspace(-1, 1, 128)] * 2, indexing="ij")
    shift = torch.linspace(-0.2, 0.2, BATCH).view(-1, 1, 1, 1)
    return torch.where(u**2 + v**2 < 0.7, shift + 0.2 * torch.sin(4 * u), torch.ones(()))


IMAGE = _image()


def _poses(generator: torch.Generator) -> Tensor:
    """[BATCH, 41] within the limits."""
    lower, upper = (torch.tensor(limit, dtype=torch.float32) for limit in (LOWER, UPPER))
    angles = lower + (upper - lower) * torch.rand(BATCH, 22, generator=generator)
    shape = torch.randn(BATCH, 10, generator=generator)
    quaternions = torch.randn(BATCH, 4, generator=generator).numpy()
    R = torch.tensor(rotation_from_quaternion(quaternions), dtype=torch.float32)
    at = 0.5 * torch.randn(BATCH, 3, generator=generator)
    return torch.cat([angles, shape, R[:, :, 0], R[:, :, 1], at], 1)


def _targets(seed: int = 0) -> Targets:
    """Two samples without a hand, one of the wrong side, three shown."""
    generator = torch.Generator().manual_seed(seed)
    return Targets(
        joints=1.2 * torch.rand(BATCH, 21, 3, generator=generator) - 0.6,
        pose=_poses(generator),
        present=torch.tensor([1.0, 0, 1, 1, 0, 1]),
        same_side=torch.tensor([1.0, 1, 0, 1, 1, 1]),
        half_cube_m=torch.linspace(0.10, 0.15, BATCH),
    )


SHOWN = [0, 3, 5]
HIDDEN = [1, 2, 4]


def _truth(targets: Targets) -> SingleViewOutput:
    """What a perfect network would say."""
    heat, offset = encode_joints(targets.joints, pixel_points(IMAGE))
    logits = 40 * (torch.stack([targets.present, targets.same_side], 1) - 0.5)
    maps = JointMaps(heat, offset, torch.zeros(BATCH, 21, PIXELS))
    return SingleViewOutput(targets.joints, targets.pose, logits, maps)


def _guess(targets: Targets, seed: int = 1, size: float = 1.0) -> SingleViewOutput:
    """The truth, off by a random amount in everything."""
    generator = torch.Generator().manual_seed(seed)

    def off(value: Tensor, sigma: float) -> Tensor:
        return value + size * sigma * torch.randn(value.shape, generator=generator)

    truth = _truth(targets)
    maps = JointMaps(
        off(truth.maps.heat, 0.3), off(truth.maps.offset, 0.3), off(truth.maps.weight, 0.3)
    )
    return SingleViewOutput(
        off(truth.joints, 0.2), off(truth.pose, 0.15), off(0 * truth.logits, 1.0), maps
    )


def _between(start: SingleViewOutput, end: SingleViewOutput, share: float) -> SingleViewOutput:
    def mix(a: Tensor, b: Tensor) -> Tensor:
        return a + share * (b - a)

    maps = JointMaps(*(mix(a, b) for a, b in zip(start.maps, end.maps, strict=True)))
    three = (mix(a, b) for a, b in zip(start[:3], end[:3], strict=True))
    return SingleViewOutput(*three, maps)


def test_every_part_has_a_weight() -> None:
    targets = _targets()
    total, parts = LOSS([_guess(targets)], IMAGE, targets)
    assert set(parts) == set(asdict(LossWeights()))
    weighted = sum(asdict(LossWeights())[name] * value for name, value in parts.items())
    torch.testing.assert_close(total, weighted)


def test_the_truth_costs_nothing() -> None:
    targets = _targets()
    total, parts = LOSS([_truth(targets)], IMAGE, targets)
    assert total < 1e-5, parts


@pytest.mark.parametrize("seed", range(3))
def test_every_part_falls_on_the_way_to_the_truth(seed: int) -> None:
    targets = _targets(seed)
    guess, truth = _guess(targets, seed + 10), _truth(targets)
    steps = [
        LOSS([_between(guess, truth, share)], IMAGE, targets)[1]
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    for name in JOINT_PARTS:
        values = [float(parts[name]) for parts in steps]
        assert values == sorted(values, reverse=True), name
        assert values[0] > values[3] > values[4], name
    decisions = [float(parts["decisions"]) for parts in steps]
    assert decisions[0] > 0.3 > 0.01 > decisions[-1]


def test_only_shown_hands_count_towards_joints_and_pose() -> None:
    targets = _targets()
    guess = _guess(targets)
    inputs = [guess.joints, guess.pose, guess.maps.heat, guess.maps.offset, guess.logits]
    for value in inputs:
        value.requires_grad_()
    LOSS([guess], IMAGE, targets)[0].backward()
    for value in inputs[:-1]:
        assert value.grad is not None
        assert value.grad[HIDDEN].abs().max() == 0.0
        assert all(value.grad[k].abs().max() > 0 for k in SHOWN)
    decided = guess.logits.grad
    assert decided is not None
    assert (decided[:, 0] != 0).all(), "presence is decided on every sample"
    assert (decided[:, 1] != 0).tolist() == (targets.present > 0.5).tolist()


def test_hidden_samples_do_not_dilute_the_others() -> None:
    targets = _targets()
    guess = _guess(targets)
    maps = JointMaps(*(part[SHOWN] for part in guess.maps))
    few = SingleViewOutput(guess.joints[SHOWN], guess.pose[SHOWN], guess.logits[SHOWN], maps)
    few_targets = Targets(*(value[SHOWN] for value in targets))
    _, parts = LOSS([guess], IMAGE, targets)
    _, alone = LOSS([few], IMAGE[SHOWN], few_targets)
    for name in JOINT_PARTS:
        torch.testing.assert_close(parts[name], alone[name])


def test_a_batch_without_hands_has_a_finite_loss_and_gradient() -> None:
    targets = _targets()._replace(present=torch.zeros(BATCH))
    guess = _guess(targets)
    guess.joints.requires_grad_()
    guess.pose.requires_grad_()
    total, parts = LOSS([guess], IMAGE, targets)
    total.backward()
    assert torch.isfinite(total)
    assert all(parts[name] == 0 for name in JOINT_PARTS)
    assert guess.joints.grad is not None
    assert guess.joints.grad.abs().max() == 0


def test_background_pixels_of_the_maps_cost_nothing() -> None:
    targets = _targets()
    truth = _truth(targets)
    background = (~pixel_points(IMAGE).foreground)[:, None]
    heat = torch.where(background, torch.full_like(truth.maps.heat, 9.0), truth.maps.heat)
    offset = torch.where(background[:, None], torch.full((), 9.0), truth.maps.offset)
    wild = truth._replace(maps=JointMaps(heat, offset, truth.maps.weight))
    assert LOSS([wild], IMAGE, targets)[0] < 1e-5


def test_stacks_add_up_and_the_last_is_reported() -> None:
    targets = _targets()
    first, second = _guess(targets, 1), _guess(targets, 2, 0.5)
    both, parts = LOSS([first, second], IMAGE, targets)
    alone = [LOSS([output], IMAGE, targets) for output in (first, second)]
    torch.testing.assert_close(both, alone[0][0] + alone[1][0])
    torch.testing.assert_close(parts["joints"], alone[1][1]["joints"])


@pytest.mark.parametrize("name", ["joints", "pose", "logits", "heat", "offset"])
def test_gradients_equal_finite_differences(name: str) -> None:
    """Along the gradient itself, by central differences; all is float32, hence 2 %.

    A gradient g that were not the true one would give g.true / |g|, which is |g| for no other g
    that an ordinary mistake (a lost factor, sign or term) makes.
    """
    targets = _targets()
    guess = _guess(targets)
    values = {
        "joints": guess.joints,
        "pose": guess.pose,
        "logits": guess.logits,
        "heat": guess.maps.heat,
        "offset": guess.maps.offset,
    }

    def loss(value: Tensor) -> Tensor:
        changed = values | {name: value}
        maps = JointMaps(changed["heat"], changed["offset"], guess.maps.weight)
        output = SingleViewOutput(changed["joints"], changed["pose"], changed["logits"], maps)
        return LOSS([output], IMAGE, targets)[0]

    start = values[name].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(start), start)
    size = float(gradient.norm())
    step = 0.02 * gradient / size
    with torch.no_grad():
        difference = (loss(start + step) - loss(start - step)) / 0.04
    assert float(difference) == pytest.approx(size, rel=0.02)


def test_pose_joints_are_measured_in_half_cubes() -> None:
    """A shift of the wrist by 0.1 half cubes costs the same in a small and in a large crop."""
    targets = _targets()
    truth = _truth(targets)
    moved = truth.pose.clone()
    moved[:, 38] += 0.1
    costs = [
        LOSS(
            [truth._replace(pose=moved)],
            IMAGE,
            targets._replace(half_cube_m=torch.full((BATCH,), half)),
        )[1]
        for half in (0.09, 0.16)
    ]
    torch.testing.assert_close(costs[0]["pose_joints"], costs[1]["pose_joints"], rtol=1e-3, atol=0)
    # One of three coordinates is off by 0.1; Huber with its switch at 0.01 takes half of that off.
    assert costs[0]["pose_joints"] == pytest.approx((0.1 - 0.005) / 3, rel=1e-3)
