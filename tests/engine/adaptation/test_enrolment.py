"""The guided minute: poses tick, early ones count, missing ones are put off, and bones come out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.transforms import rotation_from_axis_angle
from engine.adaptation.bone_lengths import bone_lengths_m
from engine.adaptation.enrolment import STEP_LIMIT_S, Enrolment
from engine.adaptation.enrolment_poses import STEPS, EnrolmentStep
from engine.adaptation.enrolment_result import EnrolmentError, EnrolmentResult, enrolment_result
from engine.adaptation.person_shape import LEAST_FRAMES, ShapeFrame, person_shape
from engine.hand.skinning import HandPose
from engine.inference.depth_view import DepthView
from engine.inference.sighting import Sighting
from engine.inference.single_view import NetworkHand
from engine.messages import Side
from tests.engine.inference.fitting.scenes import (
    CAMERA,
    disturbed,
    fitter,
    hand_model,
    random_pose,
    render,
    see,
)

PERSON = np.array([-1.2, 0.5, 0.9, 0.8, 1.0, 0.2, -0.4, 0.6, 0.0, -0.5])
FRAME_S = 0.1


def sighting(
    step: EnrolmentStep,
    time_s: float,
    side: Side = Side.RIGHT,
    shape: np.ndarray = PERSON,
    trusted: float = 0.95,
    rng: np.random.Generator | None = None,
) -> Sighting:
    """A hand of `shape` held as the step asks, tracked as that of a stranger."""
    wobble = np.zeros(3) if rng is None else rng.normal(0, 0.08, 3)
    R = rotation_from_axis_angle(wobble) @ step.R_camera_from_hand
    pose = HandPose(R, np.array([0.0, 0.09, 0.45]), step.angles, shape)
    posed, depth = render(pose)
    centre = replace(pose, shape=np.zeros(10))
    if rng is not None:
        centre = disturbed(rng, centre, 0.004)
    fit = replace(_assessed(posed.vertices, pose, depth), pose=centre)
    network = NetworkHand(posed.keypoints, np.ones(21), pose, 1.0, 1.0)
    view = DepthView(depth, CAMERA)
    return Sighting(1, side, round(time_s * 1e9), view, network, fit, trusted, np.zeros(10), 0)


def _assessed(vertices, pose, depth):  # type: ignore[no-untyped-def]
    from engine.inference.fitting import observe_hand

    observation = observe_hand(depth, CAMERA, vertices.mean(0))
    assert observation is not None
    return fitter().assess(observation, pose)


def hold(enrolment: Enrolment, step: EnrolmentStep, start_s: float, seconds: float) -> float:
    """Show a pose for a time; the time after it."""
    shown = sighting(step, start_s)
    for time_s in np.arange(start_s, start_s + seconds, FRAME_S):
        enrolment.add([shown], float(time_s))
    return start_s + seconds


def test_a_held_pose_ticks_and_the_next_one_is_asked_for() -> None:
    enrolment = Enrolment(steps=STEPS[:3])
    assert enrolment.progress.sentence.startswith("Show your hand")
    progress = enrolment.add([sighting(STEPS[0], 0.0)], 0.0)
    assert progress.sentence == STEPS[0].sentence
    assert progress.side is Side.RIGHT
    assert progress.closeness > 0.5
    progress = enrolment.add([sighting(STEPS[0], 0.3)], 0.3)
    assert 0.4 < progress.held < 0.6
    progress = enrolment.add([sighting(STEPS[0], 0.7)], 0.7)
    assert progress.captured == (True, False, False)
    assert progress.step is STEPS[1]


def test_no_hand_no_tick() -> None:
    enrolment = Enrolment(steps=STEPS[:1])
    for k in range(20):
        progress = enrolment.add([], 0.1 * k)
    assert progress.captured == (False,)
    assert not progress.hand_seen
    assert progress.frames == 0


def test_a_pose_shown_early_counts() -> None:
    enrolment = Enrolment(steps=STEPS[:3])
    hold(enrolment, STEPS[2], 0.0, 1.0)
    assert enrolment.progress.captured == (False, False, True)
    assert enrolment.progress.step is STEPS[0]


def test_a_hand_that_comes_back_begins_to_hold_anew() -> None:
    enrolment = Enrolment(steps=STEPS[:1])
    hold(enrolment, STEPS[0], 0.0, 0.2)
    assert enrolment.add([], 1.0).held == 0.0
    progress = enrolment.add([sighting(STEPS[0], 4.0)], 4.0)
    assert progress.held == 0.0
    assert progress.captured == (False,)


def test_a_side_that_was_mistaken_at_first_is_corrected() -> None:
    enrolment = Enrolment(steps=STEPS[:2])
    for k in range(3):
        enrolment.add([sighting(STEPS[0], 0.3 * k, side=Side.LEFT)], 0.1 * k)
    assert enrolment.progress.side is Side.LEFT
    hold(enrolment, STEPS[0], 0.4, 1.0)
    assert enrolment.progress.captured[0]
    assert {kept.sighting.side for kept in enrolment.frames} == {Side.RIGHT}


def test_the_side_stays_once_a_pose_is_captured_or_where_it_was_named() -> None:
    for enrolment in (Enrolment(steps=STEPS[:2]), Enrolment(Side.RIGHT, STEPS[:2])):
        hold(enrolment, STEPS[0], 0.0, 1.0)
        progress = enrolment.add([sighting(STEPS[1], 1.1, side=Side.LEFT)], 1.1)
        assert progress.side is Side.RIGHT
        assert not progress.hand_seen


def test_a_lost_hold_begins_again() -> None:
    enrolment = Enrolment(steps=STEPS[:3])
    hold(enrolment, STEPS[0], 0.0, 0.5)
    hold(enrolment, STEPS[2], 0.5, 0.4)
    hold(enrolment, STEPS[0], 0.9, 0.5)
    assert enrolment.progress.captured == (False, False, False)


def test_a_pose_that_does_not_come_is_put_off_once_and_then_given_up() -> None:
    enrolment = Enrolment(steps=STEPS[:2], seconds=90.0)
    asked = []
    for time_s in np.arange(0.0, 5 * STEP_LIMIT_S, 0.5):
        progress = enrolment.add([], float(time_s))
        asked.append(None if progress.step is None else progress.step.name)
    assert list(dict.fromkeys(asked)) == [STEPS[0].name, STEPS[1].name, None]
    assert asked.count(STEPS[0].name) > 1.5 * STEP_LIMIT_S / 0.5
    assert progress.done
    assert "2 of the poses" in progress.sentence


def test_skipping() -> None:
    enrolment = Enrolment(steps=STEPS[:2])
    enrolment.add([], 0.0)
    assert enrolment.skip().step is STEPS[1]
    assert enrolment.skip().done
    assert enrolment.skip().done


def test_the_time_ends_it() -> None:
    enrolment = Enrolment(seconds=10.0)
    assert not enrolment.add([], 0.0).done
    assert not enrolment.add([], 9.9).done
    assert enrolment.add([], 10.0).done


def test_only_the_side_asked_for_is_looked_at() -> None:
    enrolment = Enrolment(Side.LEFT, steps=STEPS[:1])
    enrolment.add([sighting(STEPS[0], 0.0, Side.RIGHT)], 0.0)
    assert not enrolment.progress.hand_seen
    enrolment.add([sighting(STEPS[0], 0.1, Side.LEFT)], 0.1)
    assert enrolment.progress.hand_seen


def test_doubtful_frames_are_not_kept() -> None:
    enrolment = Enrolment(steps=STEPS[:1])
    for k in range(12):
        enrolment.add([sighting(STEPS[0], 0.1 * k, trusted=0.2)], 0.1 * k)
    assert enrolment.progress.frames == 0
    assert enrolment.progress.captured == (False,)


def test_too_little_is_said() -> None:
    enrolment = Enrolment(steps=STEPS[:1])
    enrolment.add([sighting(STEPS[0], 0.0)], 0.0)
    with pytest.raises(EnrolmentError, match="at least 8 are needed"):
        enrolment_result(hand_model(), enrolment)


@pytest.fixture(scope="module")
def result() -> EnrolmentResult:
    """Of one person through all poses, with a tracker that errs by some millimetres."""
    rng = np.random.default_rng(0)
    enrolment, time_s = Enrolment(), 0.0
    for step in STEPS:
        for _ in range(3):
            enrolment.add([sighting(step, time_s, rng=rng)], time_s)
            time_s += 0.35
    assert enrolment.progress.captured == (True,) * len(STEPS)
    return enrolment_result(hand_model(), enrolment)


def test_bones_are_found_and_inside_their_intervals(result: EnrolmentResult) -> None:
    truth = 1000 * bone_lengths_m(hand_model(), PERSON)
    bones = [measure for measure in result.measures if measure.group == "bone"]
    errors = np.abs([bone.mm / true - 1 for bone, true in zip(bones, truth, strict=True)])
    assert errors.mean() < 0.02
    assert errors.max() < 0.05
    inside = [bone.low_mm <= true <= bone.high_mm for bone, true in zip(bones, truth, strict=True)]
    assert np.mean(inside) >= 0.9


def test_the_persons_shape_explains_the_frames_better(result: EnrolmentResult) -> None:
    assert result.missed == ()
    assert len(result.before) == len(result.after) == len(result.frames)
    assert result.residual_after_m < 0.001
    assert result.residual_after_m < 0.7 * result.residual_before_m
    assert result.seconds < 20


def test_an_average_hand_gains_nothing_however_loosely_it_was_tracked() -> None:
    rng = np.random.default_rng(4)
    enrolment = Enrolment()
    for k, step in enumerate(STEPS[:LEAST_FRAMES]):
        seen = sighting(step, 0.3 * k, shape=np.zeros(10), rng=rng)
        loose = replace(seen.fit, judgement=replace(seen.fit.judgement, residual_m=0.005))
        enrolment.add([replace(seen, fit=loose)], 0.3 * k)
    result = enrolment_result(hand_model(), enrolment)
    assert result.residual_before_m == pytest.approx(result.residual_after_m, rel=0.2)


def test_a_frame_that_fits_badly_counts_little() -> None:
    rng = np.random.default_rng(2)
    frames = []
    for k in range(10):
        pose = replace(random_pose(rng, 0.2), shape=PERSON)
        seen = see(pose)
        start = disturbed(rng, pose, 0.003)
        if k == 0:
            start = replace(start, wrist_position=start.wrist_position + [0.0, 0.0, 0.1])
        frames.append(ShapeFrame(seen.observation, replace(start, shape=np.zeros(10))))
    found = person_shape(fitter(), frames, rounds=4)
    assert found.weights[0] == 0.0
    assert np.median(found.weights) > 0.5
