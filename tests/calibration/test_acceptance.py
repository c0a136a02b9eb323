"""Which live pairs are kept, and what a person is told otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.acceptance import Judgement, Refusal, judge, motion_px, pose_seen
from calibration.views import Detection, View
from tests.calibration.test_coverage import BOARD, held


def pair(seen: Detection | None, other: Detection | None = None) -> View:
    return View("now", (seen, seen if other is None else other))


def judged(view: View, before: View | None = None, *kept: Detection) -> Judgement:
    poses = [pose for pose in (pose_seen(seen, BOARD) for seen in kept) if pose is not None]
    assert len(poses) == len(kept)
    return judge(view, before, poses, BOARD)


def moved(seen: Detection, by_px: float) -> Detection:
    return replace(seen, pixels=seen.pixels + [by_px, 0.0])


GOOD = replace(held(0, 0, 0.5), blur_px=2.0)


def test_a_still_sharp_new_pair_is_kept() -> None:
    assert judged(pair(GOOD)).keep
    assert judged(pair(GOOD), pair(moved(GOOD, 0.5)), held(0.1, 0.05, 0.4)).keep


@pytest.mark.parametrize(
    ("view", "refusal", "words"),
    [
        (View("", (None, None)), Refusal.NO_BOARD, "both cameras"),
        (View("", (GOOD, None)), Refusal.ONE_CAMERA, "Only the left camera"),
        (View("", (None, GOOD)), Refusal.ONE_CAMERA, "Only the right camera"),
        (pair(GOOD, GOOD.without(np.arange(30))), Refusal.PARTLY_OUT, "right picture"),
        (pair(GOOD, replace(GOOD, blur_px=6.0)), Refusal.BLURRED, "The right picture is blurred"),
        (pair(replace(GOOD, saturated=0.4)), Refusal.OVEREXPOSED, "in the left picture"),
    ],
)
def test_the_reason_of_a_refusal_is_named(view: View, refusal: Refusal, words: str) -> None:
    judgement = judged(view)
    assert judgement.refusal is refusal
    assert words in judgement.sentence


def test_a_moving_board_is_asked_to_hold_still() -> None:
    judgement = judged(pair(GOOD), pair(moved(GOOD, 5.0)))
    assert judgement.refusal is Refusal.MOVING
    assert motion_px(pair(GOOD), pair(moved(GOOD, 5.0))) == pytest.approx(5.0)
    assert motion_px(pair(GOOD), View("", (None, None))) == 0.0


@pytest.mark.parametrize(
    ("other", "new"),
    [
        (held(0.005, 0, 0.5), False),
        (held(0, 0, 0.48), False),
        (held(0.08, 0.03, 0.5), True),
        (held(0, 0, 0.3), True),
        (held(0, 0, 0.5, 0.5), True),
        (held(0, 0, 0.5, 0.0, -0.5), True),
    ],
)
def test_a_view_is_new_by_place_distance_or_tilt(other: Detection, new: bool) -> None:
    judgement = judged(pair(GOOD), None, other)
    assert judgement.keep is new
    assert (judgement.refusal is Refusal.TOO_SIMILAR) is not new


def test_both_senses_of_a_tilt_are_new() -> None:
    """What the outline's skew alone would not tell apart."""
    assert judged(
        pair(replace(held(0, 0, 0.5, 0.5), blur_px=2.0)), None, held(0, 0, 0.5, -0.5)
    ).keep
