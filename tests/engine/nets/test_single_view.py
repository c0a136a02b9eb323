"""Every size of the network runs, learns in all its parts, and treats each sample alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.nets.backbone import CHANNELS, scaled
from engine.nets.maps import MAP_SIZE, PIXELS
from engine.nets.single_view import DeployedNet, SingleViewConfig, SingleViewNet

SIZES = pytest.mark.parametrize(
    "config",
    [SingleViewConfig(0.125, 1), SingleViewConfig(0.125, 2), SingleViewConfig(0.25, 1)],
    ids=["w1/8 s1", "w1/8 s2", "w1/4 s1"],
)


def _images(count: int) -> Tensor:
    """Blobs of depth in front of nothing."""
    torch.manual_seed(0)
    v, u = torch.meshgrid(*[torch.linspace(-1, 1, 128)] * 2, indexing="ij")
    depth = 0.3 * torch.rand(count, 1, 1, 1) + 0.3 * torch.sin(4 * u) * torch.cos(3 * v)
    return torch.where(u**2 + v**2 < 0.6, depth, torch.ones(()))


def _net(config: SingleViewConfig) -> SingleViewNet:
    torch.manual_seed(1)
    return SingleViewNet(config)


@SIZES
def test_outputs_have_the_documented_shapes(config: SingleViewConfig) -> None:
    outputs = _net(config)(_images(3))
    assert len(outputs) == config.stacks
    for output in outputs:
        assert output.joints.shape == (3, 21, 3)
        assert output.pose.shape == (3, 41)
        assert output.logits.shape == (3, 2)
        assert output.maps.heat.shape == output.maps.weight.shape == (3, 21, PIXELS)
        assert output.maps.offset.shape == (3, 21, 3, PIXELS)
        assert all(torch.isfinite(value).all() for value in (output.joints, output.pose))


@SIZES
def test_the_gradient_reaches_every_parameter(config: SingleViewConfig) -> None:
    net = _net(config)
    total = torch.zeros(())
    for output in net(_images(4)):
        for value in (output.joints, output.pose, output.logits, *output.maps):
            total = total + (value * torch.randn_like(value)).sum()
    total.backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().max() > 0, name


def test_the_parameter_head_does_not_steer_the_joint_maps() -> None:
    """Joints enter the head detached: maps are judged by where the joints are, by nothing else."""
    net = _net(SingleViewConfig(0.125, 1))
    net(_images(2))[-1].pose.square().sum().backward()
    head = net.stacks[0].maps
    assert head.weight.grad is None
    assert net.stem.conv.weight.grad is not None, "features are shared all the same"


@SIZES
def test_a_sample_does_not_depend_on_its_batch(config: SingleViewConfig) -> None:
    net, images = _net(config).eval(), _images(3)
    with torch.no_grad():
        together, alone = net(images)[-1], net(images[1:2])[-1]
    torch.testing.assert_close(together.joints[1:2], alone.joints, atol=1e-4, rtol=0)
    torch.testing.assert_close(together.pose[1:2], alone.pose, atol=1e-4, rtol=0)


def test_the_deployed_network_is_the_last_stack() -> None:
    net, images = _net(SingleViewConfig(0.125, 2)).eval(), _images(2)
    with torch.no_grad():
        first, last = net(images)
        joints, spread, pose, logits = DeployedNet(net)(images)
    torch.testing.assert_close(joints, last.joints)
    torch.testing.assert_close(pose, last.pose)
    torch.testing.assert_close(logits, last.logits)
    assert spread.shape == (2, 21)
    assert (spread > 0).all()
    assert (last.pose - first.pose).abs().max() > 1e-6


def test_width_sets_the_channels() -> None:
    assert [scaled(channels, 1.0) for channels in CHANNELS] == [64, 128, 256, 512]
    for width in (0.125, 0.3, 0.5, 1.7):
        for channels in CHANNELS:
            assert scaled(channels, width) % 8 == 0
            assert scaled(channels, width) == pytest.approx(channels * width, abs=4)
    sizes = [
        sum(p.numel() for p in _net(SingleViewConfig(width)).parameters())
        for width in (0.125, 0.25, 0.5)
    ]
    assert sizes[0] < sizes[1] < sizes[2]
    assert sizes[2] / sizes[1] == pytest.approx(4, rel=0.15), "convolutions grow with the square"


@pytest.mark.parametrize(("width", "stacks"), [(0.1, 1), (2.5, 1), (0.5, 0), (0.5, 3)])
def test_impossible_sizes_are_refused(width: float, stacks: int) -> None:
    with pytest.raises(ValueError, match="found"):
        SingleViewConfig(width, stacks)


def test_maps_are_a_quarter_of_the_image() -> None:
    features = _net(SingleViewConfig(0.125)).stem(_images(1))
    assert features.shape[-2:] == (MAP_SIZE, MAP_SIZE)
