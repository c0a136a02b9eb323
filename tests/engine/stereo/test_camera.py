from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.rig import StereoRig
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.capture.capture_loop import CaptureLoop
from engine.errors import SourceError
from engine.messages import FrameSet, HandTruth, Scene, Side
from engine.runtime.slot import Slot
from engine.stereo.camera import HOPELESS_PAIRS, StereoCamera, working_view
from engine.stereo.matching import StereoDepth
from engine.stereo.near_blocks import Box
from engine.stereo.pair import PairInfo, Pixels, RawPair
from tests.fakes.sessions import tracked_hand
from tests.fakes.stereo_pairs import (
    BASELINE_M,
    FOCAL_PX,
    HEIGHT,
    WIDTH,
    straight_rig,
    wall_pair,
)

MS = 1_000_000


class Wall:
    """A source that shows a wall; `skews_ms` tells how far apart its pictures are."""

    def __init__(self, skews_ms: tuple[float, ...] = (), **changes: object) -> None:
        info = PairInfo("wall:", "Wall", (WIDTH, HEIGHT), (WIDTH, HEIGHT), 30.0, live=True)
        self.info = replace(info, **changes)  # type: ignore[arg-type]
        self._skews = list(skews_ms)
        self._sequence = -1
        self.closed = False

    def read_pair(self, timeout_s: float) -> RawPair:
        del timeout_s
        self._sequence += 1
        skew = round(self._skews.pop(0) * MS) if self._skews else 0
        left, right = wall_pair(20.0)
        truth = HandTruth(Side.RIGHT, np.full((21, 3), 0.5))
        return RawPair(self._sequence, left, right, 10**9, 10**9 + skew, (truth,))

    def close(self) -> None:
        self.closed = True


def test_a_frame_is_that_of_the_rectified_left_camera() -> None:
    camera = StereoCamera(Wall(), StoredRig(straight_rig()))
    frame = camera.read()
    found = frame.depth_m[10:-10, 50:-10]
    assert abs(np.median(found[found > 0]) - FOCAL_PX * BASELINE_M / 20.0) < 0.003
    assert frame.color is not None
    assert frame.color.shape == (HEIGHT, WIDTH, 3)
    assert [picture.name for picture in frame.pictures] == ["left", "right"]
    np.testing.assert_array_equal(frame.pictures[0].pixels, frame.color)
    np.testing.assert_allclose(
        frame.pictures[1].T_depth_from_picture.translation, [BASELINE_M, 0, 0], atol=1e-9
    )
    assert frame.depth_unit_m == 0.0


def test_truth_turns_with_the_rectification() -> None:
    R = rotation_from_axis_angle(np.array([np.radians(4.0), 0.0, 0.0]))
    straight = straight_rig()
    turned = StereoRig(
        straight.left, straight.right, RigidTransform(R, R @ np.array([-BASELINE_M, 0, 0]))
    )
    camera = StereoCamera(Wall(), StoredRig(turned))
    joints = camera.read().truth[0].joints
    assert np.linalg.norm(joints[0]) == pytest.approx(np.linalg.norm([0.5] * 3))
    assert np.abs(joints[0] - 0.5).max() > 0.005


def test_pairs_too_far_apart_are_dropped_and_counted() -> None:
    camera = StereoCamera(Wall((2.0, 14.0, 25.0, 3.0)), StoredRig(straight_rig()), 10.0)
    first, second = camera.read(), camera.read()
    assert (first.sequence, second.sequence) == (0, 3)
    assert first.skew_ns == 2 * MS
    assert second.skew_ns == 3 * MS
    assert camera.stereo.dropped == 2
    assert camera.stereo.pairs == 4
    assert camera.stereo.skew_ms == pytest.approx(3.0)


def test_cameras_that_are_never_together_are_named() -> None:
    source = Wall((14.0,) * (HOPELESS_PAIRS + 5))
    camera = StereoCamera(source, StoredRig(straight_rig()), 10.0)
    with pytest.raises(SourceError, match=r"14 ms apart, at most 10 ms .*\?skew="):
        camera.read(30.0)


def test_rig_of_another_resolution_is_refused_and_the_source_closed() -> None:
    source = Wall(left_size_px=(1280, 720), right_size_px=(1280, 720))
    with pytest.raises(SourceError, match="160 x 120 px on the left, and the camera gives 1280"):
        StereoCamera(source, StoredRig(straight_rig()))
    assert source.closed


def test_rig_of_other_cameras_is_refused() -> None:
    source = Wall(left_serial="A", right_serial="B")
    with pytest.raises(SourceError, match="swap them"):
        StereoCamera(source, StoredRig(straight_rig(), "B", "A"))


