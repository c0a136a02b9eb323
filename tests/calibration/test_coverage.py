"""Coverage, the next pose to ask for, and the verdict."""

import numpy as np
import pytest

from calibration.board import Chessboard
from calibration.coverage import DISTANCE_BINS, coverage, outline_px, placement_of
from calibration.depth_error import DISTANCES_M, DepthError, matching_error_m
from calibration.faults import Fault, FaultKind
from calibration.homography import homography, mapped
from calibration.next_pose import (
    SuggestedPose,
    Tilted,
    assumed_camera,
    suggest_next,
    tilt_of,
)
from calibration.report import Verdict
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from calibration.verdict import verdict
from calibration.views import Detection
from tests.calibration.synthetic import random_rig

BOARD = Chessboard(9, 6, 0.025)
SIZE = (640, 480)
SMALL = (DepthError(0.3, 0.0005, 0.0), DepthError(0.5, 0.0015, 0.0), DepthError(0.8, 0.004, 0.0))


def held(x: float, y: float, z: float, about_x: float = 0.0, about_y: float = 0.0) -> Detection:
    """A board whose middle is at x, y, z metres, as a typical camera sees it."""
    R = rotation_from_axis_angle(np.array([about_x, about_y, 0.0]))
    points = (BOARD.points_m - BOARD.points_m.mean(0)) @ R.T + [x, y, z]
    return Detection(np.arange(54), assumed_camera(SIZE).project(points), SIZE)


def test_the_outline_of_a_partly_seen_board_is_the_whole_one() -> None:
    whole = held(0.05, 0.02, 0.5, 0.4, -0.3)
    part = whole.without(np.arange(0, 54, 2))
    expected = whole.pixels[[0, 8, 53, 45]]
    for seen in (whole, part):
        outline = outline_px(seen, BOARD)
        assert outline is not None
        assert np.allclose(outline, expected, atol=1e-6)


def test_a_placement_is_where_the_board_is() -> None:
    middle = placement_of(held(0, 0, 0.5), BOARD)
    left = placement_of(held(-0.12, 0, 0.5), BOARD)
    near = placement_of(held(0, 0, 0.3), BOARD)
    tilted = placement_of(held(0, 0, 0.5, 0.5, 0.5), BOARD)
    assert middle is not None
    assert left is not None
    assert near is not None
    assert tilted is not None
    assert (middle.x, middle.y, middle.skew) == pytest.approx((0.5, 0.5, 0.0), abs=5e-3)
    assert left.x < 0.25
    assert near.size > 1.5 * middle.size
    assert tilted.skew > 0.1
    assert DISTANCE_BINS[near.distance_bin] == "near"
    assert DISTANCE_BINS[middle.distance_bin] == "middle"


def test_bars_fill_as_the_board_moves_and_one_view_fills_none() -> None:
    one = coverage([held(0, 0, 0.5)], BOARD)
    assert (one.x, one.y, one.skew) == pytest.approx((0, 0, 0), abs=1e-3)
    many = coverage(
        [
            held(x, y, z, about_x, about_y)
            for x, y, z, about_x, about_y in (
                (-0.15, 0, 0.5, 0, 0), (0.15, 0, 0.5, 0, 0), (0, -0.12, 0.5, 0, 0),
                (0, 0.12, 0.5, 0, 0), (0, 0, 0.27, 0, 0), (0, 0, 0.45, 0.7, 0.6), (0, 0, 0.8, 0, 0),
            )
        ]
        + [None],
        BOARD,
    )  # fmt: skip
    assert many.complete
    assert many.heat.sum() == 7 * 54
    assert (many.heat.sum((1, 2)) > 0).all()
    assert many.cells_hit > 0.6
    assert coverage([None], BOARD).bars == (0.0, 0.0, 0.0, 0.0)


