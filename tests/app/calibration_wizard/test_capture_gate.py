"""Which pairs are kept, and the reason why each of the others is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.calibration_wizard.capture_gate import Motion, Refusal, change, motion, refusal
from app.calibration_wizard.seen_pair import SeenPair
from calibration.coverage import Placement
from calibration.next_pose import Tilted
from tests.app.calibration_wizard.seen_pairs import POSE, seen, seen_pair
from tests.calibration.synthetic import BOARD

STILL = Motion(0.0, 0)


def reason(of: SeenPair, kept: tuple[Tilted, ...] = (), moved: Motion | None = None) -> object:
    return refusal(of, BOARD, kept, moved)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (seen_pair(None, None), Refusal.NOT_SEEN),
        (seen_pair(seen(), None), Refusal.LEFT_ONLY),
        (seen_pair(None, seen()), Refusal.RIGHT_ONLY),
        (seen_pair(seen(points=12), seen()), Refusal.PARTLY_OUT),
        (seen_pair(seen(), seen(blur_px=6.0), at_s=2.0), Refusal.BLUR),
        (seen_pair(seen(white=0.6), seen(), at_s=2.0), Refusal.WHITE),
        (seen_pair(seen(), seen(), right_is_left=True), Refusal.SWAPPED),
        (seen_pair(seen(), seen(), at_s=2.0), None),
    ],
)
def test_each_fault_of_a_pair_is_named(of: SeenPair, expected: Refusal | None) -> None:
    assert reason(of, moved=STILL) is expected


def test_pictures_far_apart_in_time_are_refused_only_where_things_move() -> None:
    late = seen_pair(seen(), seen(), at_s=2.0, skew_ms=60.0)
    assert reason(late, moved=STILL) is Refusal.SKEW
    assert reason(late, moved=None) is None


def test_a_view_like_one_that_was_kept_is_refused() -> None:
    again = seen_pair(seen(), seen(), at_s=2.0)
    assert reason(again, kept=(POSE,), moved=STILL) is Refusal.SIMILAR
    elsewhere = replace(POSE, place=Placement(0.8, 0.5, 0.35, 0.0))
    assert reason(again, kept=(elsewhere,), moved=STILL) is None


def test_of_chosen_pictures_all_are_kept_that_both_cameras_see() -> None:
    poor = seen_pair(seen(blur_px=6.0), seen(white=0.6))
    assert reason(poor, kept=(POSE,), moved=None) is None


def test_a_tilt_alone_makes_another_view() -> None:
    tilted = Tilted(POSE.place, (0.0, np.radians(30)))
    assert change(tilted, (POSE,)) > 0.2 > change(POSE, (POSE,))


def test_the_board_must_be_held_still_for_a_while() -> None:
    moved = Motion()
    last: SeenPair | None = None
    reasons = []
    for k, shift in enumerate((0.0, 20.0, 20.1, 20.2, 20.2, 20.3, 20.3)):
        now = seen_pair(seen(shift), seen(shift), at_s=0.1 * k)
        moved = motion(moved, last, now)
        reasons.append(reason(now, moved=moved))
        last = now
    assert reasons[:2] == [Refusal.MOVING, Refusal.MOVING]
    assert reasons[-1] is None
    assert Refusal.MOVING in reasons[2:5]


def test_one_camera_that_sees_it_move_is_enough() -> None:
    before, now = seen_pair(seen(), seen()), seen_pair(seen(), seen(9.0), at_s=0.1)
    assert motion(STILL, before, now).still_since_ns is None


def test_the_limits_grow_with_the_resolution() -> None:
    large = replace(seen(blur_px=6.0), size_px=(1920, 1080))
    assert reason(seen_pair(large, large, at_s=2.0), moved=STILL) is None
