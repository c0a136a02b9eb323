"""Synthetic samples of the first training: a fixed set to be judged on, and others to rehearse.

Both are drawn from seeds that training never uses and kept in the cache folder, since rendering
them takes seconds.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.atomic_file import replacing
from engine.hand.model import HandModel
from engine.inference.onnx_cache import cache_folder
from engine.losses.supervised import Targets
from engine.training.data import Batch, collate
from engine.training.synthesis import Sample, sample_stream

JUDGED_SEED, REHEARSED_SEED = 771_001, 771_002
SET_VERSION = 1
"""Raise when the same seed gives other samples."""
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


def source_set(
    model: HandModel, count: int, seed: int = JUDGED_SEED, folder: Path | None = None
) -> Batch:
    """`count` samples of a seed, from the cache where they are in it."""
    path = (folder or cache_folder()) / f"source-set-{seed}-{count}-v{SET_VERSION}.npz"
    kept = _read(path, count)
    if kept is not None:
        return kept
    batch = _draw(model, count, seed)
    with replacing(path) as partial, partial.open("wb") as file:
        arrays = {"image": batch.image.numpy().astype(np.float16)}
        arrays |= {name: value.numpy() for name, value in batch.targets._asdict().items()}
        np.savez(file, **arrays)  # type: ignore[arg-type]
    return _read(path, count) or batch


def take(batch: Batch, rows: Tensor) -> Batch:
    """Some samples of a batch."""
    return Batch(batch.image[rows], Targets(*(column[rows] for column in batch.targets)))


def joined(batches: list[Batch]) -> Batch:
    """Several batches as one."""
    columns = zip(*(batch.targets for batch in batches), strict=True)
    targets = Targets(*(torch.cat(column) for column in columns))
    return Batch(torch.cat([batch.image for batch in batches]), targets)


def _draw(model: HandModel, count: int, seed: int) -> Batch:
    stream = sample_stream(seed, model, samples_per_scene=2)
    samples: list[Sample] = [next(stream) for _ in range(count)]
    return collate(samples)


def _read(path: Path, count: int) -> Batch | None:
    """None where the file is missing or damaged: it is drawn again then."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            columns = {name: torch.from_numpy(stored[name]).float() for name in stored.files}
        image = columns.pop("image")
        return Batch(image, Targets(**columns)) if len(image) == count else None
    except (*_UNREADABLE, TypeError):
        return None
