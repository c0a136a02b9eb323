"""Poisoned films: whatever comes before the camera, the network that runs is never worse for it.

Every run is the real thing on a small scale: real images, network, teacher, steps and gate. The
tracker's own doubts are overruled, so that the poison reaches the learner.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import inf
from pathlib import Path

import numpy as np
import pytest

from engine.adaptation.adapter import Adapter
from engine.adaptation.lesson_book import LessonBook
from engine.adaptation.sample import AdaptationSample, sample_of
from engine.adaptation.settings import (
    AdaptationSettings,
    GateSettings,
    LearnSettings,
    ReservoirSettings,
    TeacherSettings,
)
from engine.inference.backend_torch import TorchBackend
from engine.inference.crops import Crop
from engine.inference.depth_view import DepthView
from engine.inference.single_view import SingleViewInference, single_view_network
from tests.engine.adaptation.film import (
    CAMERA,
    POISONS,
    Shot,
    healthy,
    sighting_of,
)

SETTINGS = AdaptationSettings(
    reservoir=ReservoirSettings(block_s=0.1),
    learn=LearnSettings(lessons=3, personal=1, source=1),
    gate=GateSettings(every_steps=6, least_held_out=3, least_lessons=6),
    source_samples=24,
)
FRAMES, STEPS = 24, 6
CREDULOUS = replace(
    SETTINGS,
    teacher=TeacherSettings(
        iterations=4,
        least_trust=-inf,
        least_explained=0.0,
        worst_residual_m=inf,
        worst_stray_m=inf,
        apart_m=inf,
        worst_outside=inf,
        wrist_rad=inf,
    ),
    learn=LearnSettings(lessons=2, personal=0, source=1, warm_up=1, keep=0.5),
    gate=replace(SETTINGS.gate, every_steps=2),
)
"""A teacher who believes everything, and few steps that go as far as they may."""
NOISE = 1.01
"""A hundredth is less than what 24 frames can tell."""


@cache
def truth_shots() -> tuple[Shot, ...]:
    rng = np.random.default_rng(99)
    return tuple(healthy(rng) for _ in range(24))


@cache
def error_mm(weights: Path) -> float:
    """Mean joint error on clean frames of the person, the network alone."""
    network = SingleViewInference(TorchBackend(weights, 1))
    views = [DepthView(shot.depth_m, CAMERA) for shot in truth_shots()]
    hands = network.infer(views, [Crop(CAMERA, shot.place) for shot in truth_shots()])
    errors = [
        np.linalg.norm(hand.joints - shot.joints, axis=1).mean()
        for hand, shot in zip(hands, truth_shots(), strict=True)
    ]
    return 1e3 * float(np.mean(errors))


@cache
def samples_of(kind: str, seed: int, healthy_share: float = 0.0) -> tuple[AdaptationSample, ...]:
    rng = np.random.default_rng([seed, len(kind)])
    shots = [
        healthy(rng) if rng.random() < healthy_share else POISONS[kind](rng) for _ in range(FRAMES)
    ]
    seen = [sighting_of(shot, k, trusted=1.0) for k, shot in enumerate(shots)]
    samples = [sample_of(sighting) for sighting in seen if sighting is not None]
    return tuple(sample for sample in samples if sample is not None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", list(POISONS))
def test_nothing_is_learnt_from_poison(kind: str, seed: int, tmp_path: Path) -> None:
    adapter = Adapter(SETTINGS, single_view_network().weights, tmp_path)
    for sample in samples_of(kind, seed):
        adapter.add(sample)
    decisions = adapter.work(steps=STEPS)
    assert not any(decision.accepted for decision in decisions)
    assert adapter.weights == single_view_network().weights
    assert sum(adapter.progress.refused.values()) > 0, "the poison came as far as the teacher"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", [kind for kind in POISONS if kind != "frozen camera"])
def test_the_gate_refuses_poison_that_the_teacher_believes(
    kind: str, seed: int, tmp_path: Path
) -> None:
    """A frozen camera shows a healthy hand: what keeps it out is that it says nothing new."""
    adapter = Adapter(CREDULOUS, single_view_network().weights, tmp_path)
    for sample in samples_of(kind, seed):
        adapter.add(sample)
    decisions = adapter.work(steps=2)
    assert not adapter.progress.refused, "the poison came as far as the gate"
    assert decisions
    assert not any(decision.accepted for decision in decisions)
    assert adapter.weights == single_view_network().weights
    assert error_mm(adapter.weights) <= error_mm(single_view_network().weights)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(POISONS))
def test_poison_among_healthy_frames_does_no_harm(kind: str, tmp_path: Path) -> None:
    adapter = Adapter(SETTINGS, single_view_network().weights, tmp_path)
    for sample in samples_of(kind, 0, healthy_share=0.75):
        adapter.add(sample)
    adapter.work(steps=2 * STEPS)
    assert adapter.progress.steps > 0, "there was something to learn from"
    assert error_mm(adapter.weights) <= NOISE * error_mm(single_view_network().weights)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_teacher_that_lies_is_not_followed(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Learnt-from and held-out lessons lie alike, so agreement with them grows; the mesh on the
    observed depth, in which no teacher has a say, gives the lie away."""
    teach = LessonBook._teach_new

    def lying(book: LessonBook, sample: AdaptationSample) -> None:
        teach(book, sample)
        aside = np.array([0.0, 0.03, 0.02])
        for lesson in (*book.reservoir.lessons, *book.reservoir.held_out):
            if lesson.sample is sample:
                pose = replace(lesson.pose, wrist_position=sample.pose.wrist_position + aside)
                lie = replace(lesson, keypoints=sample.keypoints + aside, pose=pose)
                book.reservoir.replace(sample, lie)

    monkeypatch.setattr(LessonBook, "_teach_new", lying)
    settings = replace(
        SETTINGS,
        teacher=TeacherSettings(shape_again=1000),
        learn=replace(SETTINGS.learn, rate=1e-3, personal=0),
    )
    adapter = Adapter(settings, single_view_network().weights, tmp_path)
    rng = np.random.default_rng(seed)
    for k in range(FRAMES):
        sighting = sighting_of(healthy(rng), k, trusted=1.0)
        sample = None if sighting is None else sample_of(sighting)
        if sample is not None:
            adapter.add(sample)
    decisions = adapter.work(steps=4 * STEPS)
    assert adapter.progress.steps == 4 * STEPS, "there was something to be misled by"
    assert decisions
    assert sum(decision.accepted for decision in decisions) <= 1
    assert error_mm(adapter.weights) <= NOISE * error_mm(single_view_network().weights), (
        "the lie itself was not learnt"
    )
