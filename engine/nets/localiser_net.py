"""A small network that says where in a depth frame hands are, and which.

Input: z-depth of the standard view (engine.inference.localiser_view), metres, 0 = no data. Output
at a quarter of the resolution, per cell: presence and side as logits, and for a palm centre in that
cell its offset in cells and the logarithm of its distance. One centre a cell, after CenterNet (Zhou
et al., 2019); the input planes are built inside, so that what runs is what was trained.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

PLANES = (16, 32, 96, 128)
"""Width at a quarter, eighth, sixteenth and 32nd of the resolution."""
OUTPUT_PLANES = 5
"""Presence logit, right-hand logit, offset in u, offset in v, log(z / REFERENCE_M), at every STRIDE
pixels (engine.inference.localiser_peaks)."""
RELIEF_M = 0.04
"""Height over the local mean that saturates the relief plane."""


class LocaliserNet(nn.Module):
    """Encoder to a 32nd of the resolution, decoder back to a quarter; height and width multiples
    of 32."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = PLANES
        self.stem = _conv(4, 16, stride=2)
        self.quarter = nn.Sequential(_conv(16, a, stride=2), _conv(a, a))
        self.eighth = nn.Sequential(_conv(a, b, stride=2), _Residual(b), _Residual(b))
        self.sixteenth = nn.Sequential(_conv(b, c, stride=2), _Residual(c))
        self.coarse = nn.Sequential(_conv(c, d, stride=2), _Residual(d))
        self.from_coarse = _conv(d, c, size=1)
        self.from_sixteenth = nn.Sequential(_Residual(c), _conv(c, b, size=1))
        self.from_eighth = nn.Sequential(_Residual(b), _conv(b, a, size=1))
        self.head = nn.Sequential(_conv(a, 2 * a), nn.Conv2d(2 * a, OUTPUT_PLANES, 1))
        last = self.head[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.constant_(last.bias[:1], -4.0)  # hands are rare among cells

    def forward(self, depth_m: Tensor) -> Tensor:
        """Maps [B, 5, H/4, W/4] of depth [B, 1, H, W]."""
        quarter = self.quarter(self.stem(input_planes(depth_m)))
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        x = sixteenth + _doubled(self.from_coarse(self.coarse(sixteenth)))
        x = eighth + _doubled(self.from_sixteenth(x))
        x = quarter + _doubled(self.from_eighth(x))
        maps: Tensor = self.head(x)
        return maps


def input_planes(depth_m: Tensor) -> Tensor:
    """[B, 4, H, W]: nearness, presence of data, relief at two scales."""
    valid = (depth_m > 0).to(depth_m.dtype)
    near = valid * torch.clamp(0.3 / torch.clamp(depth_m, min=0.1), max=2.0)
    reliefs = [_relief(depth_m, valid, cell) for cell in (4, 8)]
    return torch.cat([near, valid, *reliefs], 1)


def _relief(depth_m: Tensor, valid: Tensor, cell: int) -> Tensor:
    """How far each pixel stands before the mean of the 3 x 3 cells around it, -1..1.

    Means over cells, not around every pixel: wide average pools take longer than the network.
    """
    total = functional.avg_pool2d(functional.avg_pool2d(depth_m, cell), 3, 1, 1)
    share = functional.avg_pool2d(functional.avg_pool2d(valid, cell), 3, 1, 1)
    mean = functional.interpolate(
        total / torch.clamp(share, min=1e-3), scale_factor=float(cell), mode="nearest"
    )
    return valid * torch.clamp((mean - depth_m) / RELIEF_M, -1.0, 1.0)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _conv(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    def __init__(self, planes: int) -> None:
        super().__init__()
        self.first = _conv(planes, planes)
        self.second = nn.Sequential(
            nn.Conv2d(planes, planes, 3, 1, 1, bias=False), nn.BatchNorm2d(planes)
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)))
