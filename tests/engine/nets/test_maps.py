"""Joint maps: encoding then decoding gives the joints back, and only the foreground votes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.nets.maps import (
    KERNEL,
    MAP_CHANNELS,
    MAP_SIZE,
    PIXELS,
    JointMaps,
    decode_joints,
    encode_joints,
    pixel_points,
    split_maps,
    vote_spread,
    vote_weights,
)

JOINTS = 21
SAME = 1e-3
"""Half cubes; 0.125 mm."""


def _image(seed: int = 0) -> Tensor:
    """A bumpy disc [1, 1, 128, 128] in front of nothing."""
    v, u = torch.meshgrid(*[torch.linspace(-1, 1, 128)] * 2, indexing="ij")
    torch.manual_seed(seed)
    relief = 0.2 * torch.sin(5 * u + seed) * torch.cos(4 * v)
    return torch.where(u**2 + v**2 < 0.5, relief, torch.ones(()))[None, None]


def _joints(seed: int, reach: float) -> Tensor:
    """[1, 21, 3] in -reach..reach."""
    torch.manual_seed(seed)
    return reach * (2 * torch.rand(1, JOINTS, 3) - 1)


def _exact_maps(joints: Tensor, image: Tensor) -> JointMaps:
    """What a perfect network would say, with weight wherever a pixel is near enough to know."""
    heat, offset = encode_joints(joints, pixel_points(image))
    return JointMaps(heat, offset, torch.where(heat > 0, 0.0, -10.0))


@pytest.mark.parametrize("seed", range(4))
def test_decoding_exact_maps_gives_the_joints_back(seed: int) -> None:
    image, joints = _image(seed), _joints(seed, 0.6)
    points = pixel_points(image)
    decoded = decode_joints(_exact_maps(joints, image), points)
    torch.testing.assert_close(decoded, joints, atol=SAME, rtol=0)


def test_uniform_weights_do_where_every_pixel_is_within_reach() -> None:
    """KERNEL covers the whole of a small patch, so all foreground pixels know the joint."""
    image = torch.ones(1, 1, 128, 128)
    image[..., 48:80, 48:80] = 0.1
    joints, points = _joints(1, 0.2), pixel_points(image)
    heat, offset = encode_joints(joints, points)
    maps = JointMaps(heat, offset, torch.zeros_like(heat))
    assert heat[points.foreground[:, None].expand_as(heat)].min() > 0
    torch.testing.assert_close(decode_joints(maps, points), joints, atol=SAME, rtol=0)


def test_heat_is_one_at_the_joint_and_falls_linearly_to_zero_at_the_kernel() -> None:
    image = torch.full((1, 1, 128, 128), 0.25)
    points = pixel_points(image)
    joints = points.position[:, :, 500][:, None].repeat(1, JOINTS, 1)
    heat, offset = encode_joints(joints, points)
    distance = (points.position - points.position[:, :, 500:501]).norm(dim=1)
    expected = (1 - distance / KERNEL).clamp_min(0)
    torch.testing.assert_close(heat[:, 3], expected, atol=2e-4, rtol=0)
    apart = distance[0] > 1e-3
    torch.testing.assert_close(offset[0, 3].norm(dim=0)[apart], torch.ones(int(apart.sum())))


def test_background_pixels_never_vote() -> None:
    image, joints = _image(), _joints(2, 0.6)
    points, maps = pixel_points(image), _exact_maps(joints, image)
    background = ~points.foreground[0]
    assert 200 < background.sum() < PIXELS
    shouting = maps.weight.clone()
    shouting[..., background] = 100.0
    lying = maps.offset.clone()
    lying[..., background] = 50.0
    loud = JointMaps(maps.heat, lying, shouting)
    torch.testing.assert_close(decode_joints(loud, points), joints, atol=SAME, rtol=0)
    assert vote_weights(loud, points)[..., background].max() < 1e-12


def test_votes_add_up_to_one_whatever_the_weights() -> None:
    torch.manual_seed(0)
    raw = torch.randn(3, MAP_CHANNELS, MAP_SIZE, MAP_SIZE) * 5
    images = torch.cat([_image(0), _image(1), torch.ones(1, 1, 128, 128)])
    weights = vote_weights(split_maps(raw), pixel_points(images))
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, JOINTS), atol=1e-5, rtol=0)


def test_an_empty_image_gives_finite_joints() -> None:
    raw = torch.randn(1, MAP_CHANNELS, MAP_SIZE, MAP_SIZE, requires_grad=True)
    joints = decode_joints(split_maps(raw), pixel_points(torch.ones(1, 1, 128, 128)))
    joints.square().sum().backward()
    assert torch.isfinite(joints).all()
    assert raw.grad is not None
    assert torch.isfinite(raw.grad).all()


def test_the_map_takes_the_nearest_surface_of_each_four_by_four_block() -> None:
    image = torch.ones(1, 1, 128, 128)
    image[0, 0, 40, 60] = -0.3  # row 10, column 15 of the map
    image[0, 0, 43, 63] = 0.4
    points = pixel_points(image)
    assert points.foreground.sum() == 1
    assert points.foreground[0, 10 * MAP_SIZE + 15]
    u, v, depth = points.position[0, :, 10 * MAP_SIZE + 15]
    # The block covers pixels 60..63 and 40..43; crop coordinates of pixel centres, by extract_crop.
    assert u == pytest.approx((61.5 + 0.5) / 64 - 1)
    assert v == pytest.approx((41.5 + 0.5) / 64 - 1)
    assert depth == pytest.approx(-0.3)


def test_split_maps_takes_channels_in_the_documented_order() -> None:
    raw = torch.arange(float(MAP_CHANNELS))[None, :, None, None].expand(1, -1, MAP_SIZE, MAP_SIZE)
    maps = split_maps(raw)
    assert maps.heat[0, :, 0].tolist() == list(range(21))
    assert maps.offset[0, 4, :, 7].tolist() == [33, 34, 35]
    assert maps.weight[0, :, 9].tolist() == list(range(84, 105))


def test_spread_is_zero_for_votes_that_agree_and_the_radius_of_those_that_do_not() -> None:
    image, joints = _image(), _joints(3, 0.4)
    points, maps = pixel_points(image), _exact_maps(joints, image)
    assert vote_spread(maps, points, joints).max() < 2e-3
    away = torch.tensor([0.3, 0.0, 0.4])
    torch.testing.assert_close(
        vote_spread(maps, points, joints + away),
        torch.full((1, JOINTS), 0.5),
        atol=2e-3,
        rtol=0,
    )


def test_the_gradient_pulls_the_vote_towards_the_target() -> None:
    image, joints = _image(), _joints(4, 0.4)
    points = pixel_points(image)
    torch.manual_seed(0)
    raw = (0.1 * torch.randn(1, MAP_CHANNELS, MAP_SIZE, MAP_SIZE)).requires_grad_()

    def error() -> Tensor:
        return (decode_joints(split_maps(raw), points) - joints).square().sum()

    before = error()
    (gradient,) = torch.autograd.grad(before, raw)
    foreground = points.foreground.view(1, 1, MAP_SIZE, MAP_SIZE).expand_as(raw)
    assert gradient[~foreground].abs().max() == 0.0
    with torch.no_grad():
        raw -= 0.5 * gradient
    assert error() < before


def test_decode_gradients_are_exact() -> None:
    torch.manual_seed(0)
    raw = torch.randn(1, MAP_CHANNELS, MAP_SIZE, MAP_SIZE, dtype=torch.float64)
    points = pixel_points(_image())
    points = type(points)(points.position.double(), points.foreground)
    maps = JointMaps(
        raw[:, :21].flatten(2),
        raw[:, 21:84].reshape(1, 21, 3, PIXELS),
        0.1 * raw[:, 84:].flatten(2),
    )
    inputs = tuple(part.clone().requires_grad_() for part in maps)
    assert torch.autograd.gradcheck(
        lambda *m: decode_joints(JointMaps(*m), points), inputs, fast_mode=True, atol=1e-6
    )
