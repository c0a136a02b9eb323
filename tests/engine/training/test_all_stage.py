"""Stage 3: both networks learn from labels and without, terms can be left out, runs go on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import SourceError, UserError, WeightsError
from engine.hand.model import load_hand_model
from engine.nets.fusion import FusionConfig, FusionNet
from engine.nets.module_file import FUSION, load_module
from engine.nets.single_view import SingleViewConfig, SingleViewNet
from engine.nets.weights_file import load_network
from engine.training import unlabelled as unlabelled_module
from engine.training.all_data import AllBatch, Unlabelled, held_out_views
from engine.training.all_stage import AllSettings, AllStage, Both
from engine.training.data import collate
from engine.training.fusion_data import pseudo_batch
from engine.training.pseudo_views import pseudo_views
from engine.training.stages import RunSettings, StageRun
from engine.training.synthesis import sample_stream
from engine.training.unlabelled import drawn_from, split, synthetic_patches, tracked_patches

MODEL = load_hand_model()


def _both() -> Both:
    torch.manual_seed(0)
    return Both(SingleViewNet(SingleViewConfig(0.125)), FusionNet(FusionConfig(16, (8, 12, 16))))


def _set_statistics(both: Both, batch: AllBatch) -> None:
    """Batch norms begin with those of the batch, as after stage 1."""
    norms = [m for m in both.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    both.train()
    with torch.no_grad():
        both.single_view(batch.crops.image)
    both.eval()


@pytest.fixture(scope="module")
def unlabelled() -> Unlabelled:
    patches = synthetic_patches(3)(5)
    return Unlabelled(partial(drawn_from, patches[1:]), patches[:1], "synthetic")


@pytest.fixture(scope="module")
def batch(unlabelled: Unlabelled) -> AllBatch:
    rng = np.random.default_rng(1)
    crops = collate(list(islice(sample_stream(4, MODEL), 4)))
    return AllBatch(
        crops, pseudo_batch(rng, MODEL, 2, 2), pseudo_views(unlabelled.drawn(1)(2), rng, 2)
    )


@pytest.fixture
def settings(tmp_path: Path) -> AllSettings:
    return AllSettings(
        tmp_path / "weights.safetensors",
        tmp_path / "fusion.safetensors",
        batch=2,
        views=2,
        validation_hands=2,
    )


def test_steps_lower_the_losses_of_a_fixed_batch(
    settings: AllSettings, unlabelled: Unlabelled, batch: AllBatch
) -> None:
    both = _both()
    _set_statistics(both, batch)
    stage = AllStage(replace(settings, rate=5e-4), both, unlabelled)
    parts = [stage.step(batch, 0.0) for _ in range(8)]
    for name in ("crops.joints", "several.pose_joints", "single.joints_to_mesh"):
        assert parts[-1][name] < 0.95 * parts[0][name], name
    assert all(torch.isfinite(value) for value in parts[-1].values())


def test_all_of_both_networks_learns(
    settings: AllSettings, unlabelled: Unlabelled, batch: AllBatch
) -> None:
    stage = AllStage(settings, _both(), unlabelled)
    before = {name: value.clone() for name, value in stage.net.named_parameters()}
    statistics = {
        name: value.clone() for name, value in stage.net.named_buffers() if "running" in name
    }
    stage.step(batch, 0.0)
    for name, value in stage.net.named_parameters():
        assert not torch.equal(value, before[name]), name
    assert statistics
    for name, value in stage.net.named_buffers():
        if name in statistics:
            assert torch.equal(value, statistics[name]), "batch norms keep their statistics"


def test_a_term_left_out_is_not_looked_at(
    settings: AllSettings, unlabelled: Unlabelled, batch: AllBatch
) -> None:
    whole = AllStage(settings, _both(), unlabelled)
    every = {name for name in whole.step(batch, 0.0) if name in whole.label_free.objective.names}
    assert every == set(whole.label_free.objective.names)
    for left_out in ("distil", "collision", "cross.depth"):
        stage = AllStage(replace(settings, without=(left_out,)), _both(), unlabelled)
        kept = set(stage.label_free.objective.names)
        assert kept < every
        gone = every - kept
        assert all(left_out in (name, *name.split(".")) for name in gone)


def test_an_unknown_term_gets_one_sentence(settings: AllSettings, unlabelled: Unlabelled) -> None:
    with pytest.raises(UserError, match="--without: no loss term is called magic"):
        AllStage(replace(settings, without=("magic",)), _both(), unlabelled)


def test_resuming_gives_the_next_step(
    settings: AllSettings, unlabelled: Unlabelled, batch: AllBatch, tmp_path: Path
) -> None:
    run = StageRun(RunSettings(tmp_path / "run", 100), AllStage(settings, _both(), unlabelled))
    run.advance(batch)
    run.save()
    run.advance(batch)
    again = StageRun(RunSettings(tmp_path / "run", 100), AllStage(settings, _both(), unlabelled))
    assert again.samples_seen == 2
    again.advance(batch)
    theirs = run.stage.net.state_dict()
    for name, value in again.stage.net.state_dict().items():
        assert torch.equal(value, theirs[name]), name
    other = AllStage(replace(settings, without=("distil",)), _both(), unlabelled)
    with pytest.raises(WeightsError, match="expected a run of stage 3"):
        StageRun(RunSettings(tmp_path / "run", 100), other)


def test_both_networks_are_written_and_load(settings: AllSettings, unlabelled: Unlabelled) -> None:
    stage = AllStage(settings, _both(), unlabelled)
    figures = stage.validate()
    assert list(figures) == ["label_free", "single_mm", "fused_mm"]
    assert all(np.isfinite(value) for value in figures.values())
    stage.write({"seed": 1})
    single = load_network(settings.single_view_out)
    fusion = load_module(settings.fusion_out, FUSION)
    Both(single, fusion)
    assert held_out_views(unlabelled, 2).image.shape == (1, 2, 1, 128, 128)


def test_networks_that_do_not_fit_are_refused() -> None:
    single = SingleViewNet(SingleViewConfig(0.125))
    with pytest.raises(WeightsError, match=r"with 8 features.*train fusion"):
        Both(single, FusionNet(FusionConfig(8, (8, 12, 16))))


def test_a_fifth_is_held_out_in_blocks() -> None:
    (patch,) = synthetic_patches(5)(1)
    patches = [replace(patch, cube_m=0.2 + 1e-4 * k) for k in range(1000)]
    trained, held_out = split(patches)
    assert 0.18 < len(held_out) / len(patches) < 0.25
    assert len(trained) + len(held_out) == len(patches)
    places = [round((one.cube_m - 0.2) / 1e-4) for one in held_out]
    assert sum(b - a > 1 for a, b in pairwise(places)) < len(places) / 25
    assert len(split(patches[:11])[1]) == 3


def test_a_run_that_goes_on_draws_other_hands(unlabelled: Unlabelled) -> None:
    first, again = ([id(p) for p in unlabelled.drawn(seed)(40)] for seed in (1, 1001))
    assert first != again


def test_a_source_without_hands_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind:
        sightings = ()

    monkeypatch.setattr(unlabelled_module, "create_estimator", Blind)
    monkeypatch.setattr(unlabelled_module, "run_offline", lambda *_: iter([None] * 3))
    with pytest.raises(SourceError, match=r"expected at least 8 hands.*found 0"):
        tracked_patches("sim:", 3)