def test_suggested_poses_are_new_each_time_and_cover_everything() -> None:
    seen: list[Tilted] = []
    detections = []
    sentences = []
    for _ in range(18):
        suggestion = suggest_next(seen, BOARD, SIZE)
        assert (suggestion.outline_px > 0).all()
        assert (suggestion.outline_px < np.array(SIZE)).all()
        sentences.append(suggestion.instruction)
        seen.append(suggestion.pose)
        width, height = BOARD.size_m
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
        H = homography(corners, suggestion.outline_px)
        assert H is not None
        detections.append(Detection(np.arange(54), mapped(H, BOARD.points_m[:, :2]), SIZE))
    covered = coverage(detections, BOARD)
    assert min(covered.bars) > 0.7
    assert len(set(sentences)) >= 14
    assert any("close to the cameras" in sentence for sentence in sentences)


@pytest.mark.parametrize(("about_x", "about_y"), [(0.4, 0.0), (0.0, -0.5), (0.0, 0.0)])
def test_tilts_are_told_apart(about_x: float, about_y: float) -> None:
    R = rotation_from_axis_angle(np.array([about_x, about_y, 0.0]))
    assert tilt_of(RigidTransform(R, np.ones(3))) == pytest.approx((about_x, about_y), abs=1e-9)


def test_the_words_say_which_edge_goes_away() -> None:
    """Turned about y by a positive angle, the left edge is farther from the camera."""
    R = rotation_from_axis_angle(np.array([0.0, 0.6, 0.0]))
    left_edge, right_edge = R @ [-1.0, 0, 0], R @ [1.0, 0, 0]
    assert left_edge[2] > right_edge[2]
    found = [
        s
        for s in (suggest_next([], BOARD, SIZE), *_all_suggestions())
        if s.pose.tilt[1] > 0.1 and s.pose.tilt[0] == 0
    ]
    assert found
    assert all("its left edge away" in s.instruction for s in found)


def _all_suggestions() -> list[SuggestedPose]:
    seen: list[Tilted] = []
    suggestions = []
    for _ in range(12):
        suggestions.append(suggest_next(seen, BOARD, SIZE))
        seen.append(suggestions[-1].pose)
    return suggestions


def test_depth_error_by_matching_is_z_squared_by_f_b() -> None:
    rig = random_rig(np.random.default_rng(0))
    f = (rig.left.pinhole.fx + rig.right.pinhole.fx) / 2
    at = {z: matching_error_m(rig, z) for z in DISTANCES_M}
    assert at[0.5] == pytest.approx(0.25 / (f * rig.baseline_m) * 0.25)
    assert at[0.8] / at[0.3] == pytest.approx((0.8 / 0.3) ** 2)
    assert matching_error_m(rig, 0.5, epipolar_px=1.0) > 4 * at[0.5]


def test_the_verdict_names_what_is_missing() -> None:
    assert verdict(0.2, 0.1, SMALL, (), 640) == (Verdict.GOOD, ())
    word, reasons = verdict(0.6, 0.1, SMALL, (), 640)
    assert word is Verdict.USABLE
    assert "0.60 px, above 0.40" in reasons[0]
    assert verdict(0.6, 0.1, SMALL, (), 1280)[0] is Verdict.GOOD
    assert verdict(0.2, 1.5, SMALL, (), 640)[0] is Verdict.NOT_GOOD_ENOUGH
    assert verdict(np.inf, 0.1, SMALL, (), 640)[0] is Verdict.NOT_GOOD_ENOUGH
    wide = tuple(DepthError(e.distance_m, 10 * e.matching_m, 0.0) for e in SMALL)
    assert "15.0 mm of depth error" in verdict(0.2, 0.1, wide, (), 640)[1][0]
    few = Fault(FaultKind.FEW_VIEWS, "Few.")
    swapped = Fault(FaultKind.SWAPPED, "Swapped.")
    assert verdict(0.2, 0.1, SMALL, (few,), 640) == (Verdict.USABLE, ("few views",))
    assert verdict(0.2, 0.1, SMALL, (swapped,), 640)[0] is Verdict.NOT_GOOD_ENOUGH
