"""The real SDK without hardware: its software device, and recordings made from it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import main
from engine.capture.camera import Camera
from engine.capture.realsense_streams import RealSenseCamera
from engine.capture.sources import open_camera
from engine.errors import EndOfStream, SourceError
from engine.messages import Frame
from engine.recording.reader import SessionReader

rs = pytest.importorskip("pyrealsense2")

WIDTH, HEIGHT, SCALE = 64, 48, 0.00025


def intrinsics(coefficients: list[float] | None = None) -> Any:
    value = rs.intrinsics()
    value.width, value.height = WIDTH, HEIGHT
    value.fx, value.fy, value.ppx, value.ppy = 60.0, 61.0, 31.5, 23.5
    value.model, value.coeffs = rs.distortion.none, [0.0] * 5
    if coefficients is not None:
        value.model, value.coeffs = rs.distortion.inverse_brown_conrady, coefficients
    return value


class SoftwareDevice:
    """A depth and a colour stream whose frames the test makes."""

    def __init__(self) -> None:
        self.device = rs.software_device()
        self.device.register_info(rs.camera_info.name, "Software camera")
        self.device.register_info(rs.camera_info.serial_number, "42")
        self._depth = self.device.add_sensor("Depth")
        self._depth.add_read_only_option(rs.option.depth_units, SCALE)
        self._depth_stream = self._add(self._depth, rs.stream.depth, rs.format.z16, 2)
        self._color = self.device.add_sensor("RGB")
        self._color_stream = self._add(self._color, rs.stream.color, rs.format.rgb8, 3)
        pose = rs.extrinsics()
        pose.rotation, pose.translation = [1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]
        self._depth_stream.register_extrinsics_to(self._color_stream, pose)
        self.device.create_matcher(rs.matchers.default)

    def _add(self, sensor: Any, kind: Any, pixel_format: Any, bytes_per_pixel: int) -> Any:
        stream = rs.video_stream()
        stream.type, stream.index, stream.uid = kind, 0, bytes_per_pixel
        stream.width, stream.height, stream.fps = WIDTH, HEIGHT, 30
        stream.bpp, stream.fmt, stream.intrinsics = bytes_per_pixel, pixel_format, intrinsics()
        return sensor.add_video_stream(stream)

    def send(self, number: int) -> None:
        """Depth 2000 + number raw steps, colour (number, 0, 0)."""
        depth = np.full((HEIGHT, WIDTH), 2000 + number, np.uint16)
        color = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        color[..., 0] = number
        self._send(self._depth, self._depth_stream, depth, 2, number)
        self._send(self._color, self._color_stream, color, 3, number)

    def _send(self, sensor: Any, stream: Any, pixels: np.ndarray, bpp: int, number: int) -> None:
        frame = rs.software_video_frame()
        frame.pixels, frame.bpp, frame.stride = pixels, bpp, WIDTH * bpp
        frame.timestamp, frame.frame_number = 33.0 * number, number
        frame.domain = rs.timestamp_domain.hardware_clock
        frame.profile = stream.as_video_stream_profile()
        if bpp == 2:
            frame.depth_units = SCALE
        sensor.on_video_frame(frame)


def opened(device: SoftwareDevice) -> RealSenseCamera:
    pipeline, config = rs.pipeline(), rs.config()
    pipeline.set_device(device.device)
    config.enable_stream(rs.stream.depth)
    config.enable_stream(rs.stream.color)
    return RealSenseCamera(rs, pipeline, config, "realsense:42")


def all_frames(camera: Camera) -> Iterator[Frame]:
    with suppress(EndOfStream):
        while True:
            yield camera.read()


def test_a_recording_is_imported_with_its_timing(recording: Path, tmp_path: Path) -> None:
    """Every frame of the SDK's file becomes one of a session, at the device's own times."""
    target = tmp_path / "imported.mcap"
    assert main(["record", f"realsense:{recording}", "--out", str(target)]) == 0
    with open_camera(f"realsense:{recording}") as camera:
        originals = list(all_frames(camera))
    with SessionReader(target) as reader:
        assert reader.frame_count == len(originals) == 10
        assert np.diff(reader.times_ns).tolist() == [33_000_000] * 9
        for frame, original in zip(reader.frames(), originals, strict=True):
            np.testing.assert_array_equal(frame.depth_m, original.depth_m)
            np.testing.assert_array_equal(frame.color, original.color)
            assert frame.depth_unit_m == np.float32(SCALE)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten frames, written by the SDK itself."""
    path = tmp_path / "ten.db3"
    source = SoftwareDevice()
    recorder = rs.recorder(str(path), source.device)
    sensors, queue = recorder.query_sensors(), rs.frame_queue(100)
    for sensor in sensors:
        sensor.open(sensor.get_stream_profiles())
        sensor.start(queue)
    for number in range(10):
        source.send(number)
        time.sleep(0.005)
    for sensor in sensors:
        sensor.stop()
        sensor.close()
    del sensor, sensors, recorder  # Its destructor finishes the file.
    return path


