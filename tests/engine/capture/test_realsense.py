"""RealSense cameras at the SDK's boundary: what is read, and every way in which it can fail."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from engine.capture.sources import discover, open_camera
from engine.errors import CameraDisconnected, SourceError
from engine.session import TrackingSession
from engine.session_status import SessionState
from tests.fakes.estimators import EmptyEstimator
from tests.fakes.realsense import DEPTH_SCALE, HEIGHT, WIDTH, FakeDevice, FakeSdk
from tests.fakes.waiting import wait_until


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> FakeSdk:
    """A computer with one D435."""
    fake = FakeSdk()
    monkeypatch.setitem(sys.modules, "pyrealsense2", fake)
    return fake


@pytest.mark.usefixtures("sdk")
def test_depth_uses_the_scale_and_colour_comes_along() -> None:
    with open_camera("realsense:") as camera:
        frame = camera.read()
    assert frame.depth_m.dtype == np.float32
    assert frame.depth_m[2:] == pytest.approx(2000 * DEPTH_SCALE)
    assert frame.depth_m[0].max() == 0.0
    assert frame.color is not None
    assert frame.color.shape == (HEIGHT, WIDTH, 3)
    assert tuple(frame.color[0, 0]) == (200, 0, 0)


@pytest.mark.usefixtures("sdk")
def test_intrinsics_and_name_come_from_the_device() -> None:
    with open_camera("realsense:0123") as camera:
        info = camera.info
    assert (info.camera.fx, info.camera.fy) == (60, 61)
    assert (info.camera.cx, info.camera.cy) == (31.5, 23.5)
    assert info.name == "Intel RealSense D435"
    assert info.live
    assert info.uri == "realsense:0123"


@pytest.mark.usefixtures("sdk")
def test_first_camera_becomes_its_serial_number_with_its_mode() -> None:
    with open_camera("realsense:?fps=60") as camera:
        assert camera.info.uri == "realsense:0123?width=640,height=480,fps=60"
        assert camera.info.fps == 60
    with open_camera(camera.info.uri) as again:
        assert again.info == camera.info


@pytest.mark.usefixtures("sdk")
def test_every_frame_is_new_and_numbered_by_the_device() -> None:
    with open_camera("realsense:") as camera:
        frames = [camera.read() for _ in range(5)]
    assert [f.sequence for f in frames] == [1, 2, 3, 4, 5]
    stamps = [f.captured_ns for f in frames]
    assert stamps == sorted(stamps)
    # Frames own their pixels: the SDK's memory of the first one was used again since.
    assert frames[0].depth_m[1, 0] == pytest.approx(1 * DEPTH_SCALE)


def test_camera_without_colour_opens(sdk: FakeSdk) -> None:
    sdk.devices[0].has_color = False
    with open_camera("realsense:") as camera:
        assert camera.read().color is None
    assert sdk.devices[0].streams_running == 0


def test_closing_stops_the_stream_and_may_be_repeated(sdk: FakeSdk) -> None:
    camera = open_camera("realsense:")
    assert sdk.devices[0].streams_running == 1
    camera.close()
    camera.close()
    assert sdk.devices[0].streams_running == 0


def test_devices_are_found_by_name_and_serial_without_opening(sdk: FakeSdk) -> None:
    sdk.devices.append(FakeDevice(serial="77", name="Intel RealSense D405"))
    found = discover()
    assert [source.uri for source in found] == ["realsense:0123", "realsense:77", "sim:"]
    assert found[1].name == "Intel RealSense D405 (77)"
    assert all(device.streams_running == 0 for device in sdk.devices)


def test_without_the_sdk_only_the_simulation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrealsense2", None)
    assert [source.uri for source in discover()] == ["sim:"]
    with pytest.raises(SourceError, match="install it with 'pip install pyrealsense2'"):
        open_camera("realsense:")


def test_no_camera_no_such_camera_and_busy_camera_get_one_sentence(sdk: FakeSdk) -> None:
    with pytest.raises(SourceError, match="serial number 999 found; attached: Intel RealSense"):
        open_camera("realsense:999")
    sdk.devices[0].busy = True
    with pytest.raises(SourceError, match=r"cannot be started at 640 x 480 px, 30 fps .*busy"):
        open_camera("realsense:")
    assert sdk.devices[0].streams_running == 0
    sdk.devices.clear()
    with pytest.raises(SourceError, match="No RealSense camera found; plug one in"):
        open_camera("realsense:")


@pytest.mark.parametrize("option", ["fps=fast", "fps=0", "width=-3", "speed=1", "infrared=2"])
@pytest.mark.usefixtures("sdk")
def test_bad_option_gets_one_sentence(option: str) -> None:
    with pytest.raises(SourceError, match=option.partition("=")[0]):
        open_camera(f"realsense:?{option}")


def test_unplugging_is_recognised_by_the_sdk_error(sdk: FakeSdk) -> None:
    with open_camera("realsense:") as camera:
        camera.read()
        sdk.devices[0].plugged = False
        with pytest.raises(CameraDisconnected, match="unplugged; plug it in again"):
            camera.read()


@pytest.mark.parametrize("symptom", ["silent", "stale"])
def test_unplugging_is_recognised_when_the_sdk_says_nothing(sdk: FakeSdk, symptom: str) -> None:
    with open_camera("realsense:") as camera:
        camera.read()
        sdk.devices[0].plugged = False
        setattr(sdk.devices[0], symptom, True)
        with pytest.raises(CameraDisconnected):
            camera.read(timeout_s=0.05)


@pytest.mark.parametrize("symptom", ["silent", "stale"])
def test_pause_of_a_plugged_camera_is_a_timeout(sdk: FakeSdk, symptom: str) -> None:
    with open_camera("realsense:") as camera:
        camera.read()
        setattr(sdk.devices[0], symptom, True)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            camera.read(timeout_s=0.05)
        assert time.monotonic() - start < 1.0
        setattr(sdk.devices[0], symptom, False)
        camera.read()


def test_distorted_depth_is_straightened(sdk: FakeSdk) -> None:
    sdk.devices[0].coefficients = (0.5, 0.0, 0.0, 0.0, 0.0)
    with open_camera("realsense:") as camera:
        depth = camera.read().depth_m
    # The raw row 1 holds the frame number. This lens pushes the picture outwards, so the straight
    # image has that row further inside, and lower in the middle than at the sides.
    assert depth[HEIGHT // 2, WIDTH // 2] == pytest.approx(0.5)
    marked = np.flatnonzero(depth[2] == np.float32(DEPTH_SCALE))
    assert 0 < len(marked) < WIDTH
    assert abs(marked.mean() - (WIDTH - 1) / 2) < 2


def test_tracking_resumes_when_the_camera_returns_to_another_port(sdk: FakeSdk) -> None:
    with TrackingSession("realsense:", EmptyEstimator) as session:
        wait_until(lambda: session.status().frames > 3)
        sdk.devices[0].plugged = False
        wait_until(lambda: session.status().state is SessionState.RECONNECTING, timeout_s=1.0)
        assert "unplugged" in session.status().sentence
        sdk.devices.insert(0, FakeDevice(serial="77", name="Another camera"))
        sdk.devices[1].plugged = True
        wait_until(lambda: session.status().state is SessionState.RUNNING, timeout_s=3.0)
        assert session.status().source_name == "Intel RealSense D435"  # Not the other camera.
    assert all(device.streams_running == 0 for device in sdk.devices)


@pytest.mark.usefixtures("sdk")
def test_infrared_pictures_come_when_asked_for() -> None:
    with open_camera("realsense:?infrared=yes") as camera:
        assert camera.info.uri.endswith("fps=30,infrared=yes")
        frame = camera.read()
    with open_camera(camera.info.uri) as again:
        assert again.info == camera.info
    left, right = frame.pictures
    assert (left.name, right.name) == ("left", "right")
    assert (left.pixels.max(), right.pixels.max()) == (10, 20)
    assert left.pixels.shape == (HEIGHT, WIDTH)
    assert left.captured_ns == frame.captured_ns
    assert (left.camera.fx, left.camera.cy) == (60, 23.5)
    np.testing.assert_array_equal(left.T_depth_from_picture.rotation, np.eye(3))
    place = right.T_depth_from_picture
    np.testing.assert_allclose(place.apply(np.zeros(3)), [0.05, 0, 0])
    # The SDK lists rotations column by column: x of the imager, as the depth image sees it.
    x_of_imager = place.apply(np.array([1.0, 0, 0])) - place.translation
    np.testing.assert_allclose(x_of_imager, [np.cos(0.1), np.sin(0.1), 0])
    assert frame.color is not None


@pytest.mark.usefixtures("sdk")
def test_infrared_stays_out_unless_asked_for() -> None:
    with open_camera("realsense:?infrared=no") as camera:
        assert camera.read().pictures == ()


def test_a_device_without_infrared_gives_what_it_has(sdk: FakeSdk) -> None:
    sdk.devices[0].has_infrared = False
    with open_camera("realsense:?infrared=yes") as camera:
        frame = camera.read()
    assert frame.pictures == ()
    assert frame.color is not None


def test_device_and_firmware_are_named(sdk: FakeSdk) -> None:
    with open_camera("realsense:") as camera:
        assert camera.info.device == "Intel RealSense D435 0123"
        assert camera.info.firmware == "5.16.0.1"
    sdk.devices[0].firmware = ""
    with open_camera("realsense:") as camera:
        assert camera.info.firmware == ""
