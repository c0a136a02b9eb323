from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.rectification import rectification
from engine.capture.simulated_calibration import calibrated
from engine.capture.simulated_stereo import BASELINES_M, sample_rig
from engine.capture.simulation_options import SimulationOptions
from engine.capture.sources import open_camera
from engine.errors import EndOfStream, SourceError
from engine.hand.model import hand_of
from engine.render.mesh import Mesh
from engine.render.zbuffer import DepthCanvas

SMALL = "width=160,height=120,calibration=exact"


def test_same_seed_gives_the_same_pairs() -> None:
    frames = []
    for _ in range(2):
        with open_camera(f"sim-stereo:{SMALL},seed=4") as camera:
            frames.append(camera.read())
    np.testing.assert_array_equal(frames[0].color, frames[1].color)
    np.testing.assert_array_equal(frames[0].depth_m, frames[1].depth_m)


def test_depth_lies_where_the_truth_says() -> None:
    """Matched depth at the hand's own pixels, against the truth of its skin."""
    with open_camera("sim-stereo:width=320,height=240,calibration=exact,seed=1") as camera:
        frame = camera.read()
    (hand,) = frame.truth
    assert hand.vertices is not None
    canvas = DepthCanvas(frame.camera)
    canvas.draw(Mesh(hand.vertices, hand_of(hand.side).faces))
    inside = cv2.erode(canvas.labels, np.ones((5, 5), np.uint8)) > 0
    found = inside & (frame.depth_m > 0)
    errors = (frame.depth_m - canvas.depth_m())[found]
    assert found.sum() > 0.8 * inside.sum()
    assert np.median(np.abs(errors)) < 0.005


def test_truth_is_seen_in_the_rectified_pictures() -> None:
    """A fingertip's colour differs from the wall's: the hand is where the truth projects to."""
    with open_camera("sim-stereo:width=320,height=240,seed=2,body=0") as camera:
        frames = [camera.read() for _ in range(2)]
    for frame in frames:
        for hand in frame.truth:
            palm = hand.joints[[0, 5, 9, 13, 17]].mean(0)
            for picture in frame.pictures:
                T = picture.T_depth_from_picture.inverse()
                u, v = picture.camera.project(T.apply(palm))
                assert 0 <= u < 320
                assert 0 <= v < 240


def test_pictures_differ_by_the_disparity_of_the_truth() -> None:
    with open_camera("sim-stereo:width=320,height=240,calibration=exact,seed=1") as camera:
        frame = camera.read()
    left, right = (picture.pixels[..., 1].astype(float) for picture in frame.pictures)
    palm = frame.truth[0].joints[[0, 5, 9, 13, 17]].mean(0)
    u, v = np.round(frame.camera.project(palm)).astype(int)
    baseline = frame.pictures[1].T_depth_from_picture.translation[0]
    patch = left[v - 9 : v + 10, u - 9 : u + 10]
    expected = frame.camera.fx * baseline / palm[2]
    errors = {
        d: np.abs(patch - right[v - 9 : v + 10, u - 9 - d : u + 10 - d]).mean()
        for d in range(int(expected) - 15, int(expected) + 16)
    }
    assert abs(min(errors, key=errors.__getitem__) - expected) < 5


@pytest.mark.slow
def test_takes_have_another_person_and_rig_but_one_view() -> None:
    with open_camera(f"sim-stereo:{SMALL},mode=takes,frames=31") as camera:
        frames = [camera.read() for _ in range(31)]
        with pytest.raises(EndOfStream):
            camera.read()
        assert all(frame.camera == camera.info.camera for frame in frames)
    assert [frame.sequence for frame in frames] == list(range(31))
    assert frames[0].name.endswith("take=0")
    assert frames[30].name.endswith("take=1")
    baselines = {frame.pictures[1].T_depth_from_picture.translation[0] for frame in frames}
    assert len(baselines) == 2
    assert all(frame.truth for frame in frames)


def test_projected_dots_give_grey_pictures_with_texture() -> None:
    spread = {}
    for dots in (0, 1):
        options = f"width=480,height=360,calibration=exact,dots={dots},noise=0,hands=0"
        with open_camera(f"sim-stereo:{options}") as camera:
            color = camera.read().color
        assert color is not None
        fine = color[..., 0].astype(float)
        spread[dots] = np.abs(np.diff(fine, axis=1)).mean()
        assert dots == 0 or (color[..., 0] == color[..., 1]).all()
    assert spread[1] > 1.15 * spread[0]


@pytest.mark.slow
def test_wizard_calibration_is_wrong_by_as_much_as_a_real_one() -> None:
    rng = np.random.default_rng(1)
    rig = sample_rig(rng, SimulationOptions(), 0.0)
    stored = calibrated(rig, rng)
    off = abs(stored.rig.baseline_m / rig.baseline_m - 1)
    assert 1e-6 < off < 0.005
    turned = stored.rig.T_right_from_left.rotation @ rig.T_right_from_left.rotation.T
    assert np.degrees(np.arccos((np.trace(turned) - 1) / 2)) < 0.1
    assert stored.quality is not None
    assert stored.quality.depth_error_m(0.5) < 0.005


def test_rigs_are_drawn_from_the_baselines_of_real_cameras() -> None:
    rigs = [sample_rig(np.random.default_rng(seed), SimulationOptions(), 0.0) for seed in range(20)]
    baselines = [rectification(rig).baseline_m for rig in rigs]
    assert min(baselines) > BASELINES_M[0] - 0.001
    assert max(baselines) < BASELINES_M[1] + 0.001
    assert np.ptp(baselines) > 0.02


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("baseline=500", "from 30 to 200, found '500'"),
        ("calibration=good", "wizard or exact, found 'good'"),
        ("near=80,far=40", "near must not be beyond far"),
        ("sensor=ideal", "has no option 'sensor'"),
        ("mode=upside_down", "mode of the simulated stereo camera must be"),
        ("seed=x", "seed of the simulated stereo camera must be a whole number"),
    ],
)
def test_bad_option_gets_one_sentence(options: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as error:
        open_camera(f"sim-stereo:{options}")
    assert "\n" not in str(error.value)
