"""Reading the localiser's maps, its standard view, and the hands it proposes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.camera_model import PinholeCamera
from engine.inference.localiser import Localiser
from engine.inference.localiser_peaks import REFERENCE_M, STRIDE, find_peaks
from engine.inference.localiser_view import FOCAL_PX, MULTIPLE_PX, standard_view
from engine.messages import Float32

VGA = PinholeCamera(640, 480, 476.0, 476.0, 313.7, 242.8)
QVGA = PinholeCamera(320, 240, 224.5, 230.5, 160.0, 120.0)
WIDE = PinholeCamera(848, 480, 424.0, 424.0, 424.0, 240.0)


def maps_with(u: float, v: float, z: float, right: float, score: float) -> Float32:
    """Maps [5, 32, 40] as a perfect network would draw one hand."""
    maps = np.zeros((5, 32, 40), np.float32)
    maps[0] = -9.0
    column, row = (round((x - (STRIDE - 1) / 2) / STRIDE) for x in (u, v))
    maps[0, row, column] = np.log(score / (1 - score))
    maps[1, row, column] = np.log(right / (1 - right))
    maps[2, row, column] = (u - (STRIDE - 1) / 2) / STRIDE - column
    maps[3, row, column] = (v - (STRIDE - 1) / 2) / STRIDE - row
    maps[4, row, column] = np.log(z / REFERENCE_M)
    return maps


@given(
    st.floats(4, 150), st.floats(4, 120), st.floats(0.2, 1.5), st.floats(0.05, 0.95),
    st.floats(0.5, 0.99),
)  # fmt: skip
def test_a_peak_gives_back_what_was_drawn(
    u: float, v: float, z: float, right: float, score: float
) -> None:
    (peak,) = find_peaks(maps_with(u, v, z, right, score))
    np.testing.assert_allclose([peak.u, peak.v], [u, v], atol=1e-3)
    np.testing.assert_allclose([peak.z, peak.right, peak.score], [z, right, score], rtol=1e-4)


def test_peaks_come_best_first_and_below_the_threshold_not_at_all() -> None:
    maps = np.maximum(maps_with(20, 20, 0.5, 0.5, 0.6), maps_with(100, 60, 0.5, 0.5, 0.9))
    assert [round(peak.score, 2) for peak in find_peaks(maps)] == [0.9, 0.6]
    assert [round(peak.score, 2) for peak in find_peaks(maps, 0.7)] == [0.9]
    assert find_peaks(maps, 0.95) == []


@pytest.mark.parametrize("camera", [VGA, QVGA, WIDE])
def test_the_standard_view_sees_the_same_rays(camera: PinholeCamera) -> None:
    view = standard_view(camera)
    assert view.camera.fx == view.camera.fy == FOCAL_PX
    assert view.camera.width_px % MULTIPLE_PX == view.camera.height_px % MULTIPLE_PX == 0
    u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    sampled_u = view.sample(np.float32(u + 1)) - 1  # 0 would mean no data
    inside = sampled_u >= 0
    rows, columns = np.nonzero(inside)
    source_x = (sampled_u[inside] - camera.cx) / camera.fx
    view_x = (columns - view.camera.cx) / FOCAL_PX
    assert np.abs(source_x - view_x).max() <= 0.51 / camera.fx  # nearest pixel
    sampled_v = view.sample(np.float32(v + 1)) - 1
    source_y = (sampled_v[inside] - camera.cy) / camera.fy
    assert np.abs(source_y - (rows - view.camera.cy) / FOCAL_PX).max() <= 0.51 / camera.fy
    seen_x = (sampled_u[inside].min(), sampled_u[inside].max())
    assert seen_x[0] < camera.fx / FOCAL_PX + 1  # the whole width is covered
    assert seen_x[1] > camera.width_px - camera.fx / FOCAL_PX - 2


class _DrawnBackend:
    """Answers with the maps of hands at given standard-view pixels."""

    name = "drawn"

    def __init__(self, *hands: tuple[float, float, float, float, float]) -> None:
        self._hands = hands

    def run(self, image: Float32) -> Mapping[str, Float32]:
        h, w = image.shape[2] // STRIDE, image.shape[3] // STRIDE
        maps = np.full((5, 32, 40), -9.0, np.float32)
        for hand in self._hands:
            drawn = maps_with(*hand)
            maps = np.where(drawn[:1] > maps[:1], drawn, maps)
        assert (h, w) == (32, 40)
        return {"maps": maps[None]}


def test_a_candidate_takes_its_distance_from_the_depth_it_sees() -> None:
    camera = PinholeCamera(640, 512, 480.0, 480.0, 319.5, 255.5)
    depth = np.zeros((512, 640), np.float32)
    depth[200:300, 300:400] = 0.52
    localiser = Localiser(_DrawnBackend((87.0, 62.0, 0.55, 0.8, 0.9)))
    (place,) = localiser.find(depth, camera)
    assert place.centre[2] == pytest.approx(0.53, abs=0.002)
    assert place.track_id is None
    assert (place.right, place.score) == (pytest.approx(0.8), pytest.approx(0.9))
    u, v = camera.project(place.centre)
    assert u == pytest.approx(87.0 * 4 + 1.5, abs=0.1)
    assert v == pytest.approx(62.0 * 4 + 1.5, abs=0.1)


def test_without_depth_there_the_network_is_believed() -> None:
    camera = PinholeCamera(640, 512, 480.0, 480.0, 319.5, 255.5)
    localiser = Localiser(_DrawnBackend((87.0, 62.0, 0.55, 0.8, 0.9)))
    (place,) = localiser.find(np.zeros((512, 640), np.float32), camera)
    assert place.centre[2] == pytest.approx(0.55)


def test_two_peaks_on_one_hand_are_one_candidate() -> None:
    camera = PinholeCamera(640, 512, 480.0, 480.0, 319.5, 255.5)
    close = Localiser(_DrawnBackend((80.0, 62.0, 0.5, 0.8, 0.9), (88.0, 62.0, 0.5, 0.8, 0.6)))
    apart = Localiser(_DrawnBackend((80.0, 62.0, 0.5, 0.8, 0.9), (120.0, 62.0, 0.5, 0.8, 0.6)))
    depth = np.zeros((512, 640), np.float32)
    assert len(close.find(depth, camera)) == 1
    assert len(apart.find(depth, camera)) == 2
