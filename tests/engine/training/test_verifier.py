"""Samples and loss of the verifier."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.inference.verifier import EMPTY, VIEW_M, verifier_view
from engine.inference.verifier import VIEW_PX as LIVE_VIEW_PX
from engine.messages import Side
from engine.nets.verifier_net import VIEW_PX, VerifierNet
from engine.render.scene import HandLooks, render_scene, sample_scene
from engine.training.localiser_scenes import prepare_looks
from engine.training.verifier import VerifierTask
from engine.training.verifier_scenes import (
    FRAME,
    MARGIN_PX,
    VerifierSample,
    _sample_at,
    noisy_view,
    scene_samples,
)


@pytest.fixture(scope="module")
def looks() -> dict[Side, list[HandLooks]]:
    return prepare_looks(np.random.default_rng(0), 8)


def test_constants_agree_with_the_side_that_needs_no_torch() -> None:
    assert VIEW_PX == LIVE_VIEW_PX


def test_samples_show_palms_and_other_places(looks: dict[Side, list[HandLooks]]) -> None:
    rng = np.random.default_rng(1)
    samples = [sample for _ in range(40) for sample in scene_samples(rng, looks, None)]
    present = np.array([sample.present for sample in samples])
    assert 0.15 < present.mean() < 0.6
    assert {sample.right for sample in samples if sample.present} == {True, False}


def test_a_training_view_is_what_the_live_path_would_see(
    looks: dict[Side, list[HandLooks]],
) -> None:
    """Same scene, same place: rendered for training, and cut out of a whole fine frame."""
    fine = FRAME.scaled(3.0)
    compared = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        geometry = sample_scene(rng, FRAME, (looks[Side.RIGHT][0],))
        rendered = render_scene(geometry, FRAME)
        place = geometry.hands[0].palm_centre
        sample = _sample_at(rng, geometry, rendered, place)
        if sample is None or rendered.visible[0] < 0.9:
            continue
        inner = sample.window_m[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
        live = verifier_view(render_scene(geometry, fine).depth_m, fine, place)
        trained = np.clip((inner - sample.z) / (VIEW_M / 2), -9, 1)
        both = (live < EMPTY) & (inner > 0) & (trained > -1)
        assert both.mean() > 0.05
        assert np.median(np.abs(live - trained)[both]) < 0.03
        compared += 1
    assert compared >= 3


def test_mirroring_changes_the_side() -> None:
    window = np.zeros((VIEW_PX + 2 * MARGIN_PX,) * 2, np.float32)
    window[:, : len(window) // 2] = 0.5  # something in the left half
    sample = VerifierSample(window, 0.5, present=True, right=True)
    rng = np.random.default_rng(0)
    for _ in range(20):
        view, right = noisy_view(rng, sample)
        left_is_fuller = (view[:, :28] < EMPTY).sum() > (view[:, 36:] < EMPTY).sum()
        assert left_is_fuller == right


def test_side_counts_only_where_a_palm_is() -> None:
    torch.manual_seed(0)
    net = VerifierNet().eval()
    images = torch.rand(6, 1, VIEW_PX, VIEW_PX)
    present = torch.tensor([1.0, 0, 1, 0, 1, 0])
    task = VerifierTask()
    right = torch.tensor([1.0, 0, 0, 1, 1, 0])
    flipped = torch.where(present > 0, right, 1 - right)
    same = [task.loss(net, (images, present, r))["side"] for r in (right, flipped)]
    assert same[0] == same[1]
    other = task.loss(net, (images, present, 1 - right))["side"]
    assert other != same[0]
