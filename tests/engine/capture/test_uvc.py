from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.capture.sources import open_camera
from engine.errors import CameraDisconnected, SourceError
from tests.fakes.stereo_pairs import HEIGHT, WIDTH, write_rig
from tests.fakes.usb_cameras import FakeUsbBus, usb_pair


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> FakeUsbBus:
    fake = usb_pair()
    monkeypatch.setattr("engine.capture.uvc.cv2.VideoCapture", fake)
    return fake


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    return write_rig(tmp_path / "rig.toml")


@pytest.mark.parametrize("devices", ["0,1", "2"])
def test_two_cameras_and_one_that_gives_both_see_the_same(
    bus: FakeUsbBus, rig: Path, devices: str
) -> None:
    with open_camera(f"uvc:{devices}?rig={rig}") as camera:
        frame = camera.read()
        assert camera.info.live
    assert (frame.camera.width_px, frame.camera.height_px) == (WIDTH, HEIGHT)
    assert np.median(frame.depth_m[20:-20, 60:-20]) == pytest.approx(0.56, abs=0.005)
    assert all(camera.opened == 0 for camera in bus.cameras.values())


@pytest.mark.usefixtures("bus")
def test_without_a_rig_it_says_where_one_comes_from() -> None:
    with pytest.raises(SourceError, match=r"then name the rig file: uvc:.*--rig rig.toml"):
        open_camera("uvc:0,1")


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("uvc:?rig={rig}", "needs its cameras: uvc:0,1 for two"),
        ("uvc:0,?rig={rig}", "needs two cameras, left before right"),
        ("uvc:0,1,2?rig={rig}", "needs two cameras, left before right"),
        ("uvc:7?rig={rig}", "USB camera 7 cannot be opened"),
        ("uvc:0,1?rig={rig},width=320", "asked for 320 x 120 px, it gives 160 x 120"),
        ("uvc:0,1?rig={rig},fps=fast", "fps must be a positive whole number"),
        ("uvc:0,1?rig={rig},skew=lots", "from 0 to 200; found 'lots'"),
        ("uvc:0,1?rig={rig},colour=red", "no option 'colour'"),
    ],
)
def test_bad_uri_gets_one_sentence(rig: Path, uri: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as error:
        open_camera(uri.format(rig=rig))
    assert "\n" not in str(error.value)


def test_first_camera_is_let_go_when_the_second_is_missing(bus: FakeUsbBus, rig: Path) -> None:
    del bus.cameras[1]
    with pytest.raises(SourceError, match="USB camera 1 cannot be opened"):
        open_camera(f"uvc:0,1?rig={rig}")
    assert bus.cameras[0].opened == 0


def test_unplugged_camera_is_named(bus: FakeUsbBus, rig: Path) -> None:
    with open_camera(f"uvc:0,1?rig={rig}") as camera:
        camera.read()
        bus.cameras[1].plugged = False
        with pytest.raises(CameraDisconnected, match="USB camera 1 was unplugged"):
            camera.read()


def test_rig_of_another_size_is_refused_and_cameras_let_go(bus: FakeUsbBus, rig: Path) -> None:
    for number in (0, 1):
        bus.cameras[number].pixels = np.zeros((240, 320, 3), np.uint8)
    with pytest.raises(SourceError, match="rig file is for 160 x 120 px on the left"):
        open_camera(f"uvc:0,1?rig={rig},width=320,height=240")
    assert bus.cameras[0].opened == bus.cameras[1].opened == 0
