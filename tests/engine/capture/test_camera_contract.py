"""What holds for every camera: one test of each promise over the whole table of sources."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.capture.camera import Camera
from engine.capture.sources import SCHEMES, open_camera
from engine.errors import EndOfStream, SourceError
from engine.runtime.clock import monotonic_ns
from tests.fakes import zed
from tests.fakes.realsense import FakeDevice, FakeSdk
from tests.fakes.recordings import (
    write_cvar,
    write_folder,
    write_icvl,
    write_msra,
    write_nyu,
)
from tests.fakes.session_files import write_quiet_session
from tests.fakes.stereo_pairs import write_pictures, write_rig, write_videos
from tests.fakes.usb_cameras import FakeUsbBus, usb_pair

SOURCES: dict[str, Callable[[Path], str]] = {
    "sim": lambda _: "sim:seed=3,width=96,height=72,frames=3",
    "sim-stereo": lambda _: "sim-stereo:seed=3,width=160,height=120,frames=3,calibration=exact",
    "realsense-ir": lambda _: "realsense-ir:",
    "zed": lambda _: "zed:",
    "uvc": lambda path: f"uvc:0,1?rig={write_rig(path / 'rig.toml')}",
    "video": lambda path: f"video:{write_videos(path)}",
    "images": lambda path: f"images:{write_pictures(path)}",
    "folder": lambda path: f"folder:{write_folder(path)}",
    "realsense": lambda _: "realsense:",
    "replay": lambda path: f"replay:{write_quiet_session(path / 'a.mcap')}",
    "cvar": lambda path: f"cvar:{write_cvar(path, frames=3)}",
    "nyu": lambda path: f"nyu:{write_nyu(path, frames=3)}",
    "msra": lambda path: f"msra:{write_msra(path, frames=3)}",
    "icvl": lambda path: f"icvl:{write_icvl(path, {'labels.txt': ['a.png', 'b.png', 'c.png']})}",
}


@pytest.fixture(params=SOURCES)
def uri(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A source of at least three frames."""
    monkeypatch.setitem(sys.modules, "pyrealsense2", FakeSdk([FakeDevice(looks_at_wall=True)]))
    zed.install(monkeypatch)
    monkeypatch.setattr("engine.capture.uvc.cv2.VideoCapture", _capture_of(usb_pair()))
    folder = tmp_path / "source"
    folder.mkdir()
    return SOURCES[request.param](folder)


def _capture_of(bus: FakeUsbBus) -> Callable[[int | str], object]:
    """Files are read by OpenCV, devices by the fake: both go through cv2.VideoCapture."""
    real = cv2.VideoCapture

    def opened(source: int | str) -> object:
        is_file = isinstance(source, str) and Path(source).is_file()
        return real(source) if is_file else bus(source)

    return opened


def first_three(camera: Camera) -> list:
    return [camera.read(5.0) for _ in range(3)]


def test_every_scheme_of_the_table_is_tested_here() -> None:
    assert set(SOURCES) == set(SCHEMES)


def test_depth_is_metric_finite_and_read_only(uri: str) -> None:
    with open_camera(uri) as camera:
        for frame in first_three(camera):
            assert frame.depth_m.dtype == np.float32
            assert frame.depth_m.shape == (frame.camera.height_px, frame.camera.width_px)
            assert np.isfinite(frame.depth_m).all()
            assert frame.depth_m.min() >= 0.0
            assert 0.05 < frame.depth_m.max() < 20.0
            assert not frame.depth_m.flags.writeable


def test_colour_where_there_is_any_is_rgb_of_the_depth_size(uri: str) -> None:
    with open_camera(uri) as camera:
        for frame in first_three(camera):
            if frame.color is not None:
                assert frame.color.dtype == np.uint8
                assert frame.color.shape == (*frame.depth_m.shape, 3)


def test_info_describes_the_frames(uri: str) -> None:
    with open_camera(uri) as camera:
        info = camera.info
        assert info.fps > 0
        assert info.name
        for frame in first_three(camera):
            assert frame.camera == info.camera
            assert bool(frame.truth) == info.has_truth


def test_uri_of_the_info_opens_the_same_camera_again(uri: str) -> None:
    with open_camera(uri) as camera:
        info = camera.info
    with open_camera(info.uri) as again:
        assert again.info == info


@pytest.mark.parametrize("scheme", ["folder", "cvar", "nyu", "msra", "icvl"])
def test_uri_of_a_recording_keeps_its_options(scheme: str, tmp_path: Path) -> None:
    with open_camera(f"{SOURCES[scheme](tmp_path)}?fps=12,loop=yes") as camera:
        info = camera.info
    with open_camera(info.uri) as again:
        assert again.info == info
        assert again.info.fps == 12
        assert [again.read().sequence for _ in range(5)] == list(range(5))


def test_frames_are_numbered_and_stamped_in_order(uri: str) -> None:
    before_ns = monotonic_ns()
    with open_camera(uri) as camera:
        frames = first_three(camera)
    steps = np.diff([frame.sequence for frame in frames])
    assert (steps >= 1).all()
    assert camera.info.live or steps.tolist() == [1, 1]  # A busy machine loses frames of a device.
    stamps = [before_ns, *(frame.captured_ns for frame in frames), monotonic_ns()]
    assert stamps == sorted(stamps)


def test_truth_is_metric_and_in_front_of_the_camera(uri: str) -> None:
    with open_camera(uri) as camera:
        for frame in first_three(camera):
            for hand in frame.truth:
                assert hand.joints.shape == (21, 3)
                known = hand.joints[np.isfinite(hand.joints).all(axis=1)]
                assert len(known) >= 15
                assert (known[:, 2] > 0.05).all()
                assert (known[:, 2] < 3.0).all()


def test_recording_goes_on_saying_that_it_has_ended(uri: str) -> None:
    with open_camera(uri) as camera:
        if camera.info.live:
            pytest.skip("a device does not end")
        first_three(camera)
        for _ in range(2):
            with pytest.raises(EndOfStream):
                camera.read(5.0)


def test_closing_twice_is_allowed(uri: str) -> None:
    camera = open_camera(uri)
    camera.close()
    camera.close()


def test_no_camera_makes_threads_of_its_own(uri: str) -> None:
    before = threading.active_count()
    with open_camera(uri) as camera:
        camera.read(5.0)
        assert threading.active_count() == before


@pytest.mark.parametrize("scheme", SCHEMES)
def test_unknown_option_gets_one_sentence(scheme: str, tmp_path: Path) -> None:
    place = SOURCES[scheme](tmp_path).partition("?")[0]
    separator = "," if scheme in ("sim", "sim-stereo") else "?"
    with pytest.raises(SourceError) as error:
        open_camera(f"{place}{separator}colour_of_the_sky=blue")
    assert "\n" not in str(error.value)