def test_frames_of_the_real_sdk_become_metric_frames() -> None:
    device = SoftwareDevice()
    with opened(device) as camera:
        assert camera.info.camera.fx == 60.0
        assert camera.info.camera.cy == 23.5
        assert camera.info.name == "Software camera"
        device.send(1)
        device.send(2)
        frame = camera.read()
        expected_m = (2000 + frame.sequence) * SCALE
        assert frame.depth_m == pytest.approx(np.full((HEIGHT, WIDTH), expected_m))
        assert frame.color is not None
        assert frame.color[HEIGHT // 2, WIDTH // 2, 0] == frame.sequence


def test_frames_outlive_the_camera() -> None:
    device = SoftwareDevice()
    with opened(device) as camera:
        device.send(1)
        device.send(2)
        frame = camera.read()
    assert frame.depth_m == pytest.approx((2000 + frame.sequence) * SCALE)


def test_silence_of_the_real_sdk_is_a_timeout() -> None:
    with opened(SoftwareDevice()) as camera, pytest.raises(TimeoutError):
        camera.read(timeout_s=0.05)


def test_recording_gives_every_frame_and_ends(recording: Path) -> None:
    with open_camera(f"realsense:{recording}") as camera:
        assert not camera.info.live
        assert camera.info.fps == 30
        frames = list(all_frames(camera))
    assert [frame.sequence for frame in frames] == list(range(len(frames)))
    depths = [round(float(frame.depth_m[0, 0]) / SCALE) - 2000 for frame in frames]
    assert depths == list(range(10))


def test_looped_recording_does_not_end(recording: Path) -> None:
    with open_camera(f"realsense:{recording}?loop=yes,fps=15") as camera:
        assert camera.info.fps == 15
        frames = [camera.read(timeout_s=5.0) for _ in range(25)]
    assert [frame.sequence for frame in frames] == list(range(25))


def write_text(path: Path) -> None:
    path.write_text("no recording")


@pytest.mark.parametrize(
    ("name", "prepare", "expected"),
    [
        (
            "none.bag",
            lambda _: None,
            "expected a RealSense recording (.bag or .db3), found nothing",
        ),
        ("text.bag", write_text, "not a readable RealSense recording"),
        ("text.db3", write_text, "not a readable RealSense recording"),
    ],
)
def test_bad_recording_gets_one_sentence(
    tmp_path: Path, name: str, prepare: Callable[[Path], None], expected: str
) -> None:
    prepare(tmp_path / name)
    with pytest.raises(SourceError, match=re.escape(expected)):
        open_camera(f"realsense:{tmp_path / name}")


def test_without_hardware_the_real_sdk_finds_no_camera() -> None:
    if len(rs.context().query_devices()):
        pytest.skip("a RealSense camera is plugged in")
    with pytest.raises(SourceError, match="No RealSense camera found"):
        open_camera("realsense:")
