"""Pairs that cannot be of one moment of the rig are named, left out, and harm nothing."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.board import Chessboard
from calibration.contradictions import SWAPPED, contradicting_pairs, why_rejected
from calibration.distorted_camera import DistortedCamera
from calibration.errors import CalibrationError
from calibration.faults import FaultKind
from calibration.intrinsics import AUTOMATIC
from calibration.report import StereoReport
from calibration.rig import StereoRig
from calibration.solve import calibrate_stereo
from calibration.transforms import RigidTransform
from calibration.views import View
from tests.calibration.synthetic import random_poses, random_rig, seen_points

BOARD = Chessboard(9, 6, 0.025)
PAIRS = 13


def pairs(seed: int) -> tuple[StereoRig, list[View]]:
    rng = np.random.default_rng(seed)
    rig = random_rig(rng)
    return rig, seen_points(rig, BOARD, random_poses(rng, rig, BOARD, PAIRS), rng)


def exchange(views: list[View], which: list[int]) -> list[View]:
    return [
        View(view.name, view.detections[::-1]) if v in which else view
        for v, view in enumerate(views)
    ]


def of_another_moment(views: list[View], which: list[int]) -> list[View]:
    """Their right picture is that of the pair before."""
    return [
        View(view.name, (view.detections[0], views[v - 1].detections[1])) if v in which else view
        for v, view in enumerate(views)
    ]


def report_of(views: list[View]) -> StereoReport:
    return calibrate_stereo(views, BOARD, lens=AUTOMATIC[0]).report


def named(rig: StereoRig, views: list[View]) -> dict[int, str]:
    return dict(contradicting_pairs(views, BOARD, (rig.left, rig.right), rig.T_right_from_left))


@pytest.mark.parametrize("which", [[4], [2, 7, 11]])
@pytest.mark.parametrize("seed", [1, 2])
def test_exchanged_pairs_are_named_and_the_result_is_that_of_the_others(
    seed: int, which: list[int]
) -> None:
    _, views = pairs(seed)
    found = report_of(exchange(views, which))
    without = report_of([view for v, view in enumerate(views) if v not in which])
    assert {view.name: view.dropped for view in found.left_out} == {
        views[v].name: SWAPPED for v in which
    }
    assert found.faults == without.faults
    assert found.verdict is without.verdict
    assert found.baseline_m == pytest.approx(without.baseline_m, rel=1e-6)
    assert found.held_out == without.held_out
    assert found.epipolar_before_px == without.epipolar_before_px


@pytest.mark.parametrize("seed", [3, 4])
def test_a_pair_of_another_moment_is_named_and_is_no_fault_of_the_cameras(seed: int) -> None:
    _, views = pairs(seed)
    found = report_of(of_another_moment(views, [6]))
    assert [view.name for view in found.left_out] == [views[6].name]
    assert "of different moments: the board moved by" in found.left_out[0].dropped
    assert FaultKind.NOT_SYNCHRONISED not in {fault.kind for fault in found.faults}


def test_how_far_the_board_moved_is_told() -> None:
    rng = np.random.default_rng(5)
    rig, views = pairs(5)
    pose = random_poses(rng, rig, BOARD, 1)[0]
    later = RigidTransform(pose.rotation, pose.translation + [0.0, 0.03, 0.0])
    then, now = seen_points(rig, BOARD, [pose, later], rng)
    views[3] = View("moved", (then.detections[0], now.detections[1]))
    assert named(rig, views) == {
        3: "its pictures are of different moments: the board moved by 30 mm between them"
    }


@pytest.mark.parametrize("seed", range(6, 12))
def test_nothing_is_named_where_nothing_is_wrong(seed: int) -> None:
    rig, views = pairs(seed)
    assert named(rig, views) == {}
    longer = replace(rig.left.pinhole, fx=1.02 * rig.left.pinhole.fx, fy=1.02 * rig.left.pinhole.fy)
    guess = DistortedCamera(longer, rig.left.lens, rig.left.coefficients)
    assert named(StereoRig(guess, rig.right, rig.T_right_from_left), views) == {}


def test_where_too_many_pairs_are_at_odds_the_cameras_are_to_blame() -> None:
    rig, views = pairs(12)
    mixed = of_another_moment(views, list(range(1, 9)))
    assert named(rig, mixed) == {}
    with pytest.raises(CalibrationError, match="Cameras not synchronised") as caught:
        report_of(mixed)
    assert caught.value.fault is FaultKind.NOT_SYNCHRONISED


@pytest.mark.parametrize("seed", [15, 16, 17])
def test_pairs_of_like_cameras_that_are_mixed_up_by_halves_are_named(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rig = random_rig(rng)
    alike = StereoRig(rig.left, rig.left, rig.T_right_from_left)
    views = seen_points(alike, BOARD, random_poses(rng, alike, BOARD, PAIRS), rng)
    mixed = exchange(views, list(range(1, PAIRS, 2)))
    with pytest.raises(CalibrationError, match=r"Swapped pairs: in [67] of 13 pairs") as caught:
        report_of(mixed)
    assert caught.value.fault is FaultKind.SWAPPED


def test_a_blurred_picture_is_not_taken_for_another_moment() -> None:
    rig, views = pairs(13)
    rng = np.random.default_rng(13)
    left, right = views[5].detections
    assert left is not None
    smeared = replace(left, pixels=left.pixels + rng.normal(0, 3.0, left.pixels.shape))
    cameras, T = (rig.left, rig.right), rig.T_right_from_left
    assert why_rejected(View("blur", (smeared, right)), BOARD, cameras, T, 0.2) is None
    assert why_rejected(View("alone", (left, None)), BOARD, cameras, T, 0.2) is None
    moved = View("moved", (left, views[6].detections[1]))
    assert "of different moments" in (why_rejected(moved, BOARD, cameras, T, 0.2) or "")


def test_pairs_that_are_left_are_too_few_to_calibrate() -> None:
    _, views = pairs(14)
    with pytest.raises(CalibrationError, match="found 2 besides 1 that contradict them"):
        report_of(exchange(views[:3], [1]))
