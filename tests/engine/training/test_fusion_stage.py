"""Fusion learns to gain from further views, stops, and goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import WeightsError
from engine.hand.model import load_hand_model
from engine.nets.fusion import FusionInput
from engine.nets.fusion_frame import crops_from_rig
from engine.nets.module_file import FUSION, load_module
from engine.nets.single_view import SingleViewConfig, SingleViewNet
from engine.nets.weights_file import load_network
from engine.training import fusion_stage
from engine.training.checkpoint import save_checkpoint
from engine.training.fusion_data import FusionBatch, pseudo_batch, rig_batch, truth_of
from engine.training.fusion_figures import FusionFigures
from engine.training.fusion_observed import ObservedHands, joints_in_rig, targets_in_views
from engine.training.fusion_scenes import rig_hand
from engine.training.fusion_stage import FusionSettings, FusionStage
from engine.training.pseudo_views import rig_views
from engine.training.stages import RunSettings, StageRun
from engine.weights_manifest import verified_weights

MODEL = load_hand_model()
VIEWS = 2


@pytest.fixture(scope="module")
def single_view() -> SingleViewNet:
    torch.manual_seed(0)
    return SingleViewNet(SingleViewConfig(0.125)).eval()


@pytest.fixture(scope="module")
def batches() -> list[FusionBatch]:
    rng = np.random.default_rng(3)
    return [rig_batch(rng, MODEL, 4, 2), pseudo_batch(rng, MODEL, 4, 3)]


@pytest.fixture
def settings(tmp_path: Path) -> FusionSettings:
    return FusionSettings(
        tmp_path / "fusion.safetensors",
        channels=(8, 12, 16),
        batch=4,
        replays=1,
        validation_hands=2,
    )


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch, batches: list[FusionBatch]) -> None:
    """The same two batches again and again, instead of rendering new ones."""

    def again(*_: object) -> Iterator[FusionBatch]:
        while True:
            yield from batches

    monkeypatch.setattr(fusion_stage, "fusion_batches", again)


def _answers(seed: int, hands: int) -> ObservedHands:
    """Answers of a made-up network that errs where it is not sure; both views err alike often."""
    rng = np.random.default_rng(seed)
    seen = [rig_hand(rng, MODEL, VIEWS) for _ in range(hands)]
    views = rig_views([hand.views for hand in seen], rng)
    truth = truth_of(seen)
    exact = crops_from_rig(truth.joints, views.geometry, views.T_rig_from_camera)
    generator = torch.Generator().manual_seed(seed)
    blind = torch.rand(hands, VIEWS, 21, generator=generator) < 0.4
    sigma = torch.where(blind, 0.25, 0.03)[..., None]
    error = sigma * torch.randn(exact.shape, generator=generator)
    confidence = torch.where(blind, 0.2, 0.8)
    features = torch.zeros(hands, VIEWS, 21, 16)
    return ObservedHands(
        FusionInput(exact + error, confidence, features, views.geometry, views.T_rig_from_camera),
        truth,
    )


def _errors(stage: FusionStage, hands: ObservedHands) -> tuple[float, float, float]:
    """Mean error in mm of a single view, of the views' mean, and fused."""
    truth = hands.truth.joints
    in_rig = joints_in_rig(hands.views)
    with torch.no_grad():
        fused = stage.average.net(hands.views).rig_joints
    return tuple(
        1000 * float((found - expected).norm(dim=-1).mean())
        for found, expected in (
            (in_rig, truth[:, None]),
            (in_rig.mean(1), truth),
            (fused, truth),
        )
    )  # type: ignore[return-value]


def test_two_views_become_better_than_one_and_than_their_mean(
    settings: FusionSettings, single_view: SingleViewNet
) -> None:
    stage = FusionStage(replace(settings, rate=1e-2, channels=(16, 16, 16)), single_view)
    known, unseen = _answers(1, 24), _answers(2, 24)
    before = stage.loss(stage.net(known.views), known)[0].detach()
    for _ in range(100):
        stage._learn(known)
    after = stage.loss(stage.net(known.views), known)[0].detach()
    single, mean, fused = _errors(stage, unseen)
    assert after < 0.6 * before
    assert fused < 0.7 * single
    assert fused < 0.8 * mean


def test_targets_are_the_truth_in_every_view(batches: list[FusionBatch]) -> None:
    """The supervised loss is nothing at the truth, told through pose vectors and joints alike."""
    from engine.training.fusion_stage import FusionLoss

    batch = batches[0]
    targets = targets_in_views(batch.truth, batch.views)
    loss = FusionLoss().supervised
    parts = loss.pose_losses(targets.pose, targets, targets.present)
    assert all(float(part) < 1e-6 for part in parts.values())
    hand = loss.hand
    pose = batch.truth.pose
    keypoints = hand.keypoints(pose.angles, pose.shape, pose.rotation, pose.position)
    torch.testing.assert_close(keypoints, batch.truth.joints, atol=1e-4, rtol=0)
    uvd = crops_from_rig(keypoints, batch.views.geometry, batch.views.T_rig_from_camera)
    torch.testing.assert_close(uvd.flatten(0, 1), targets.joints, atol=2e-3, rtol=0)


