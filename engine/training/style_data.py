"""Crops for the style transfer: synthetic ones, and real ones that the tracker found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.adaptation.patch import HandPatch
from engine.inference.crops import BACKGROUND, extract_crop
from engine.messages import Float32
from engine.training.data import training_batches
from engine.training.pseudo_views import JITTER, random_crop

LEAST_PIXELS = 250
"""Of a crop that must show something."""


def real_crops(patches: Sequence[HandPatch], seed: int, batch: int) -> Iterator[Tensor]:
    """Endless batches [B, 1, 128, 128] of randomly changed crops of the patches."""
    rng = np.random.default_rng([seed, 67])
    while True:
        images: list[Float32] = []
        while len(images) < batch:
            patch = patches[int(rng.integers(len(patches)))]
            image = extract_crop(patch.depth_m, random_crop(patch, rng, JITTER))
            if np.count_nonzero(image < BACKGROUND) > LEAST_PIXELS:
                images.append(image)
        yield torch.from_numpy(np.stack(images))[:, None]


def synthetic_crops(seed: int, batch: int, workers: int) -> Iterator[Tensor]:
    """Endless batches [B, 1, 128, 128] of what the single-view network is trained on."""
    return (made.image for made in training_batches(seed, 0, batch, workers))