def test_swapped_rig_is_named() -> None:
    with pytest.raises(SourceError, match="swap the two sources"):
        StereoCamera(Wall(), StoredRig(straight_rig(baseline_m=-BASELINE_M)))


@pytest.mark.parametrize("turn_deg", [35.0, 60.0])
def test_wide_baseline_gives_no_dense_depth(turn_deg: float) -> None:
    R = rotation_from_axis_angle(np.array([0.0, np.radians(turn_deg), 0.0]))
    straight = straight_rig()
    wide = StereoRig(straight.left, straight.right, RigidTransform(R, np.array([-0.4, 0, 0.1])))
    with pytest.raises(SourceError, match="so wide a baseline gives no dense depth"):
        StereoCamera(Wall(), StoredRig(wide))


def test_expected_depth_error_grows_with_the_square_of_the_distance() -> None:
    info = StereoCamera(Wall(), StoredRig(straight_rig())).info
    near, far = info.expected_depth_error_m(0.3), info.expected_depth_error_m(0.6)
    assert near is not None
    assert far == pytest.approx(4 * near)


def test_wide_pictures_are_matched_smaller() -> None:
    view = working_view(PinholeCamera(1280, 720, 700.0, 700.0, 639.5, 359.5))
    assert (view.width_px, view.height_px, view.fx) == (640, 360, 350.0)
    small = PinholeCamera(640, 480, 500.0, 500.0, 319.5, 239.5)
    assert working_view(small) is small


def test_a_moved_camera_is_seen_by_the_first_pairs() -> None:
    straight = straight_rig()
    p = straight.right.pinhole
    moved = DistortedCamera(replace(p, cy=p.cy + 4.0))
    rig = StereoRig(straight.left, moved, straight.T_right_from_left)
    for known, recalibrate in ((straight, False), (rig, True)):
        camera = StereoCamera(Wall(live=False), StoredRig(known), look_for_drift=True)
        assert camera.stereo.checking
        for _ in range(3):
            assert camera.stereo.drift is None
            camera.read()
        assert camera.stereo.drift is not None
        assert camera.stereo.drift.known
        assert camera.stereo.drift.recalibrate is recalibrate
        assert not camera.stereo.checking


def test_a_live_camera_is_checked_beside_reading_and_lets_go_of_its_thread() -> None:
    camera = StereoCamera(Wall(), StoredRig(straight_rig()), look_for_drift=True)
    camera.read()
    camera.read()
    assert camera.stereo.checking
    camera.close()


def test_a_rig_that_comes_with_the_camera_is_not_checked() -> None:
    camera = StereoCamera(Wall(live=False), StoredRig(straight_rig()))
    for _ in range(4):
        camera.read()
    assert camera.stereo.drift is None
    assert not camera.stereo.checking


def test_the_capture_thread_tells_of_skew_and_drops() -> None:
    frames: Slot[FrameSet] = Slot()
    wall = Wall((2.0, 14.0, 3.0))
    loop = CaptureLoop("wall:", lambda _: StereoCamera(wall, StoredRig(straight_rig())), frames)
    stop = threading.Event()
    for _ in range(3):  # Opening, and two frames.
        loop.step(stop)
    latest = frames.peek()
    assert latest is not None
    assert latest[1].skew_ns == 3 * MS
    assert loop.status.stereo is not None
    assert loop.status.stereo.dropped == 1
    assert loop.status.camera_drops == 1
    loop.close()
    assert wall.closed


def test_the_camera_matches_first_where_the_tracker_sees_a_hand() -> None:
    """What a scene says reaches the camera that is open, from another thread, and ends there."""
    camera = StereoCamera(Wall(), StoredRig(straight_rig()))
    loop = CaptureLoop("wall:", lambda _: camera, Slot())
    seen: list[Sequence[Box]] = []
    match = camera._matcher.match

    def noted(left: Pixels, right: Pixels, first: Sequence[Box] = ()) -> StereoDepth:
        seen.append(first)
        return match(left, right, first)

    camera._matcher.match = noted  # type: ignore[method-assign]
    stop = threading.Event()
    scene = Scene(0, 10**9, (tracked_hand(Side.RIGHT),), 10**9)
    loop.offer_scene(scene)  # Nothing is open yet: no matter.
    loop.step(stop)
    loop.step(stop)
    teller = threading.Thread(target=loop.offer_scene, args=(scene,))
    teller.start()
    teller.join()
    loop.step(stop)
    loop.close()
    assert [len(boxes) for boxes in seen] == [0, 1]
