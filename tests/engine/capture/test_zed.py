from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from engine.capture.sources import discover, open_camera
from engine.errors import CameraDisconnected, EndOfStream, SourceError
from tests.fakes import zed
from tests.fakes.stereo_pairs import BASELINE_M, FOCAL_PX, wall_pair
from tests.fakes.zed import FakeZed


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FakeZed:
    return zed.install(monkeypatch)


def test_depth_is_our_own_from_the_sdk_s_pictures(device: FakeZed) -> None:
    with open_camera("zed:") as camera:
        frame = camera.read()
        assert camera.info.device == "ZED 2i 30000001"
        assert camera.info.uri == f"zed:{device.serial}"
    wall = FOCAL_PX * BASELINE_M / 20.0
    assert np.median(frame.depth_m[20:-20, 60:-20]) == pytest.approx(wall, abs=0.005)
    np.testing.assert_array_equal(
        frame.pictures[0].pixels[5:-5, 5:-5], wall_pair(20.0)[0][5:-5, 5:-5]
    )
    assert device.opened == 0


def test_attached_cameras_are_found(device: FakeZed) -> None:
    assert f"zed:{device.serial}" in [source.uri for source in discover()]
    device.plugged = False
    assert not any(source.uri.startswith("zed:") for source in discover())


@pytest.mark.usefixtures("device")
def test_recording_is_read_to_its_end_on_its_own_time(tmp_path: Path) -> None:
    path = tmp_path / "hand.svo2"
    path.touch()
    with open_camera(f"zed:{path}") as camera:
        frames = [camera.read() for _ in range(3)]
        assert camera.info.frame_count == 3
        assert not camera.info.live
        with pytest.raises(EndOfStream):
            camera.read()
    assert [frame.source_ns for frame in frames] == [0, 16_000_000, 32_000_000]


@pytest.mark.usefixtures("device")
def test_recording_plays_again_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "hand.svo"
    path.touch()
    with open_camera(f"zed:{path}?loop=yes") as camera:
        assert [camera.read().sequence for _ in range(5)] == list(range(5))


def test_recordings_are_not_played_in_real_time(device: FakeZed, tmp_path: Path) -> None:
    (tmp_path / "a.svo2").touch()
    open_camera(f"zed:{tmp_path / 'a.svo2'}").close()
    assert device.opened_with[0].svo_real_time_mode is False


def test_without_the_sdk_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyzed", None)
    monkeypatch.setitem(sys.modules, "pyzed.sl", None)
    with pytest.raises(SourceError, match=r"ZED SDK.*stereolabs.com.*get_python_api.py"):
        open_camera("zed:")
    assert not any(source.uri.startswith("zed:") for source in discover())


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("zed:123", "ZED camera 123 cannot be opened"),
        ("zed:kitchen", "named by its serial number, found 'kitchen'"),
        ("zed:/nowhere/a.svo2", "expected a ZED recording, found nothing"),
        ("zed:?resolution=8K", "resolution must be one of VGA"),
        ("zed:?fps=0", "fps must be a positive whole number"),
    ],
)
def test_bad_uri_gets_one_sentence(device: FakeZed, uri: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as error:
        open_camera(uri)
    assert "\n" not in str(error.value)
    assert device.opened == 0


def test_unplugged_camera_is_named(device: FakeZed) -> None:
    with open_camera("zed:") as camera:
        camera.read()
        device.plugged = False
        with pytest.raises(CameraDisconnected, match="ZED 2i was unplugged"):
            camera.read()


def test_silent_camera_ends_the_wait(device: FakeZed) -> None:
    with open_camera("zed:") as camera:
        device.silent = True
        with pytest.raises(TimeoutError):
            camera.read(0.05)
