"""Batches of stage 3: crops with labels, hands with labels in several views, hands without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.adaptation.patch import HandPatch
from engine.training.data import Batch, training_batches
from engine.training.fusion_data import FusionBatch, fusion_batches
from engine.training.pseudo_views import ViewBatch, pseudo_views
from engine.training.style_batches import styled
from engine.training.unlabelled import (
    DrawPatches,
    drawn_from,
    split,
    synthetic_patches,
    tracked_patches,
)

CROPS_PER_HAND = 4
"""A batch of stage 1 is so many times as large as the others."""
HELD_OUT_HANDS = 24
_HELD_OUT_SEED = 987_654_322


class AllBatch(NamedTuple):
    """What one step learns from."""

    crops: Batch
    several: FusionBatch
    unlabelled: ViewBatch


class Unlabelled(NamedTuple):
    """Hands without labels."""

    drawn: Callable[[int], DrawPatches]
    """By seed: one that is resumed goes on with others than it began with."""
    held_out: list[HandPatch]
    """Never drawn."""
    source: str


def unlabelled_hands(uri: str | None, frames: int) -> Unlabelled:
    """Of a source, or synthetic where there is none.

    Raises:
        SourceError: the source cannot be read, or shows too few hands.
    """
    if uri is None:
        held_out = synthetic_patches(_HELD_OUT_SEED)(HELD_OUT_HANDS)
        return Unlabelled(synthetic_patches, held_out, "synthetic")
    trained, held_out = split(tracked_patches(uri, frames))
    apart = max(1, len(held_out) // HELD_OUT_HANDS)
    return Unlabelled(partial(drawn_from, trained), held_out[::apart][:HELD_OUT_HANDS], uri)


def held_out_views(unlabelled: Unlabelled, views: int) -> ViewBatch:
    """Made-up views of the held-out hands, always the same."""
    return pseudo_views(unlabelled.held_out, np.random.default_rng(_HELD_OUT_SEED), views)


def all_batches(
    unlabelled: Unlabelled,
    seed: int,
    batch: int,
    views: int,
    workers: int = 0,
    style: Path | None = None,
) -> Iterator[AllBatch]:
    """Endless batches."""
    rng, draw = np.random.default_rng([seed, 79]), unlabelled.drawn(seed)
    crops = training_batches(seed, 0, CROPS_PER_HAND * batch, workers)
    several = fusion_batches(seed, batch, workers)
    for made in crops if style is None else styled(crops, style, seed):
        yield AllBatch(made, next(several), pseudo_views(draw(batch), rng, views))
