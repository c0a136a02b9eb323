"""Which sightings become samples."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.adaptation.collector import Collector
from engine.adaptation.patch import MAX_PATCH_PX
from engine.adaptation.sample import sample_of
from engine.hand.articulation import ANGLE_COUNT
from engine.inference.crops import Crop, extract_crop
from engine.inference.depth_view import DepthView
from engine.inference.sighting import Sighting
from tests.engine.adaptation.film import FRAME_NS, healthy, sighting_of


@cache
def seen() -> Sighting:
    sighting = sighting_of(healthy(np.random.default_rng(2)), 0, trusted=0.99)
    assert sighting is not None
    return sighting


def bent(by: float, number: int) -> Sighting:
    fit = seen().fit
    pose = replace(fit.pose, angles=fit.pose.angles + by * np.ones(ANGLE_COUNT))
    return replace(seen(), fit=replace(fit, pose=pose), time_ns=number * FRAME_NS)


def test_the_same_pose_is_taken_once_however_long_it_is_held() -> None:
    collector = Collector()
    taken = [collector.consider(bent(0.0, k)) is not None for k in range(100)]
    assert taken == [True] + [False] * 99


def test_another_bend_is_another_sample() -> None:
    collector = Collector()
    taken = [collector.consider(bent(0.3 * k, 3 * k)) is not None for k in range(5)]
    assert all(taken)


def test_another_view_and_another_distance_are_other_samples() -> None:
    collector, fit = Collector(), seen().fit
    assert collector.consider(seen())
    for k, change in enumerate(
        (
            {"wrist_rotation": fit.pose.wrist_rotation @ np.diag([-1.0, 1.0, -1.0])},
            {"wrist_position": fit.pose.wrist_position * 1.4},
        )
    ):
        pose = replace(fit.pose, **change)  # type: ignore[arg-type]
        other = replace(seen(), fit=replace(fit, pose=pose), time_ns=(k + 1) * 10 * FRAME_NS)
        assert collector.consider(other)


def test_samples_come_no_faster_than_the_limit() -> None:
    collector = Collector()
    assert collector.consider(bent(0.0, 0))
    hurried = replace(bent(0.5, 0), time_ns=FRAME_NS // 10)
    assert collector.consider(hurried) is None
    assert collector.consider(replace(hurried, time_ns=2 * FRAME_NS))


def test_a_recording_that_begins_again_is_no_wait_for_ever() -> None:
    collector = Collector()
    assert collector.consider(bent(0.0, 1000))
    assert collector.consider(bent(0.5, 0))


@pytest.mark.parametrize("trusted", [0.0, 0.4])
def test_what_is_not_believed_is_not_taken(trusted: float) -> None:
    assert Collector().consider(replace(seen(), trusted=trusted)) is None


def test_few_points_say_too_little() -> None:
    fit = seen().fit
    few = replace(fit, judgement=replace(fit.judgement, point_count=40))
    assert Collector().consider(replace(seen(), fit=few)) is None


def test_a_hand_at_the_border_of_the_picture_is_not_taken() -> None:
    sighting, network = seen(), seen().network
    outside = replace(network, joints=network.joints + [0.25, 0.0, 0.0])
    assert sample_of(replace(sighting, network=outside)) is None


def test_a_sample_is_small_and_shows_what_the_frame_showed() -> None:
    wide = np.kron(seen().view.depth_m, np.ones((5, 5), np.float32))
    camera = seen().view.camera.scaled(5.0)
    sample = sample_of(replace(seen(), view=DepthView(wide, camera)))
    assert sample is not None
    assert max(sample.patch.depth_m.shape) <= MAX_PATCH_PX
    assert len(pickle.dumps(sample)) < 140_000
    patch = sample.patch
    whole = extract_crop(wide, Crop(camera, patch.centre, patch.cube_m))
    again = extract_crop(patch.depth_m, Crop(patch.camera, patch.centre, patch.cube_m))
    assert np.mean(np.abs(whole - again) > 0.05) < 0.05
