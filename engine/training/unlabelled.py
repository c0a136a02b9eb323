"""Hands that nobody labelled: of any source that the tracker runs over, or synthetic ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from engine.adaptation.patch import HandPatch
from engine.adaptation.sample import sample_of
from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.hand.model import load_hand_model
from engine.inference.depth_estimator import create_estimator
from engine.offline import run_offline
from engine.training.fusion_scenes import one_camera_hand

LEAST_PATCHES = 8
HELD_OUT_EVERY, BLOCK, LEAST_BLOCKS = 5, 30, 10
"""One block of so many is never trained on: as many patches as a second shows, fewer where there
are few in all. A held-out patch has hardly a neighbour in time among the others."""

DrawPatches = Callable[[int], list[HandPatch]]
"""So many patches to train on, at random."""


def tracked_patches(uri: str, frames: int) -> list[HandPatch]:
    """Patches of the hands that the tracker follows in the first `frames` frames of a source.

    Every hand is a right one in its patch; nothing else of the frames is kept, and no truth.

    Raises:
        SourceError: the source cannot be read, or shows too few hands.
    """
    print(f"tracking hands in {uri}", file=sys.stderr)
    estimator = create_estimator()
    with open_camera(uri) as camera:
        samples = [
            sample_of(sighting)
            for _ in run_offline(camera, estimator, frames)
            for sighting in estimator.sightings
        ]
    patches = [sample.patch for sample in samples if sample is not None]
    if len(patches) < LEAST_PATCHES:
        raise SourceError(
            f"'{uri}': expected at least {LEAST_PATCHES} hands in the first {frames} frames, found "
            f"{len(patches)}; name a source that shows more of a hand"
        )
    return patches


def split(patches: Sequence[HandPatch]) -> tuple[list[HandPatch], list[HandPatch]]:
    """To train on, and held out."""
    block = min(BLOCK, max(1, len(patches) // LEAST_BLOCKS))
    out = [k // block % HELD_OUT_EVERY == 0 for k in range(len(patches))]
    trained = [patch for patch, held in zip(patches, out, strict=True) if not held]
    return trained, [patch for patch, held in zip(patches, out, strict=True) if held]


def drawn_from(patches: Sequence[HandPatch], seed: int) -> DrawPatches:
    """Any of the patches, again and again."""
    rng = np.random.default_rng([seed, 71])
    return lambda count: [patches[k] for k in rng.integers(len(patches), size=count)]


def synthetic_patches(seed: int) -> DrawPatches:
    """Fresh synthetic hands, their truth thrown away."""
    cv2.setNumThreads(1)
    rng, model = np.random.default_rng([seed, 73]), load_hand_model()
    return lambda count: [one_camera_hand(rng, model).views[0][0] for _ in range(count)]
