"""Targets, loss and a short training of the localiser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import WeightsError
from engine.inference.localiser_peaks import REFERENCE_M, STRIDE, find_peaks
from engine.messages import Side
from engine.render.scene import HandLooks
from engine.training.checkpoint import save_checkpoint
from engine.training.localiser import LocaliserSettings, LocaliserStage
from engine.training.localiser_scenes import (
    HEIGHT_PX,
    WIDTH_PX,
    HandMark,
    LocaliserSample,
    prepare_looks,
    sample_clean,
    target_maps,
    with_sensor,
)
from engine.training.localiser_task import LocaliserTask, localiser_loss
from engine.training.stages import RunSettings, StageRun

EMPTY = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)


@pytest.fixture(scope="module")
def looks() -> dict[Side, list[HandLooks]]:
    return prepare_looks(np.random.default_rng(0), 8)


def _perfect_maps(sample: LocaliserSample) -> torch.Tensor:
    """The maps that a perfect network would give."""
    targets = target_maps([sample], STRIDE, REFERENCE_M)
    maps = np.zeros((1, 5, HEIGHT_PX // STRIDE, WIDTH_PX // STRIDE), np.float32)
    maps[:, 0] = np.where(targets.presence == 1, 12.0, -12.0)
    maps[:, 1] = np.where(targets.side > 0, 12.0, -12.0)
    maps[:, 2:] = targets.geometry
    return torch.from_numpy(maps)


HANDS = (
    HandMark(u=61.3, v=40.8, z=0.5, radius_px=9.6, right=True, clear=True),
    HandMark(u=120.0, v=90.0, z=0.9, radius_px=5.0, right=False, clear=True),
)


def test_targets_read_back_are_the_hands() -> None:
    sample = LocaliserSample(EMPTY, HANDS)
    peaks = sorted(find_peaks(_perfect_maps(sample)[0].numpy()), key=lambda peak: peak.z)
    for peak, hand in zip(peaks, HANDS, strict=True):
        assert [peak.u, peak.v] == pytest.approx([hand.u, hand.v], abs=0.01)
        assert peak.z == pytest.approx(hand.z, rel=1e-4)
        assert (peak.right > 0.5) == hand.right


def test_the_loss_of_perfect_maps_is_next_to_nothing_and_grows_with_any_mistake() -> None:
    sample = LocaliserSample(EMPTY, HANDS)
    perfect = _perfect_maps(sample)
    least = sum(localiser_loss(perfect, [sample]).values())
    assert least < 0.01
    for plane in range(5):
        wrong = perfect.clone()
        wrong[:, plane] = -wrong[:, plane] + 0.3
        assert sum(localiser_loss(wrong, [sample]).values()) > least + 0.05


def test_a_half_hidden_hand_is_neither_right_nor_wrong() -> None:
    hinted = LocaliserSample(EMPTY, (HandMark(61.3, 40.8, 0.5, 9.6, right=True, clear=False),))
    blank = torch.full((1, 5, HEIGHT_PX // STRIDE, WIDTH_PX // STRIDE), -12.0)
    claimed = blank.clone()
    claimed[0, 0, 10, 15] = 12.0
    for maps in (blank, claimed):
        assert localiser_loss(maps, [hinted])["presence"] < 0.01


def test_marks_lie_on_the_depth_of_their_hands(looks: dict[Side, list[HandLooks]]) -> None:
    rng = np.random.default_rng(3)
    offsets = []
    for _ in range(60):
        sample = sample_clean(rng, looks)
        for hand in sample.hands:
            if hand.clear and 2 < hand.u < WIDTH_PX - 3 and 2 < hand.v < HEIGHT_PX - 3:
                offsets.append(sample.depth_m[round(hand.v), round(hand.u)] - hand.z)
    assert len(offsets) > 25
    assert np.mean(np.abs(offsets) < 0.07) > 0.8  # fingers or an arm may lie before the palm


def test_mirroring_swaps_sides_and_moves_the_mark_with_the_picture(
    looks: dict[Side, list[HandLooks]],
) -> None:
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(80):
        clean = sample_clean(rng, looks)
        noisy = with_sensor(rng, clean)
        for hand in noisy.hands:
            partner = min(clean.hands, key=lambda other: abs(other.z - hand.z))
            mirrored = partner.right != hand.right
            expected = WIDTH_PX - 1 - partner.u if mirrored else partner.u
            assert hand.u == pytest.approx(expected)
            seen.add(mirrored)
    assert seen == {True, False}


@pytest.mark.slow
def test_training_writes_weights_and_resumes(tmp_path: Path) -> None:
    task = LocaliserTask(pool=16, looks=8, validation_samples=4)

    def trainer(samples: int) -> StageRun[list[LocaliserSample]]:
        stage = LocaliserStage(LocaliserSettings(tmp_path / "l.safetensors", batch=8), task)
        return StageRun(RunSettings(tmp_path, samples, keep_last=True), stage)

    trainer(16).run()
    assert (tmp_path / "l.safetensors").exists()
    again = trainer(32)
    assert again.samples_seen == 16
    again.run()
    assert again.samples_seen == 32


def test_a_checkpoint_of_something_else_gets_one_sentence(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint.pt", {"net": {}, "samples_seen": 3})
    stage = LocaliserStage(LocaliserSettings(tmp_path / "l.safetensors"))
    with pytest.raises(WeightsError, match=r"expected a localiser of .* give another --out"):
        StageRun(RunSettings(tmp_path, 8), stage)
