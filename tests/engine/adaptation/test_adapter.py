"""The adapter as a whole: it learns a small hand's frames, offers weights, takes them back."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.adaptation.adapter import Adapter
from engine.adaptation.gate import Offer
from engine.adaptation.learner import Learner
from engine.adaptation.sample import AdaptationSample, sample_of
from engine.adaptation.settings import (
    AdaptationSettings,
    GateSettings,
    LearnSettings,
    ReservoirSettings,
)
from engine.adaptation.teacher import Lesson
from engine.adaptation.weights_store import WeightsStore, as_stored
from engine.errors import WeightsError
from engine.inference.single_view import single_view_network
from engine.nets.weights_file import load_network
from engine.training.checkpoint import export_weights
from tests.engine.adaptation.film import healthy, sighting_of

SETTINGS = AdaptationSettings(
    reservoir=ReservoirSettings(block_s=0.1),
    learn=LearnSettings(lessons=4, personal=2, source=2, warm_up=4, keep=0.8),
    gate=GateSettings(every_steps=8, least_held_out=3, least_lessons=6),
    source_samples=24,
)
SHIPPED = single_view_network().weights


@cache
def samples(first: int = 0) -> tuple[AdaptationSample, ...]:
    """Two seconds of healthy frames, from frame number `first` on."""
    rng = np.random.default_rng(8 + first)
    seen = [sighting_of(healthy(rng), first + k, trusted=1.0) for k in range(24)]
    made = [sample_of(sighting) for sighting in seen if sighting is not None]
    return tuple(sample for sample in made if sample is not None)


@pytest.fixture
def adapter(tmp_path: Path) -> Adapter:
    made = Adapter(SETTINGS, SHIPPED, tmp_path / "adapted")
    for sample in samples():
        made.add(sample)
    return made


@pytest.fixture
def easy_gate(monkeypatch: pytest.MonkeyPatch) -> list[Offer]:
    """A gate that lets everything through and remembers it."""
    offers: list[Offer] = []

    def nothing_against(offer: Offer, settings: GateSettings) -> str:
        del settings
        offers.append(offer)
        return ""

    monkeypatch.setattr("engine.adaptation.adapter.objection", nothing_against)
    return offers


def test_without_samples_nothing_is_learnt(tmp_path: Path) -> None:
    idle = Adapter(SETTINGS, SHIPPED, tmp_path)
    assert idle.work(seconds=5.0) == ()
    assert (idle.progress.steps, idle.weights, idle.revision) == (0, SHIPPED, 0)


def test_work_of_a_number_of_steps_ends_with_a_decision(adapter: Adapter) -> None:
    decisions = adapter.work(steps=8)
    progress = adapter.progress
    assert progress.steps == 8
    assert progress.samples + progress.held_out > 10
    assert progress.losses["lessons"] > 0
    (decision,) = decisions
    assert progress.decisions == decisions
    assert decision.step == 8
    assert np.isfinite(decision.held_out_before)
    assert np.isfinite(decision.source_after)
    assert decision.revision == int(decision.accepted)


def test_accepted_weights_are_a_file_that_holds_what_was_judged(
    adapter: Adapter, easy_gate: list[Offer]
) -> None:
    (decision,) = adapter.work(steps=8)
    assert decision.accepted
    assert adapter.weights != SHIPPED
    stored = load_network(adapter.weights).state_dict()
    shipped = load_network(SHIPPED).state_dict()
    assert any(not torch.equal(stored[name], shipped[name]) for name in stored)
    assert easy_gate[0].step_size > 0
    assert not list(adapter.weights.parent.glob("*.part"))


@pytest.mark.usefixtures("easy_gate")
def test_half_of_the_way_to_what_was_learnt_is_offered(adapter: Adapter) -> None:
    adapter.work(steps=8)
    stored = load_network(adapter.weights).state_dict()
    shipped = load_network(SHIPPED).state_dict()
    along = size = 0.0
    for name, learnt in adapter._learner.average.state_dict().items():
        whole = learnt.double() - shipped[name].double()
        along += float(((stored[name].double() - shipped[name].double()) * whole).sum())
        size += float(whole.square().sum())
    assert size > 0
    assert along / size == pytest.approx(0.5, abs=0.05)


@pytest.mark.usefixtures("easy_gate")
def test_rollback_brings_back_the_former_weights(adapter: Adapter) -> None:
    adapter.work(steps=16)
    newest = adapter.weights
    adapter.roll_back(1)
    assert adapter.revision == 1
    assert newest != adapter.weights != SHIPPED
    adapter.roll_back(0)
    assert (adapter.weights, adapter.revision) == (SHIPPED, 0)


def test_what_a_profile_has_forgotten_counts_against_what_is_offered(tmp_path: Path) -> None:
    net = load_network(SHIPPED)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.03)
    adapted = tmp_path / "of a profile.safetensors"
    export_weights(adapted, net, net.config, {})
    first = Adapter(SETTINGS, SHIPPED, tmp_path / "first")
    later = Adapter(SETTINGS, adapted, tmp_path / "later")
    _, offer = later._offer(later._store.current.net)
    assert offer.step_size == pytest.approx(0.03, rel=0.01)
    assert offer.source_first == first._offer(first._store.current.net)[1].source_before
    assert offer.source_before != offer.source_first
    later.roll_back(0)
    assert later.weights == adapted


@pytest.mark.usefixtures("easy_gate")
def test_the_gate_is_asked_where_a_cycle_ends_after_a_rollback_too(
    adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def idle(learner: Learner, lessons: Sequence[Lesson], _personal: object) -> dict[str, float]:
        learner.apart_m = [0.006] * len(lessons)
        return {}

    monkeypatch.setattr(Learner, "step", idle)
    assert adapter.work(steps=8)
    adapter.work(steps=3)
    adapter.roll_back(0)  # The learner's rate begins its cycle again.
    assert not adapter.work(steps=7)
    (decision,) = adapter.work(steps=1)
    assert decision.step == 19


@pytest.mark.usefixtures("easy_gate")
def test_the_watch_rolls_back_what_new_samples_speak_against(adapter: Adapter) -> None:
    adapter.work(steps=8)
    assert adapter.revision == 1
    with torch.no_grad():  # spoil the weights in use
        for parameter in adapter._store.current.net.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    for sample in samples(100):
        adapter.add(sample)
    (decision,) = adapter.work(steps=8)
    assert decision.rolled_back
    assert decision.held_out_after > decision.held_out_before
    assert adapter.weights == SHIPPED


def test_weights_with_a_nan_are_refused(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Learner.step

    def broken(learner: Learner, *args: object) -> object:
        losses = step(learner, *args)  # type: ignore[arg-type]
        with torch.no_grad():
            next(learner.average.parameters()).fill_(float("nan"))
        return losses

    monkeypatch.setattr(Learner, "step", broken)
    (decision,) = adapter.work(steps=8)
    assert not decision.accepted
    assert "numbers" in decision.reason
    assert adapter.weights == SHIPPED


def test_missing_weights_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="found nothing"):
        Adapter(SETTINGS, tmp_path / "none.safetensors", tmp_path)


def test_the_store_keeps_few_files(tmp_path: Path) -> None:
    store = WeightsStore(SHIPPED, tmp_path)
    net = as_stored(copy.deepcopy(store.first.net))
    for _ in range(6):
        store.accept(net, {})
    assert len(list(tmp_path.iterdir())) == 3
    assert store.current.revision == 6
    assert store.former is not None
    assert store.former.path.exists()
    assert SHIPPED.exists()


def test_the_store_goes_back_to_what_is_no_newer(tmp_path: Path) -> None:
    store = WeightsStore(SHIPPED, tmp_path)
    net = as_stored(copy.deepcopy(store.first.net))
    for _ in range(5):
        store.accept(net, {})
    assert store.roll_back(4)
    assert store.current.revision == 4
    assert not store.roll_back(4)
    assert store.roll_back(2)  # Its file is gone.
    assert (store.current.revision, store.current.path) == (0, SHIPPED)
