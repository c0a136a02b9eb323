"""Meters against known truth: what they say of right hands, wrong hands and known noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from engine.capture.sources import open_camera
from engine.evaluation.metrics import jitter
from engine.hand.model import load_hand_model
from engine.inference.meters import (
    BONE_WINDOW_S,
    HISTORY_STEPS,
    NOISE_FRAMES,
    STEP_S,
    TruthMeters,
    TruthReadings,
)
from engine.messages import Frame, FrameSet, HandState, Scene
from tests.fakes.cameras import plane_frame
from tests.fakes.truth_estimator import TruthEstimator

FACES = load_hand_model().faces
FRAME_S = 1 / 30


@pytest.fixture(scope="module")
def hand() -> HandState:
    with open_camera("sim:") as camera:
        return TruthEstimator().estimate(FrameSet((camera.read(),))).hands[0]


def at(second: float) -> Frame:
    """A frame without a hand to be seen, so that no outline is measured."""
    return replace(plane_frame(round(second / FRAME_S)), source_ns=round(second * 1e9))


def watched(
    seconds: float, hand_at: Callable[[int], HandState | None], start_s: float = 0.0
) -> TruthReadings:
    meters = TruthMeters(FACES)
    for k in range(round(seconds / FRAME_S) + 1):
        state = hand_at(k)
        frame = at(start_s + k * FRAME_S)
        meters.update(frame, Scene(k, frame.captured_ns, () if state is None else (state,)))
    return meters.readings()


def moved_by(hand: HandState, offsets: np.ndarray) -> HandState:
    return replace(hand, joints=hand.joints + offsets)


def test_nothing_is_read_before_anything_is_seen() -> None:
    readings = TruthMeters(FACES).readings()
    assert np.isnan(readings.residual_m.value)
    assert readings.residual_m.history == ()


def test_residual_is_the_mean_of_each_step(hand: HandState) -> None:
    residuals = np.linspace(0.001, 0.005, 61)
    readings = watched(2.0, lambda k: replace(hand, residual_m=float(residuals[k])))
    assert len(readings.residual_m.history) == round(2.0 / STEP_S)
    assert readings.residual_m.value == readings.residual_m.history[-1]
    assert readings.residual_m.value == pytest.approx(residuals[46:].mean(), rel=1e-9)
    assert list(readings.residual_m.history) == sorted(readings.residual_m.history)


def test_steps_without_a_hand_are_empty_but_keep_their_place(hand: HandState) -> None:
    readings = watched(3.0, lambda k: hand if k < 25 or k > 70 else None)
    seen = np.isfinite(readings.residual_m.history)
    assert seen.tolist() == [True, True, False, False, True, True]


def test_a_pause_between_frames_is_as_long_in_the_history(hand: HandState) -> None:
    meters = TruthMeters(FACES)
    for second in (0.0, 0.6, 4.1):
        meters.update(at(second), Scene(0, 0, (hand,)))
    assert len(meters.readings().residual_m.history) == 8


def test_history_is_bounded_even_after_a_day(hand: HandState) -> None:
    meters = TruthMeters(FACES)
    for second in (0.0, 1.0, 86_400.0):
        meters.update(at(second), Scene(0, 0, (hand,)))
    assert len(meters.readings().residual_m.history) == HISTORY_STEPS


def test_source_that_begins_anew_is_read_on(hand: HandState) -> None:
    meters = TruthMeters(FACES)
    for second in (100.0, 100.6, 0.0, 0.6):
        meters.update(at(second), Scene(0, 0, (hand,)))
    assert len(meters.readings().residual_m.history) == 2


@pytest.mark.parametrize("noise_m", [0.0, 0.0005, 0.002])
def test_jitter_is_the_noise_that_was_added(hand: HandState, noise_m: float) -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0.0, noise_m / np.sqrt(3), (90, 21, 3))
    readings = watched(2.9, lambda k: moved_by(hand, noise[k]))
    assert readings.jitter_m.value == pytest.approx(noise_m, rel=0.06, abs=1e-12)


def test_jitter_is_that_of_the_evaluation(hand: HandState) -> None:
    noise = np.random.default_rng(4).normal(0.0, 0.001, (NOISE_FRAMES + 8, 21, 3))
    readings = watched(2.0, lambda k: moved_by(hand, noise[k]))
    assert readings.jitter_m.value == pytest.approx(jitter([hand.joints + noise]), rel=0.03)


def test_slow_drift_is_no_jitter_and_motion_has_none(hand: HandState) -> None:
    def drifting(metres_a_frame: float) -> Callable[[int], HandState]:
        return lambda k: moved_by(hand, np.array([k * metres_a_frame, 0.0, 0.0]))

    assert watched(1.1, drifting(0.0003)).jitter_m.value < 1e-9
    assert np.isnan(watched(1.1, drifting(0.01)).jitter_m.value)


def test_rigid_motion_changes_no_bone(hand: HandState) -> None:
    readings = watched(2.1, lambda k: moved_by(hand, np.array([0.01 * k, -0.02, 0.003 * k])))
    assert readings.bone_change.value < 1e-9


def test_bone_change_is_relative_to_the_bone(hand: HandState) -> None:
    """A hand that swells and shrinks by a sine of 3 % deviates by 0.03 / sqrt(2)."""

    def breathing(k: int) -> HandState:
        swell = 1.0 + 0.03 * np.sin(2 * np.pi * k * FRAME_S / (BONE_WINDOW_S / 4))
        return replace(hand, network_joints=hand.network_joints * swell)

    readings = watched(BONE_WINDOW_S + STEP_S, breathing)
    assert readings.network_bone_change.value == pytest.approx(0.03 / np.sqrt(2), rel=0.05)
    assert readings.bone_change.value < 1e-9


def simulated(options: str) -> Iterator[tuple[Frame, Scene]]:
    estimator = TruthEstimator()
    with open_camera(f"sim:{options}") as camera:
        while True:
            frame = camera.read()
            yield frame, estimator.estimate(FrameSet((frame,)))


def agreement(options: str, offset_m: tuple[float, float, float]) -> float:
    """Of a simulated hand whose mesh is the truth moved by `offset_m`."""
    meters = TruthMeters(FACES)
    for k, (frame, scene) in enumerate(simulated(options)):
        state = scene.hands[0]
        shift = np.array(offset_m) - (0.0, 0.0, 0.004)  # what the truth estimator is off by
        moved = replace(
            state,
            joints=state.joints + shift,
            vertices=(state.vertices + shift).astype(np.float32),
        )
        meters.update(frame, replace(scene, hands=(moved,)))
        if k >= 30:
            break
    return meters.readings().silhouette.value


def test_true_mesh_agrees_and_every_shift_costs() -> None:
    true = agreement("sensor=ideal", (0.0, 0.0, 0.0))
    near, far = (agreement("sensor=ideal", (shift, 0.0, 0.0)) for shift in (0.01, 0.03))
    assert true > 0.95
    assert true - 0.05 > near > far + 0.1


def test_left_hand_agrees_too() -> None:
    assert agreement("sensor=ideal,side=left", (0.0, 0.0, 0.0)) > 0.95


def test_readings_are_frozen(hand: HandState) -> None:
    meters = TruthMeters(FACES)
    for second in (0.0, 0.6):
        meters.update(at(second), Scene(0, 0, (hand,)))
    before = meters.readings()
    meters.update(at(1.2), Scene(0, 0, (hand,)))
    assert len(before.residual_m.history) == 1
    assert len(meters.readings().residual_m.history) == 2
