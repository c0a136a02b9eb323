"""Each effect changes depth as it says."""

from __future__ import annotations

import numpy as np
import pytest

from engine.render.sensor_noise import (
    correlated_noise,
    depth_edges,
    disparity_quantised,
    dropped,
    fattened,
    flying_pixels,
    missing_regions,
    occlusion_band,
    pixel_locked,
    projector_shadow,
    quantised,
    rounded_silhouette,
    slant_dropout,
    smoothed,
    webbed,
    white_noise,
)
from tests.engine.render.hand_images import ALONE

STEP = np.full((40, 60), 0.8, np.float32)
STEP[:, 20:40] = 0.5
"""A near band in front of a wall."""


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_edges_are_beside_steps_and_holes_only() -> None:
    columns = np.unique(np.nonzero(depth_edges(STEP))[1])
    assert columns.tolist() == [19, 20, 39, 40]
    assert not depth_edges(np.full((20, 20), 0.5, np.float32)).any()
    assert not depth_edges(np.zeros((20, 20), np.float32)).any()


def test_white_noise_has_the_size_asked_for() -> None:
    found = white_noise(np.full((200, 200), 0.5, np.float32), 0.002, _rng())
    assert found.std() == pytest.approx(0.002, rel=0.05)
    assert found.mean() == pytest.approx(0.5, abs=1e-4)


def test_correlated_noise_has_grain() -> None:
    noise = correlated_noise(np.full((120, 160), 0.5, np.float32), 0.003, _rng()) - 0.5
    neighbours = np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]
    assert neighbours > 0.7
    assert 0.0005 < noise.std() < 0.004


def test_quantised_depth_is_within_half_a_step() -> None:
    depth = _rng().uniform(0.3, 1.0, (50, 50)).astype(np.float32)
    found = quantised(depth, 0.004)
    assert np.abs(found - depth).max() <= 0.002 + 1e-6
    assert len(np.unique(found)) <= 0.7 / 0.004 + 2


def test_disparity_steps_grow_with_the_square_of_the_distance() -> None:
    def step_at(z: float) -> float:
        ramp = np.linspace(z - 0.05, z + 0.05, 20_000, dtype=np.float32)[None]
        levels = np.unique(disparity_quantised(ramp, 0.002))
        return float(np.diff(levels).mean())

    assert step_at(0.5) == pytest.approx(0.002, rel=0.1)
    assert step_at(1.0) / step_at(0.5) == pytest.approx(4.0, rel=0.1)
    assert not disparity_quantised(np.zeros((3, 3), np.float32), 0.002).any()


def test_flying_pixels_lie_between_the_surfaces_and_only_at_the_edge() -> None:
    found = flying_pixels(STEP, depth_edges(STEP), 1.0, _rng())
    changed = found != STEP
    assert set(np.nonzero(changed)[1]) <= {20, 39}
    assert changed.sum() > 60
    assert ((found[changed] > 0.5) & (found[changed] < 0.8)).all()


def test_a_share_of_the_pixels_is_dropped() -> None:
    where = np.zeros(STEP.shape, bool)
    where[:, 30:] = True
    found = dropped(STEP, where, 0.3, _rng())
    assert (found[:, 30:] == 0).mean() == pytest.approx(0.3, abs=0.05)
    np.testing.assert_array_equal(found[:, :30], STEP[:, :30])


def test_the_projectors_shadow_falls_on_the_far_side_only() -> None:
    found = projector_shadow(STEP, 3.0, _rng())
    lost = np.unique(np.nonzero(found == 0)[1]).tolist()
    assert lost in ([17, 18, 19], [40, 41, 42])
    np.testing.assert_array_equal(projector_shadow(STEP, 0.2, _rng()), STEP)


def test_stereo_fattens_the_near_surface() -> None:
    for seed in range(4):
        found = fattened(STEP, _rng(seed))
        assert (found == 0.5).sum() > (STEP == 0.5).sum()
        assert (found == 0.5)[:, 20:40].all()


def test_a_rounded_silhouette_is_pulled_away_from_the_camera() -> None:
    found = rounded_silhouette(ALONE, 0.02, _rng())
    moved = found - ALONE
    assert moved.min() >= 0
    assert 0.01 < moved.max() <= 0.02 + 1e-6
    assert not moved[ALONE == 0].any()


def test_smoothing_keeps_steps_when_told_to() -> None:
    np.testing.assert_allclose(smoothed(STEP, 1.0, keep_edges=True)[:, 20:40], 0.5, atol=0.02)
    kept, blurred = (smoothed(STEP, 1.5, keep_edges=keep)[:, 20] for keep in (True, False))
    np.testing.assert_allclose(kept, 0.5, atol=1e-6)
    assert (blurred > 0.55).all()
    alone = smoothed(ALONE, 1.5, keep_edges=False)
    assert ((alone == 0) == (ALONE == 0)).all(), "no data is not blurred into data"


def test_grazing_surfaces_drop_out_and_frontal_ones_do_not() -> None:
    slanted = np.tile(np.linspace(0.4, 1.6, 60, dtype=np.float32), (40, 1))  # 20 mm a pixel
    assert (slant_dropout(slanted, 0.5, _rng()) == 0).mean() > 0.3
    flat = np.full((40, 60), 0.5, np.float32)
    np.testing.assert_array_equal(slant_dropout(flat, 0.5, _rng()), flat)


def test_missing_regions_only_take_away() -> None:
    lost = []
    for seed in range(20):
        found = missing_regions(ALONE, 1.0, _rng(seed))
        kept = found > 0
        np.testing.assert_array_equal(found[kept], ALONE[kept])
        lost.append(1 - kept.sum() / (ALONE > 0).sum())
    assert 0.005 < np.mean(lost) < 0.4


def test_pixels_that_are_lost_do_not_fly() -> None:
    """A dropped edge pixel stays without data; it must not hang between the camera and the hand."""
    edge = depth_edges(STEP)
    lost = dropped(STEP, edge, 0.5, _rng())
    flown = flying_pixels(lost, edge, 1.0, _rng(1))
    np.testing.assert_array_equal(flown == 0, lost == 0)
    assert flown[flown > 0].min() >= 0.5


def test_webs_fill_narrow_gaps_and_leave_wide_ones() -> None:
    fingers = np.full((120, 160), 0.8, np.float32)
    fingers[20:100, 30:50] = fingers[20:100, 56:76] = fingers[20:100, 116:136] = 0.5
    narrow, wide = [], []
    for seed in range(12):
        depth = webbed(fingers, 3.0, 12.0, _rng(seed))
        narrow.append((depth[40:80, 50:56] == 0.5).mean())
        wide.append((depth[40:80, 80:112] == 0.5).mean())
    assert np.mean(narrow) > 0.4
    assert max(wide) == 0.0


def test_the_right_camera_does_not_see_left_of_near_things() -> None:
    hidden = occlusion_band(STEP, 10.0)  # Disparities 20 and 12.5: 7.5 px between them.
    assert hidden[:, 14:20].all()
    assert not hidden[:, :12].any()
    assert not hidden[:, 20:].any()


def test_locked_disparities_are_whole_where_they_were_and_nearer_between() -> None:
    disparities = np.array([[20.0, 20.2, 20.5, 20.8]], np.float32)
    drawn = 30.0 / pixel_locked((30.0 / disparities).astype(np.float32), 30.0, 0.5)
    off = np.abs(drawn - np.round(disparities)) - np.abs(disparities - np.round(disparities))
    np.testing.assert_allclose(drawn[0, [0, 2]], [20.0, 20.5], atol=1e-3)
    assert (off[0, [1, 3]] < -0.05).all()