def test_the_single_view_network_stays_as_it_is(
    settings: FusionSettings, single_view: SingleViewNet, batches: list[FusionBatch]
) -> None:
    before = {name: value.clone() for name, value in single_view.state_dict().items()}
    stage = FusionStage(settings, single_view)
    for batch in batches:
        stage.step(batch, 0.0)
    for name, value in single_view.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_resuming_gives_the_next_step_of_an_uninterrupted_run(
    settings: FusionSettings, single_view: SingleViewNet, batches: list[FusionBatch], tmp_path: Path
) -> None:
    settings = replace(settings, replays=0)

    def stage() -> FusionStage:
        return FusionStage(settings, single_view)

    straight = StageRun(RunSettings(tmp_path / "straight", 100), stage())
    straight.advance(batches[0])
    torch.manual_seed(5)
    straight.advance(batches[1])

    first = StageRun(RunSettings(tmp_path / "again", 100), stage())
    first.advance(batches[0])
    first.save()
    second = StageRun(RunSettings(tmp_path / "again", 100), stage())
    assert second.samples_seen == 4
    torch.manual_seed(5)
    second.advance(batches[1])
    for ours, theirs in (
        (second.stage.net, straight.stage.net),
        (second.stage.average.net, straight.stage.average.net),
    ):
        for name, value in ours.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[name]), name


@pytest.mark.usefixtures("prepared")
def test_a_run_ends_writes_weights_and_can_be_prolonged(
    settings: FusionSettings, single_view: SingleViewNet, tmp_path: Path
) -> None:
    run = StageRun(RunSettings(tmp_path / "run", 8), FusionStage(settings, single_view))
    figures = run.run()
    assert run.samples_seen == 8
    assert figures["fused_mm"] > 0
    stage = run.stage
    written = load_module(settings.weights_out, FUSION)
    for name, value in written.state_dict().items():
        torch.testing.assert_close(
            value, stage.average.net.state_dict()[name], atol=1e-6, rtol=2**-11
        )
    longer = StageRun(RunSettings(tmp_path / "run", 12), FusionStage(settings, single_view))
    assert (longer.samples_seen, longer.resumed) == (8, 1)
    longer.run()
    assert longer.samples_seen == 12
    assert any((tmp_path / "run" / "log").iterdir()), "TensorBoard can read along"


def test_a_checkpoint_of_another_size_gets_one_sentence(
    settings: FusionSettings, single_view: SingleViewNet, tmp_path: Path
) -> None:
    StageRun(RunSettings(tmp_path, 8), FusionStage(settings, single_view)).save()
    other = FusionStage(replace(settings, channels=(8, 8, 8)), single_view)
    with pytest.raises(WeightsError, match=r"expected a run of stage 2 .*--out"):
        StageRun(RunSettings(tmp_path, 8), other)
    with pytest.raises(WeightsError, match=r"expected a run of stage 2 .*--out"):
        StageRun(RunSettings(tmp_path, 8), FusionStage(settings, single_view, "another"))
    save_checkpoint(tmp_path / "checkpoint.pt", {"net": {}})
    with pytest.raises(WeightsError):
        StageRun(RunSettings(tmp_path, 8), other)


def test_figures_of_one_view_are_those_of_the_single_view_network(
    single_view: SingleViewNet,
) -> None:
    """An untrained fusion network adds next to nothing to one view."""
    figures = FusionFigures(single_view, 2)
    net = FusionStage(FusionSettings(Path("unused.safetensors"), (8, 12, 16)), single_view).net
    found = figures.of(net)
    assert found["plain_1_fused"] == pytest.approx(found["plain_single"], abs=1.0)
    kinds = {name.partition("_")[0] for name in found}
    assert kinds == {"fused", "plain", "mild", "pseudo", "rig"}
    assert set(figures.alone()) <= set(found)


@pytest.mark.slow
def test_the_shipped_fusion_beats_a_view_and_the_mean_of_views() -> None:
    """On hands of a seed of their own; the model card has the figures of more hands."""
    single = load_network(verified_weights("single_view_depth.safetensors"))
    fusion = load_module(verified_weights("fusion_depth.safetensors"), FUSION)
    figures = FusionFigures(single, 12, seed=135).of(fusion)
    for cameras in (2, 3):
        assert figures[f"rig_{cameras}_fused"] < 0.95 * figures[f"rig_{cameras}_mean"]
        assert figures[f"rig_{cameras}_fused"] < 0.9 * figures["rig_1_mean"]
    assert figures["pseudo_3_fused"] < 0.95 * figures["pseudo_3_mean"]
    assert figures["plain_1_fused"] < 1.05 * figures["plain_single"]
