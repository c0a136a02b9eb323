"""CycleGAN for depth crops (Ren et al. 2022; Zhu et al. 2017): makes synthetic depth look real, and
back.

Images are crops [B, 1, S, S] with values -1..1, 1 being background. The generators change an image
by adding to it, so that an untrained one leaves it nearly as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

CHANNELS = 64
"""Of the generator's first layer, at width 1 (Zhu et al.)."""


@dataclass(frozen=True, slots=True)
class StyleConfig:
    """Size of the networks; stored with their weights."""

    width: float = 0.25
    """1 is the published size; a quarter is what a CPU trains in hours."""
    blocks: int = 9

    def __post_init__(self) -> None:
        if not 0.0625 <= self.width <= 2.0:
            raise ValueError(f"width must lie in 0.0625..2, found {self.width}")
        if not 1 <= self.blocks <= 16:
            raise ValueError(f"blocks must lie in 1..16, found {self.blocks}")

    @property
    def channels(self) -> int:
        """Of the generator's first layer."""
        return max(4, round(CHANNELS * self.width))


class Generator(nn.Module):
    """Images of one domain as the other would show them: a ResNet at a quarter of the size."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        c = config.channels
        self.change = nn.Sequential(
            *_normalised(nn.Conv2d(1, c, 7, padding=3, padding_mode="reflect", bias=False), c),
            *_normalised(nn.Conv2d(c, 2 * c, 3, 2, 1, bias=False), 2 * c),
            *_normalised(nn.Conv2d(2 * c, 4 * c, 3, 2, 1, bias=False), 4 * c),
            *(StyleBlock(4 * c) for _ in range(config.blocks)),
            *_normalised(
                nn.ConvTranspose2d(4 * c, 2 * c, 3, 2, 1, output_padding=1, bias=False), 2 * c
            ),
            *_normalised(nn.ConvTranspose2d(2 * c, c, 3, 2, 1, output_padding=1, bias=False), c),
            nn.Conv2d(c, 1, 7, padding=3, padding_mode="reflect"),
        )
        _initialise(self)

    def forward(self, image: Tensor) -> Tensor:
        """[B, 1, S, S] of one domain -> the same of the other; S a multiple of 4."""
        # Hard limits, since background is exactly 1; gradients pass them, or the generator could
        # not be called back from outside.
        changed: Tensor = image + self.change(image)
        return changed + (changed.clamp(-1.0, 1.0) - changed).detach()


class StyleBlock(nn.Module):
    """Two convolutions with a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_normalised(nn.Conv2d(channels, channels, 3, padding=1, bias=False), channels),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, channels, h, w] -> the same."""
        y: Tensor = self.body(x)
        return x + y


class Discriminator(nn.Module):
    """How real each patch of an image looks: [B, 1, S, S] -> [B, 1, ~S/8, ~S/8]."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        c = config.channels
        self.judge = nn.Sequential(
            nn.Conv2d(1, c, 4, 2, 1),
            nn.LeakyReLU(0.2),
            *_normalised(nn.Conv2d(c, 2 * c, 4, 2, 1, bias=False), 2 * c, 0.2),
            *_normalised(nn.Conv2d(2 * c, 4 * c, 4, 2, 1, bias=False), 4 * c, 0.2),
            nn.Conv2d(4 * c, 1, 4, 1, 1),
        )
        _initialise(self)

    def forward(self, image: Tensor) -> Tensor:
        """Without a last activation: near 1 means real (least-squares GAN)."""
        judged: Tensor = self.judge(image)
        return judged


class StyleNet(nn.Module):
    """Both generators; what a style file holds."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        self.config = config
        self.real_from_synthetic = Generator(config)
        self.synthetic_from_real = Generator(config)

    def forward(self, synthetic: Tensor) -> Tensor:
        """Synthetic images [B, 1, S, S] in the style of the real ones."""
        styled: Tensor = self.real_from_synthetic(synthetic)
        return styled


def _normalised(layer: nn.Module, channels: int, leak: float = 0.0) -> list[nn.Module]:
    """The layer needs no bias: the norm would take it away."""
    return [layer, nn.InstanceNorm2d(channels), nn.LeakyReLU(leak) if leak else nn.ReLU()]


def _initialise(net: nn.Module) -> None:
    """Xavier weights, small (as in the authors' code)."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_normal_(module.weight, gain=0.1)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
