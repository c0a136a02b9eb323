"""Crops for the style transfer: synthetic ones, and real ones that the tracker found."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from engine.adaptation.patch import HandPatch
from engine.adaptation.sample import sample_of
from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.inference.crops import BACKGROUND, extract_crop
from engine.inference.depth_estimator import create_estimator
from engine.messages import Float32
from engine.session import run_offline
from engine.training.data import SyntheticSamples, collate
from engine.training.pseudo_views import JITTER, random_crop

LEAST_PATCHES = 8
LEAST_PIXELS = 250
"""Of a crop that must show something."""


def tracked_patches(uri: str, frames: int) -> list[HandPatch]:
    """Patches of the hands that the tracker follows in the first `frames` frames of a source.

    Every hand is a right one in its patch; nothing else of the frames is kept, and no truth.

    Raises:
        SourceError: the source cannot be read, or shows too few hands.
    """
    print(f"tracking hands in {uri}", file=sys.stderr)
    estimator = create_estimator()
    with open_camera(uri) as camera:
        patches = [
            sample.patch
            for _ in run_offline(camera, estimator, frames)
            for sample in map(sample_of, estimator.sightings)
            if sample is not None
        ]
    if len(patches) < LEAST_PATCHES:
        raise SourceError(
            f"'{uri}': expected at least {LEAST_PATCHES} hands in the first {frames} frames, found "
            f"{len(patches)}; name a source that shows more of a hand"
        )
    return patches


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
    loader = DataLoader(
        SyntheticSamples(seed, rank=0),
        batch_size=batch,
        num_workers=workers,
        collate_fn=collate,
        persistent_workers=workers > 0,
    )
    return (made.image for made in loader)
