"""Batches for the fusion network: synthetic hands in made-up views and before several cameras."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from engine.hand.model import HandModel, load_hand_model
from engine.nets.pose_vector import PoseVector
from engine.training.fusion_scenes import SeenHand, one_camera_hand, rig_hand
from engine.training.pseudo_views import (
    JITTER,
    PAPER_CHANGE,
    ViewBatch,
    ViewChange,
    pseudo_views,
    rig_views,
)

RIG_SHARE = 0.4
"""Batches with real views of several cameras; the others have made-up ones."""
MILD_SHARE = 0.4
"""Of the made-up ones, those that differ no more than crops of a tracker, turns apart."""
PSEUDO_VIEWS, MOST_CAMERAS = 4, 3
"""Views made of every hand; each training step takes some of them."""
HELD_OUT_SEED = 987_654_321
"""No training seed reaches it."""


class FusionTruth(NamedTuple):
    """Of B hands, in the rig's frame."""

    joints: Tensor
    """[B, 21, 3] metres."""
    pose: PoseVector
    """Rotation R_rig_from_hand, position of the wrist in metres."""


class FusionBatch(NamedTuple):
    """Views and truth of B hands."""

    views: ViewBatch
    truth: FusionTruth


class FusionSamples(IterableDataset[FusionBatch]):
    """Endless batches; every worker has its own seed derived from `seed`."""

    def __init__(self, seed: int, batch: int) -> None:
        self.seed = seed
        self.batch = batch

    def __iter__(self) -> Iterator[FusionBatch]:
        worker = get_worker_info()
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self.seed, 0 if worker is None else worker.id, 53])
        model = load_hand_model()
        while True:
            if rng.random() < RIG_SHARE:
                yield rig_batch(rng, model, self.batch, MOST_CAMERAS)
            else:
                change = JITTER if rng.random() < MILD_SHARE else PAPER_CHANGE
                yield pseudo_batch(rng, model, self.batch, PSEUDO_VIEWS, change)


def fusion_batches(seed: int, batch: int, workers: int) -> Iterator[FusionBatch]:
    """Endless batches; with `workers` = 0 they are made in this process."""
    loader = DataLoader(
        FusionSamples(seed, batch),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        persistent_workers=workers > 0,
    )
    return iter(loader)


def pseudo_batch(
    rng: np.random.Generator,
    model: HandModel,
    batch: int,
    views: int,
    change: ViewChange = PAPER_CHANGE,
) -> FusionBatch:
    """Hands before one camera each, in made-up views."""
    hands = [one_camera_hand(rng, model) for _ in range(batch)]
    patches = [hand.views[0][0] for hand in hands]
    return FusionBatch(pseudo_views(patches, rng, views, change), truth_of(hands))


def rig_batch(rng: np.random.Generator, model: HandModel, batch: int, cameras: int) -> FusionBatch:
    """Hands amid several cameras."""
    hands = [rig_hand(rng, model, cameras) for _ in range(batch)]
    return FusionBatch(rig_views([hand.views for hand in hands], rng, JITTER), truth_of(hands))


def truth_of(hands: Sequence[SeenHand]) -> FusionTruth:
    """The truth of several hands, stacked."""
    poses = [hand.pose for hand in hands]
    return FusionTruth(
        joints=_stack([hand.keypoints for hand in hands]),
        pose=PoseVector(
            angles=_stack([pose.angles for pose in poses]),
            shape=_stack([pose.shape for pose in poses]),
            rotation=_stack([pose.wrist_rotation for pose in poses]),
            position=_stack([pose.wrist_position for pose in poses]),
        ),
    )


def _stack(values: Sequence[npt.NDArray[np.floating]]) -> Tensor:
    return torch.from_numpy(np.stack(values).astype(np.float32))
