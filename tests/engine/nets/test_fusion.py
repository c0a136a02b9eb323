"""The fusion network: any number of views in any order, in any rig's frame, with exact geometry."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from calibration.transforms import rotation_from_axis_angle
from engine.nets.crop_geometry import CropGeometry
from engine.nets.fusion import FusionConfig, FusionInput, FusionNet, FusionOutput, fusion_input
from engine.nets.fusion_frame import rig_from_crops
from engine.nets.pose_vector import split_pose
from engine.nets.single_view import SingleViewConfig, SingleViewNet
from engine.nets.single_view_features import feature_channels, observe
from tests.engine.nets.rigs import noisy, random_rig

TINY = FusionConfig(features=8, channels=(8, 12, 16))


@pytest.fixture(scope="module")
def net() -> FusionNet:
    """One that does more than average."""
    torch.manual_seed(0)
    net = FusionNet(TINY).eval()
    with torch.no_grad():
        net.answer.weight.normal_(0, 0.3)
    return net


def _reordered(views: FusionInput, order: list[int]) -> FusionInput:
    size = views.T_rig_from_camera.shape[:2]
    geometry = CropGeometry(
        *(value.unflatten(0, size)[:, order].flatten(0, 1) for value in views.geometry)
    )
    return FusionInput(
        views.joints[:, order],
        views.confidence[:, order],
        views.features[:, order],
        geometry,
        views.T_rig_from_camera[:, order],
    )


def _run(net: FusionNet, views: FusionInput) -> FusionOutput:
    with torch.no_grad():
        return net(views)


def test_views_in_another_order_give_the_answers_in_that_order(net: FusionNet) -> None:
    views = noisy(random_rig(1, views=4).views, 0.1)
    order = [2, 0, 3, 1]
    before, after = _run(net, views), _run(net, _reordered(views, order))
    torch.testing.assert_close(after.joints, before.joints[:, order], atol=1e-5, rtol=0)
    torch.testing.assert_close(after.pose, before.pose[:, order], atol=1e-4, rtol=0)
    torch.testing.assert_close(after.shares, before.shares[:, order], atol=1e-5, rtol=0)
    torch.testing.assert_close(after.rig_joints, before.rig_joints, atol=1e-6, rtol=0)


@pytest.mark.parametrize("views", [1, 2, 5])
def test_any_number_of_views(net: FusionNet, views: int) -> None:
    output = _run(net, noisy(random_rig(2, hands=2, views=views).views, 0.1))
    assert output.joints.shape == (2, views, 21, 3)
    assert output.pose.shape == (2, views, 41)
    assert output.rig_joints.shape == (2, 21, 3)
    torch.testing.assert_close(output.shares.sum(1), torch.ones(2, 21))
    assert all(torch.isfinite(value).all() for value in output)


def test_all_views_are_told_of_one_hand(net: FusionNet) -> None:
    views = noisy(random_rig(3).views, 0.1)
    output = _run(net, views)
    in_rig = rig_from_crops(output.joints, views.geometry, views.T_rig_from_camera)
    expected = output.rig_joints[:, None].expand_as(in_rig)
    torch.testing.assert_close(in_rig, expected, atol=1e-5, rtol=0)
    pose = split_pose(output.pose.flatten(0, 1))
    rotation, position = views.geometry.pose_to_camera(pose)
    T = views.T_rig_from_camera.flatten(0, 1)
    R_rig = (T[:, :3, :3] @ rotation).unflatten(0, (3, 3))
    at_rig = ((T[:, :3, :3] @ position[..., None])[..., 0] + T[:, :3, 3]).unflatten(0, (3, 3))
    for view in (1, 2):
        torch.testing.assert_close(R_rig[:, view], R_rig[:, 0], atol=1e-4, rtol=0)
        torch.testing.assert_close(at_rig[:, view], at_rig[:, 0], atol=1e-5, rtol=0)


def test_where_the_rig_has_its_origin_does_not_matter(net: FusionNet) -> None:
    views = noisy(random_rig(4).views, 0.1)
    move = torch.eye(4)
    move[:3, :3] = torch.from_numpy(rotation_from_axis_angle(np.array([0.7, 2.0, -0.4])))
    move[:3, 3] = torch.tensor([0.3, -0.2, 0.9])
    moved = views._replace(T_rig_from_camera=move @ views.T_rig_from_camera)
    before, after = _run(net, views), _run(net, moved)
    torch.testing.assert_close(after.joints, before.joints, atol=2e-3, rtol=0)
    torch.testing.assert_close(after.pose, before.pose, atol=5e-3, rtol=0)
    expected = before.rig_joints @ move[:3, :3].T + move[:3, 3]
    torch.testing.assert_close(after.rig_joints, expected, atol=2e-4, rtol=0)


def test_untrained_it_is_the_mean_by_squared_confidence() -> None:
    torch.manual_seed(1)
    views = noisy(random_rig(5).views, 0.1)
    output = _run(FusionNet(TINY), views)
    in_rig = rig_from_crops(views.joints, views.geometry, views.T_rig_from_camera)
    weight = views.confidence.square()[..., None]
    expected = (weight * in_rig).sum(1) / weight.sum(1)
    torch.testing.assert_close(output.rig_joints, expected, atol=3e-3, rtol=0)


@pytest.mark.parametrize("stacks", [1, 2])
def test_gradients_reach_every_parameter_of_both_networks(stacks: int) -> None:
    torch.manual_seed(2)
    single = SingleViewNet(SingleViewConfig(0.125, stacks)).train()
    fusion = FusionNet(FusionConfig(feature_channels(single), (8, 12, 16))).train()
    views, _ = random_rig(6, hands=2, views=2)
    image = torch.rand(4, 1, 128, 128) * 2 - 1
    observation = observe(single, image)
    output = fusion(fusion_input(observation, views.geometry, views.T_rig_from_camera))
    single_view = sum(
        (o.pose.square().mean() + o.logits.square().mean() for o in observation.outputs),
        start=torch.zeros(()),
    )
    goal = (output.joints - 0.1).square().mean() + output.pose.square().mean() + single_view
    goal.backward()
    for name, parameter in [*fusion.named_parameters(), *single.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_one_wrong_confidence_matters_at_its_joint_most(net: FusionNet) -> None:
    """Confidence is heard, and the graph keeps what it changes near its joint."""
    views = noisy(random_rig(7, hands=6).views, 0.1)
    confidence = views.confidence.clone()
    confidence[:, 0, 8] = 1.0 - confidence[:, 0, 8]
    before, after = _run(net, views), _run(net, views._replace(confidence=confidence))
    moved = (after.rig_joints - before.rig_joints).norm(dim=-1).mean(0)
    assert moved[8] > 0
    assert int(moved.argmax()) in (5, 6, 7, 8)


def test_features_are_pooled_where_the_weights_are() -> None:
    from engine.nets.maps import pixel_points, vote_weights

    torch.manual_seed(3)
    net = SingleViewNet(SingleViewConfig(0.125)).eval()
    image = torch.rand(2, 1, 128, 128) * 2 - 1
    with torch.no_grad():
        outputs, decoded = net.with_features(image)
        seen = observe(net, image)
        weights = vote_weights(outputs[-1].maps, pixel_points(image)).view(2, 21, 32, 32)
        expected = torch.einsum("bjyx,bcyx->bjc", weights, decoded)
        torch.testing.assert_close(net(image)[-1].joints, seen.joints)
    torch.testing.assert_close(seen.features, expected, atol=1e-5, rtol=1e-4)
    assert seen.features.shape[-1] == feature_channels(net)
    assert ((seen.confidence > 0) & (seen.confidence < 1)).all()


@pytest.mark.parametrize("channels", [(8, 8), (7, 8, 8), (0, 8, 8)])
def test_impossible_sizes_are_refused(channels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="even channel numbers"):
        FusionConfig(8, channels)  # type: ignore[arg-type]
