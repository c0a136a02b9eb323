"""The style transfer closes a gap between two toy styles, comes back, stops and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from calibration.camera_model import PinholeCamera
from engine.adaptation.patch import HandPatch
from engine.errors import WeightsError
from engine.hand.model import load_hand_model
from engine.nets.module_file import STYLE, load_module, save_module
from engine.nets.style_transfer import Discriminator, Generator, StyleConfig, StyleNet
from engine.training.data import Batch, collate
from engine.training.stages import RunSettings, StageRun
from engine.training.style_batches import styled, with_style
from engine.training.style_data import real_crops
from engine.training.style_loss import style_gap
from engine.training.style_stage import RATE, StyleBatch, StyleSettings, StyleStage
from engine.training.synthesis import sample_stream

TINY = StyleConfig(width=0.0625, blocks=1)
SIZE = 32


def _discs(seed: int, count: int, rough: bool) -> torch.Tensor:
    """Round things on background; the other style is rough and lies 0.15 deeper."""
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    images = np.ones((count, 1, SIZE, SIZE), np.float32)
    for image in images:
        middle, radius = rng.uniform(-0.3, 0.3, 2), rng.uniform(0.5, 0.8)
        squared = (u - middle[0]) ** 2 + (v - middle[1]) ** 2
        depth = rng.uniform(-0.4, 0.1) + 0.3 * squared
        if rough:
            depth = depth + 0.15 + rng.normal(0, 0.06, depth.shape)
        image[0] = np.where(squared < radius**2, depth, 1.0)
    return torch.from_numpy(images)


def _batch(seed: int, count: int = 8) -> StyleBatch:
    return StyleBatch(_discs(seed, count, False), _discs(seed + 1000, count, True))


@pytest.fixture(scope="module")
def patches() -> list[HandPatch]:
    """Slanted squares in front of nothing."""
    camera = PinholeCamera(80, 80, 120.0, 120.0, 39.5, 39.5)
    depth = np.zeros((80, 80), np.float32)
    depth[20:60, 20:60] = np.linspace(0.45, 0.5, 40, dtype=np.float32)
    return [
        HandPatch(camera, depth, np.array([0.0, 0.0, 0.47 + 0.001 * k]), 0.25) for k in range(9)
    ]


@pytest.fixture
def stage(tmp_path: Path, patches: list[HandPatch]) -> StyleStage:
    settings = StyleSettings(
        tmp_path / "style.safetensors", batch=2, network=TINY, validation_images=2
    )
    return StyleStage(settings, patches, "squares")


def test_a_shift_between_the_domains_is_learnt(stage: StyleStage) -> None:
    fast = StyleStage(replace(stage.settings, rate=3e-3), stage._patches)
    judged = [float(fast.step(_batch(seed, 4), 0.0)["judged"]) for seed in range(60)]
    unseen = _batch(5000, 16)
    with torch.no_grad():
        as_real = fast.net(unseen.synthetic)
    deeper = float((as_real - unseen.synthetic)[unseen.synthetic < 0.99].mean())
    assert 0.05 < deeper < 0.3, "the other style lies 0.15 deeper"
    assert np.mean(judged[-10:]) < 0.9 * np.mean(judged[:10])


def test_images_come_back_the_better_the_longer_it_trains(stage: StyleStage) -> None:
    """Begun with generators that change a lot, so that there is something to lose."""
    fast = StyleStage(replace(stage.settings, rate=3e-3), stage._patches)
    with torch.no_grad():
        for generator in (fast.net.real_from_synthetic, fast.net.synthetic_from_real):
            generator.change[-1].weight.mul_(10.0)
    losses = [fast.step(_batch(seed, 4), 0.0) for seed in range(40)]
    for name in ("cycle", "identity"):
        first, last = (
            np.mean([float(loss[name]) for loss in part]) for part in (losses[:5], losses[-5:])
        )
        assert last < 0.6 * first, name


def test_untrained_generators_change_little_and_background_stays() -> None:
    torch.manual_seed(0)
    image = _discs(1, 4, False)
    with torch.no_grad():
        changed = Generator(TINY)(image)
    assert changed.shape == image.shape
    assert changed.abs().max() <= 1.0
    assert float((changed - image).abs().mean()) < 0.1


def test_judges_look_at_patches() -> None:
    answer = Discriminator(TINY)(torch.zeros(2, 1, 128, 128))
    assert answer.shape == (2, 1, 15, 15)


def test_gradients_reach_every_parameter(stage: StyleStage) -> None:
    before = {name: value.clone() for name, value in stage.net.named_parameters()}
    judges = {name: value.clone() for name, value in stage.judges.named_parameters()}
    for seed in range(2):
        stage.step(_batch(seed), 0.0)
    for name, value in stage.net.named_parameters():
        assert not torch.equal(value, before[name]), name
    for name, value in stage.judges.named_parameters():
        assert not torch.equal(value, judges[name]), name


def test_the_rate_falls_from_half_of_the_run_on(stage: StyleStage) -> None:
    for progress, share in ((0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (1.0, 0.0)):
        stage.step(_batch(0), progress)
        assert stage.optimizers[0].param_groups[0]["lr"] == pytest.approx(share * RATE)


def test_resuming_gives_the_next_step(stage: StyleStage, patches: list[HandPatch]) -> None:
    out = stage.settings.weights_out.parent
    run = StageRun(RunSettings(out / "run", 100), stage)
    run.advance(_batch(0))
    run.save()
    run.advance(_batch(1))
    again = StageRun(RunSettings(out / "run", 100), StyleStage(stage.settings, patches))
    assert again.samples_seen == 8
    again.advance(_batch(1))
    for ours, theirs in (
        (again.stage.net, stage.net),
        (again.stage.judges, stage.judges),
    ):
        for name, value in ours.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[name]), name
    other = StyleSettings(out / "x.safetensors", network=StyleConfig(0.0625, 2))
    with pytest.raises(WeightsError, match=r"another\s+--out"):
        StageRun(RunSettings(out / "run", 100), StyleStage(other, patches))


def test_a_run_writes_its_last_weights(stage: StyleStage, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.training import style_stage

    def crops(*_: object) -> Iterator[torch.Tensor]:
        while True:
            yield torch.nn.functional.interpolate(_discs(3, 2, False), size=128)

    monkeypatch.setattr(style_stage, "synthetic_crops", crops)
    out = stage.settings.weights_out.parent / "run"
    figures = StageRun(RunSettings(out, 4, keep_last=True), stage).run()
    assert figures["gap"] >= 0
    written = load_module(stage.settings.weights_out, STYLE)
    for name, value in written.state_dict().items():
        torch.testing.assert_close(value, stage.net.state_dict()[name], atol=1e-6, rtol=2**-11)


def test_the_gap_measures_roughness() -> None:
    smooth, rough = _discs(1, 16, False), _discs(2, 16, True)
    assert style_gap(smooth, smooth) == 0
    assert style_gap(rough, smooth) > 3 * style_gap(smooth, _discs(3, 16, False))


def test_real_crops_show_the_patches(patches: list[HandPatch]) -> None:
    images = next(real_crops(patches, 1, 6))
    assert images.shape == (6, 1, 128, 128)
    assert ((images < 0.99).flatten(1).sum(1) > 250).all()
    again = next(real_crops(patches, 1, 6))
    assert torch.equal(images, again)


def test_half_of_the_samples_are_restyled(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = StyleNet(TINY).eval()
    save_module(tmp_path / "style.safetensors", STYLE, net, {})
    batch = collate(list(islice(sample_stream(4, load_hand_model()), 12)))

    def endless() -> Iterator[Batch]:
        while True:
            yield batch

    stream = styled(endless(), tmp_path / "style.safetensors", seed=1)
    changed = torch.cat([(next(stream).image != batch.image).flatten(1).any(1) for _ in range(3)])
    assert 0.2 < changed.float().mean() < 0.8
    nothing = torch.zeros(12, dtype=torch.bool)
    assert torch.equal(with_style(net, batch.image, nothing), batch.image)


@pytest.mark.parametrize("wrong", [{"width": 0.01}, {"width": 9.0}, {"blocks": 0}])
def test_impossible_sizes_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        StyleConfig(**wrong)  # type: ignore[arg-type]
