"""Batches: stacked, shuffled, and different for every process."""

from __future__ import annotations

from itertools import count, islice

import numpy as np
import pytest
import torch

from engine.losses.supervised import Targets
from engine.training import data
from engine.training.data import (
    SyntheticSamples,
    collate,
    shuffled,
    training_batches,
    validation_batch,
)
from engine.training.synthesis import Sample


@pytest.fixture(autouse=True)
def small_shuffle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "SHUFFLE", 4)


def _sample(value: float) -> Sample:
    return Sample(
        image=np.full((128, 128), value, np.float32),
        joints=np.full((21, 3), value, np.float32),
        pose=np.full(41, value, np.float32),
        present=1.0,
        same_side=0.0,
        half_cube_m=0.125,
    )


def test_collate_stacks_in_order() -> None:
    batch = collate([_sample(0.1), _sample(0.2), _sample(0.3)])
    assert batch.image.shape == (3, 1, 128, 128)
    assert [tuple(value.shape) for value in batch.targets] == [
        (3, 21, 3), (3, 41), (3,), (3,), (3,),
    ]  # fmt: skip
    assert all(value.dtype == torch.float32 for value in (batch.image, *batch.targets))
    torch.testing.assert_close(batch.targets.pose[:, 7], torch.tensor([0.1, 0.2, 0.3]))
    assert set(Targets._fields) <= set(Sample.__slots__)


def test_shuffling_loses_and_doubles_nothing() -> None:
    out = list(islice(shuffled(iter(count()), 50, seed=0), 1000))  # type: ignore[arg-type]
    assert len(set(out)) == 1000
    assert max(out) < 1050
    assert set(range(600)) <= set(out), "nobody waits for ever"
    neighbours = np.mean(np.abs(np.diff(out)) == 1)
    assert neighbours < 0.2
    again = list(islice(shuffled(iter(count()), 50, seed=0), 1000))  # type: ignore[arg-type]
    assert out == again


def test_ranks_and_seeds_see_different_samples() -> None:
    images = [
        next(iter(SyntheticSamples(seed, rank))).image for seed, rank in ((1, 0), (1, 1), (2, 0))
    ]
    assert all(np.abs(images[a] - images[b]).max() > 0.01 for a, b in ((0, 1), (0, 2), (1, 2)))


def test_batches_made_in_this_process_repeat_with_the_seed() -> None:
    first, again = (next(training_batches(7, 0, batch=3, workers=0)) for _ in range(2))
    assert first.image.shape == (3, 1, 128, 128)
    torch.testing.assert_close(first.image, again.image, atol=0, rtol=0)


def test_the_validation_set_is_always_the_same() -> None:
    first, again = validation_batch(4), validation_batch(4)
    torch.testing.assert_close(first.image, again.image, atol=0, rtol=0)
    torch.testing.assert_close(first.targets.joints, again.targets.joints, atol=0, rtol=0)
