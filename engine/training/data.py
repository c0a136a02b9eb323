"""Batches of synthetic samples for the trainer, made by worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from engine.hand.model import load_hand_model
from engine.losses.supervised import Targets
from engine.training.synthesis import Sample, sample_stream

SHUFFLE = 384
"""Samples that wait their turn in each worker."""


class Batch(NamedTuple):
    """Images [B, 1, 128, 128] and their truth."""

    image: Tensor
    targets: Targets


class SyntheticSamples(IterableDataset[Sample]):
    """Endless samples; every worker has its own seed derived from `seed` and `rank`."""

    def __init__(self, seed: int, rank: int) -> None:
        self.seed = seed
        self.rank = rank

    def __iter__(self) -> Iterator[Sample]:
        worker = get_worker_info()
        number = 0 if worker is None else worker.id
        entropy = np.random.SeedSequence([self.seed, self.rank, number]).generate_state(1)[0]
        return shuffled(sample_stream(int(entropy), load_hand_model()), SHUFFLE, int(entropy))


def shuffled(samples: Iterator[Sample], held: int, seed: int) -> Iterator[Sample]:
    """The same samples in another order, so that those of one scene go to different batches."""
    rng = np.random.default_rng(seed)
    waiting = [next(samples) for _ in range(held)]
    for sample in samples:
        k = int(rng.integers(held))
        yield waiting[k]
        waiting[k] = sample


def collate(samples: list[Sample]) -> Batch:
    """Stack samples."""

    def stack(name: str) -> Tensor:
        column = np.stack([np.asarray(getattr(s, name), np.float32) for s in samples])
        return torch.from_numpy(column)

    targets = Targets(*(stack(name) for name in Targets._fields))
    return Batch(stack("image")[:, None], targets)


def training_batches(seed: int, rank: int, batch: int, workers: int) -> Iterator[Batch]:
    """Endless batches; with `workers` = 0 they are made in this process."""
    loader = DataLoader(
        SyntheticSamples(seed, rank),
        batch_size=batch,
        num_workers=workers,
        collate_fn=collate,
        prefetch_factor=8 if workers else None,
        persistent_workers=workers > 0,
    )
    return iter(loader)


def validation_batch(count: int, seed: int = 987_654_321) -> Batch:
    """A fixed set that no training seed reaches."""
    stream = sample_stream(seed, load_hand_model(), samples_per_scene=1)
    return collate([next(stream) for _ in range(count)])
