from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from engine.adaptation.before_after import (
    BURST_FRAMES,
    BurstKeeper,
    TrackedFrame,
    label_free_figures,
    track_bursts,
)
from engine.capture.sources import open_camera
from engine.hand.model import load_hand_model
from engine.messages import Frame, Side
from tests.fakes.truth_estimator import OFFSET_M, TruthEstimator


@pytest.fixture(scope="module")
def frames() -> tuple[Frame, ...]:
    """A hand at rest."""
    with open_camera("sim:rest=1,body=0,width=160,height=120,sensor=ideal") as camera:
        return tuple(camera.read(5.0) for _ in range(2 * BURST_FRAMES))


def test_bursts_are_whole_and_share_no_frame(frames: tuple[Frame, ...]) -> None:
    keeper = BurstKeeper(frames=4, most=2)
    for frame in frames[:3]:
        keeper.add(frame)
    keeper.keep()
    assert keeper.bursts == ()
    for frame in frames[3:]:
        keeper.add(frame)
        keeper.keep()
    assert len(keeper.bursts) == 2
    numbers = [frame.sequence for burst in keeper.bursts for frame in burst]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 8


def _tracked(frames: tuple[Frame, ...], shake_m: float = 0.0) -> list[TrackedFrame]:
    """The truth, a little off, with noise."""
    rng = np.random.default_rng(0)
    bursts = [frames[:BURST_FRAMES], frames[BURST_FRAMES:]]
    run = list(track_bursts(TruthEstimator(), bursts, Side.RIGHT))
    shaken = []
    for tracked in run:
        assert tracked.hand is not None
        joints = tracked.hand.joints + rng.normal(0.0, shake_m, (21, 3))
        residual_m = OFFSET_M + shake_m
        hand = replace(tracked.hand, joints=joints, residual_m=residual_m)
        shaken.append(replace(tracked, hand=hand))
    return shaken


def test_the_estimator_forgets_between_bursts(frames: tuple[Frame, ...]) -> None:
    estimator = TruthEstimator()
    run = list(track_bursts(estimator, [frames[:3], frames[3:6]], Side.RIGHT))
    assert estimator.resets == 2
    assert [tracked.frame for tracked in run] == list(frames[:6])
    assert all(tracked.hand is not None for tracked in run)
    others = track_bursts(TruthEstimator(), [frames[:3]], Side.LEFT)
    assert all(tracked.hand is None for tracked in others)


def test_a_shaking_hand_is_told_from_a_steady_one(frames: tuple[Frame, ...]) -> None:
    faces = load_hand_model().faces
    before, after = label_free_figures(_tracked(frames, 0.002), _tracked(frames), faces)
    assert before.residual_m == pytest.approx(OFFSET_M + 0.002)
    assert after.residual_m == pytest.approx(OFFSET_M)
    assert before.jitter_m == pytest.approx(0.002 * np.sqrt(3), rel=0.2)
    assert after.jitter_m < 0.2 * before.jitter_m
    assert before.silhouette == pytest.approx(after.silhouette, abs=0.05)


def test_only_frames_that_both_runs_found_are_compared(frames: tuple[Frame, ...]) -> None:
    whole = _tracked(frames)
    halved = [replace(t, hand=None) if k < BURST_FRAMES else t for k, t in enumerate(whole)]
    spoilt = [
        replace(t, hand=replace(t.hand, residual_m=1.0)) if k < BURST_FRAMES and t.hand else t
        for k, t in enumerate(whole)
    ]
    before, after = label_free_figures(spoilt, halved, load_hand_model().faces)
    assert (before.found, after.found) == (2 * BURST_FRAMES, BURST_FRAMES)
    assert before.residual_m == pytest.approx(after.residual_m)


def test_nothing_found_is_no_figure(frames: tuple[Frame, ...]) -> None:
    nothing = [TrackedFrame(frame, None) for frame in frames]
    before, after = label_free_figures(nothing, _tracked(frames), load_hand_model().faces)
    assert before.found == 0
    assert isnan(before.residual_m)
    assert isnan(after.jitter_m)
