"""Steps towards what the teacher says."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from engine.adaptation.learner import Learner, all_finite, relative_change
from engine.adaptation.lesson_crops import lesson_images, plain_crop, random_crop, stacked
from engine.adaptation.sample import sample_of
from engine.adaptation.settings import LearnSettings
from engine.adaptation.source_set import joined, take
from engine.adaptation.teacher import Lesson
from engine.inference.crops import Crop
from engine.inference.single_view import single_view_network
from engine.losses.supervised import Targets
from engine.nets.single_view import SingleViewNet
from engine.nets.weights_file import load_network
from engine.training.data import Batch, validation_batch
from tests.engine.adaptation.film import healthy, model, sighting_of

SETTINGS = LearnSettings(rate=1e-3, warm_up=2, keep=0.5, lessons=3, personal=0, source=2)


@cache
def network() -> SingleViewNet:
    return load_network(single_view_network().weights)


@cache
def rehearsal() -> Batch:
    return validation_batch(4, seed=5)


@cache
def lessons() -> tuple[Lesson, ...]:
    """The truth of rendered hands, as a perfect teacher would give it, moved by a centimetre so
    that there is something to learn."""
    rng = np.random.default_rng(4)
    made = []
    for k in range(3):
        sighting = sighting_of(healthy(rng), k, trusted=1.0)
        sample = None if sighting is None else sample_of(sighting)
        assert sample is not None
        moved = sample.keypoints + [0.01, 0.0, 0.0]
        made.append(Lesson(sample, sample.pose, moved, np.ones(21), 0.002, 1.0))
    return tuple(made)


def apart_m(net: SingleViewNet) -> float:
    crops = [plain_crop(lesson) for lesson in lessons()]
    image = torch.from_numpy(np.stack(lesson_images(lessons(), crops)))[:, None]
    with torch.no_grad():
        joints = net(image)[-1].joints.numpy()
    found = [crop.to_camera(j) for crop, j in zip(crops, joints, strict=True)]
    pairs = zip(found, lessons(), strict=True)
    return float(np.mean([np.linalg.norm(f - le.keypoints, axis=1).mean() for f, le in pairs]))


def learner(settings: LearnSettings = SETTINGS) -> Learner:
    return Learner(network(), model(), settings, rehearsal(), np.random.default_rng(0))


def test_steps_bring_the_network_nearer_to_its_lessons() -> None:
    # The images themselves speak against these moved joints, so only the teacher is listened to.
    made = learner(replace(SETTINGS, self_supervised=0.0))
    before = apart_m(network())
    for _ in range(12):
        losses = made.step(lessons(), [])
    assert apart_m(made.average) < 0.9 * before
    assert set(losses) == {
        "lessons",
        "source",
        "self-supervised",
        "lesson joints",
        "source joints",
    }
    assert all(np.isfinite(value) for value in losses.values())


def test_the_images_themselves_speak_too() -> None:
    losses = learner().step(lessons(), [])
    assert losses["self-supervised"] > 0


def test_pieces_that_are_erased_do_not_speak_against_the_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = learner(replace(SETTINGS, erase_share=1.0))
    crops: list[Crop] = []
    images: list[torch.Tensor] = []
    fit = made._fitter.forward

    def watched(image: torch.Tensor, *rest: Any) -> Any:
        images.append(image)
        return fit(image, *rest)

    def kept(*arguments: Any) -> Crop:
        crops.append(random_crop(*arguments))
        return crops[-1]

    monkeypatch.setattr(made._fitter, "forward", watched)
    monkeypatch.setattr("engine.adaptation.learner.random_crop", kept)
    made.step(lessons(), [])
    assert torch.equal(images[0], stacked(lesson_images(lessons(), crops)))


def test_it_tells_how_far_it_is_from_each_lesson() -> None:
    made = learner(replace(SETTINGS, erase_share=0.0))
    made.step(lessons(), [])
    assert len(made.apart_m) == len(lessons())
    assert 0.5 * apart_m(network()) < np.mean(made.apart_m) < 2.0 * apart_m(network())


def test_statistics_and_frozen_parts_stay_and_the_original_is_untouched() -> None:
    first = copy.deepcopy(network().state_dict())
    made = learner()
    for _ in range(2):
        made.step(lessons(), [])
    learnt = made.average.state_dict()
    changed = {name for name in first if not torch.equal(first[name], learnt[name])}
    assert changed
    assert not [name for name in changed if "running" in name or "encoder" in name]
    assert all(torch.equal(first[name], value) for name, value in network().state_dict().items())


def test_restart_forgets_all_steps() -> None:
    made = learner()
    made.step(lessons(), [])
    assert relative_change(made.average, network()) > 0
    made.restart(network())
    assert relative_change(made.average, network()) == 0


def test_one_number_that_is_none_is_noticed() -> None:
    net = copy.deepcopy(network())
    assert all_finite(net)
    with torch.no_grad():
        next(net.parameters()).view(-1)[3] = float("nan")
    assert not all_finite(net)


def test_the_change_is_relative_to_the_size() -> None:
    net = copy.deepcopy(network())
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.03)
    assert relative_change(net, network()) == pytest.approx(0.03, rel=1e-3)


def test_batches_are_taken_apart_and_joined() -> None:
    batch = rehearsal()
    whole = joined([take(batch, torch.tensor([0, 1])), take(batch, torch.tensor([2, 3]))])
    assert torch.equal(whole.image, batch.image)
    assert all(
        torch.equal(a, b) for a, b in zip(whole.targets, Targets(*batch.targets), strict=True)
    )
