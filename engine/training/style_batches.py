"""Synthetic batches in the style of real depth, for trainings that ask for it (`--style FILE`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from engine.nets.module_file import STYLE, load_module
from engine.nets.style_transfer import StyleNet
from engine.training.data import Batch

STYLED_SHARE = 0.5
"""Of the samples; the others keep the exact depth, which the transfer shifts (Ren et al. 2022)."""


def styled(batches: Iterator[Batch], style: Path, seed: int) -> Iterator[Batch]:
    """The batches, part of their images passed through the generator of a style file.

    Raises:
        WeightsError: the file is missing, damaged or of another kind.
    """
    net = load_module(style, STYLE)
    return _styled(batches, net, torch.Generator().manual_seed(seed))


def _styled(batches: Iterator[Batch], net: StyleNet, generator: torch.Generator) -> Iterator[Batch]:
    for batch in batches:
        chosen = torch.rand(len(batch.image), generator=generator) < STYLED_SHARE
        yield batch._replace(image=with_style(net, batch.image, chosen))


@torch.no_grad()
def with_style(net: StyleNet, image: Tensor, chosen: Tensor) -> Tensor:
    """Images [B, 1, S, S], the chosen ones [B] bool restyled."""
    restyled = image.clone()
    if chosen.any():
        restyled[chosen] = net(image[chosen])
    return restyled
