"""A small network that looks at one place: is the middle of a palm there, and of which hand.

Input: the verifier's view (engine.inference.verifier), depth relative to the place in half cubes,
-1..1, 1 where there is nothing. It sees what the localiser cannot: fingers, and the relief that
tells left from right.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.small_blocks import Residual, conv

VIEW_PX = 64
PLANES = (24, 32, 64, 128)


class VerifierNet(nn.Module):
    """Convolutions down to 4 x 4 cells, pooled to two logits."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = PLANES
        self.stem = conv(2, a, stride=2)
        self.fine = nn.Sequential(conv(a, b, stride=2), Residual(b))
        self.middle = nn.Sequential(conv(b, c, stride=2), Residual(c), Residual(c))
        self.coarse = nn.Sequential(conv(c, d, stride=2), Residual(d))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(d * (VIEW_PX // 16) ** 2, 2))

    def forward(self, image: Tensor) -> Tensor:
        """Logits [B, 2] (a palm is there; it is of a right hand) of views [B, 1, 64, 64]."""
        seen = (image < 1.0).to(image.dtype)
        x = self.stem(torch.cat([image, seen], 1))
        logits: Tensor = self.head(self.coarse(self.middle(self.fine(x))))
        return logits
