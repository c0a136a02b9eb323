"""Whether a rig still fits is judged over several pairs, beside the capture thread."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from calibration.distorted_camera import DistortedCamera
from calibration.rig import StereoRig
from engine.stereo import drift_watch
from engine.stereo.drift_watch import EAGER_LOOKS, DriftWatch, found_matches, still_parts
from engine.stereo.pair import RawPair
from tests.fakes.stereo_pairs import straight_rig, wall_pair
from tests.fakes.waiting import wait_until

WIDTH, HEIGHT, FOCAL_PX = 320, 240, 280.0
RIG = straight_rig(WIDTH, HEIGHT, FOCAL_PX)
MS = 1_000_000
Pictures = tuple[np.ndarray, np.ndarray]


def knocked(rows_px: float) -> StereoRig:
    """The rig before the right camera's picture moved by so many rows."""
    p = RIG.right.pinhole
    return StereoRig(
        RIG.left, DistortedCamera(replace(p, cy=p.cy + rows_px)), RIG.T_right_from_left
    )


@cache
def textured(disparity_px: float = 20.0, width: int = WIDTH, height: int = HEIGHT) -> Pictures:
    return wall_pair(disparity_px, width, height)


def wall(sequence: int = 0, skew_ms: float = 0.0) -> RawPair:
    left, right = textured()
    return RawPair(sequence, left, right, 0, round(skew_ms * MS))


def blank(sequence: int = 0) -> RawPair:
    grey = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    return RawPair(sequence, grey, grey, 0, 0)


def smeared(sequence: int, rows_px: int) -> RawPair:
    """Everything moved by some rows between the left and the right picture."""
    left, right = textured()
    return RawPair(sequence, left, np.roll(right, rows_px, axis=0), 0, 0)


def recorded(rig: StereoRig, calibrated_px: float | None = 0.2) -> DriftWatch:
    return DriftWatch(rig, calibrated_px, live=False)


def test_three_pairs_say_that_the_rig_fits() -> None:
    watch = recorded(RIG)
    for k in range(2):
        watch.offer(wall(k))
        assert watch.check is None
        assert watch.looking
    watch.offer(wall(2))
    assert watch.check is not None
    assert watch.check.known
    assert not watch.check.recalibrate
    assert watch.check.error.median_px < 0.3
    assert not watch.looking


@pytest.mark.parametrize("was_px", [0.2, None])
def test_a_moved_camera_is_told_with_what_it_was(was_px: float | None) -> None:
    watch = recorded(knocked(4.0), was_px)
    for k in range(3):
        watch.offer(wall(k))
    check = watch.check
    assert check is not None
    assert check.recalibrate
    assert check.error.median_px == pytest.approx(4.0, abs=0.3)
    assert check.calibrated_px == was_px
    assert ("were 0.2 px then" in check.sentence) is (was_px is not None)


def test_first_pairs_without_texture_do_not_decide() -> None:
    watch = recorded(RIG)
    for k in range(5):
        watch.offer(blank(k))
    assert watch.check is not None
    assert not watch.check.known
    assert "Too little texture to tell" in watch.check.sentence
    assert watch.looking
    for k in range(5, 70):
        watch.offer(wall(k))
    assert watch.check.known
    assert not watch.check.recalibrate


def test_a_first_pair_of_two_moments_does_not_decide() -> None:
    watch = recorded(RIG)
    watch.offer(smeared(0, 6))
    for k in range(1, 10):
        watch.offer(wall(k))
    assert watch.check is not None
    assert watch.check.known
    assert not watch.check.recalibrate


def test_a_recording_without_texture_is_looked_at_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    real = drift_watch.found_matches

    def counted(*pictures: object) -> object:
        looks.append(1)
        return real(*pictures)  # type: ignore[arg-type]

    monkeypatch.setattr(drift_watch, "found_matches", counted)
    watch = recorded(RIG)
    for k in range(299):
        watch.offer(blank(k))
    assert len(looks) == EAGER_LOOKS + 1


def test_a_recording_of_one_pair_is_judged_by_it() -> None:
    watch = DriftWatch(knocked(5.0), None, live=False, pairs=1)
    watch.offer(wall())
    assert watch.check is not None
    assert watch.check.recalibrate


def test_live_pairs_are_looked_at_on_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift_watch, "LOOK_EVERY_S", 0.0)
    may_look, threads = threading.Event(), []
    real = drift_watch.found_matches

    def slow(*pictures: object) -> object:
        threads.append(threading.current_thread())
        may_look.wait(5)
        return real(*pictures)  # type: ignore[arg-type]

    monkeypatch.setattr(drift_watch, "found_matches", slow)
    watch = DriftWatch(knocked(3.0), 0.1, live=True)
    try:
        for k in range(50):  # Would take minutes if the capture thread waited.
            watch.offer(wall(k, skew_ms=2.0))
        assert watch.check is None
        assert watch.looking
        may_look.set()

        def decided() -> bool:
            watch.offer(wall(skew_ms=2.0))
            time.sleep(0.01)
            return not watch.looking

        wait_until(decided)
        assert watch.check is not None
        assert watch.check.recalibrate
        assert threading.current_thread() not in threads
    finally:
        watch.close()
        watch.close()


def test_closing_before_anything_was_seen_leaves_nothing_behind() -> None:
    watch = DriftWatch(RIG, None, live=True)
    watch.offer(wall())
    watch.close()


def with_patch(at_row: int, side: int) -> np.ndarray:
    """The wall with a textured patch that moves down."""
    picture = textured()[side].copy()
    patch = textured(20.0, 120, 90)[side]
    picture[at_row : at_row + 90, 100:220] = patch
    return picture


def test_what_moves_is_not_looked_at() -> None:
    before, now = (cv2.cvtColor(with_patch(row, 0), cv2.COLOR_RGB2GRAY) for row in (60, 68))
    right = cv2.cvtColor(with_patch(76, 1), cv2.COLOR_RGB2GRAY)
    still = still_parts(before, now)
    assert 0.5 < (still > 0).mean() < 0.95
    everything = found_matches(now, right, None)
    off = everything.left_px[:, 1] - everything.right_px[:, 1]
    assert (np.abs(off + 8) < 1).sum() > 20
    kept = found_matches(now, right, still)
    off = kept.left_px[:, 1] - kept.right_px[:, 1]
    assert len(kept) > 60
    assert (np.abs(off + 8) < 1).sum() == 0


def test_light_that_changes_everywhere_is_no_motion() -> None:
    picture = cv2.cvtColor(textured()[0], cv2.COLOR_RGB2GRAY)
    brighter = np.clip(picture.astype(int) + 25, 0, 255).astype(np.uint8)
    assert (still_parts(picture, brighter) > 0).mean() > 0.98


def test_wide_pictures_are_looked_at_smaller_and_matched_in_their_own_pixels() -> None:
    left, right = (cv2.cvtColor(side, cv2.COLOR_RGB2GRAY) for side in textured(60.0, 1280, 240))
    large = [cv2.resize(side, None, fx=1.0, fy=3.0) for side in (left, right)]
    matches = found_matches(large[0], large[1], None)
    assert len(matches) > 60
    apart = matches.left_px - matches.right_px
    assert np.median(apart[:, 0]) == pytest.approx(60.0, abs=0.3)
    assert np.median(apart[:, 1]) == pytest.approx(0.0, abs=0.3)
