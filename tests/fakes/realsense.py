"""pyrealsense2 as far as the program uses it, with a device that can be plugged and unplugged.

Stands at the SDK's boundary, so that tests run the real reading code. `FakeSdk` is put in place of
the module; what the fake answers was compared with pyrealsense2 2.59 and its software device.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum, auto
from types import SimpleNamespace
from typing import Any

import numpy as np

WIDTH, HEIGHT = 64, 48
DEPTH_SCALE = 0.00025
FRAME_PERIOD_S = 0.005


@dataclass
class FakeDevice:
    """One camera and its faults."""

    serial: str = "0123"
    name: str = "Intel RealSense D435"
    has_color: bool = True
    has_infrared: bool = True
    firmware: str = "5.16.0.1"
    plugged: bool = True
    busy: bool = False
    silent: bool = False
    """Sends nothing more, without an error."""
    stale: bool = False
    """Repeats its last frame, as seen after unplugging (librealsense issue 9884)."""
    looks_at_wall: bool = False
    """Its infrared pictures show a wall at half a metre, and its imagers are not turned."""
    coefficients: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    frame_number: int = 0
    streams_running: int = 0

    def get_info(self, key: str) -> str:
        if not self.plugged:
            raise RuntimeError("device is disconnected")
        known = {"name": self.name, "serial_number": self.serial, "firmware_version": self.firmware}
        if not known[key]:
            raise RuntimeError(f"info {key} not supported by the device")
        return known[key]

    def is_connected(self) -> bool:
        return self.plugged

    def first_depth_sensor(self) -> Any:
        return SimpleNamespace(get_depth_scale=lambda: DEPTH_SCALE)


class _Config:
    def __init__(self) -> None:
        self.serial = ""
        self.streams: dict[str, tuple[int, int, int]] = {}
        self.infrared: list[int] = []

    def enable_device(self, serial: str) -> None:
        self.serial = serial

    def enable_stream(self, stream: str, *wanted: Any) -> None:
        if stream == "infrared":
            number, _width, _height, pixels, _fps = wanted
            assert pixels == "y8"
            self.infrared.append(number)
        else:
            width, height, _format, fps = wanted
            self.streams[stream] = (width, height, fps)

    def enable_device_from_file(self, file_name: str, _repeat: bool) -> None:
        self.file_name = file_name


@dataclass
class _VideoFrame:
    pixels: np.ndarray
    number: int

    def get_data(self) -> np.ndarray:
        return self.pixels

    def get_frame_number(self) -> int:
        return self.number


@dataclass
class _Frames:
    depth: _VideoFrame | None
    color: _VideoFrame | None
    infrared: dict[int, _VideoFrame] = field(default_factory=dict)
    aligned: bool = False

    def get_depth_frame(self) -> _VideoFrame | None:
        return self.depth

    def get_color_frame(self) -> _VideoFrame | None:
        return self.color

    def get_infrared_frame(self, number: int) -> _VideoFrame | None:
        assert not self.aligned, "aligning bends infrared pictures too"
        return self.infrared.get(number)


class _Profile:
    def __init__(self, device: FakeDevice, fps: int, infrared: list[int]) -> None:
        self._device = device
        self._fps = fps
        self._infrared = infrared
        self._number = 0

    def get_device(self) -> FakeDevice:
        return self._device

    def get_stream(self, stream: str, number: int = -1) -> _Profile:
        if stream != "infrared":
            return self
        if number not in self._infrared:
            raise RuntimeError("Profile does not contain the requested stream")
        found = _Profile(self._device, self._fps, self._infrared)
        found._number = number
        return found

    def get_extrinsics_to(self, _other: _Profile) -> Any:
        """The right imager stands 5 cm to the right, and turned a little about z."""
        turn, side = (0.1, 0.05) if self._number == 2 else (0.0, 0.0)
        turn = 0.0 if self._device.looks_at_wall else turn
        cosine, sine = np.cos(turn), np.sin(turn)
        columns = [cosine, sine, 0.0, -sine, cosine, 0.0, 0.0, 0.0, 1.0]
        return SimpleNamespace(rotation=columns, translation=[side, 0.0, 0.0])

    def as_video_stream_profile(self) -> _Profile:
        return self

    def fps(self) -> int:
        return self._fps

    def get_intrinsics(self) -> Any:
        return SimpleNamespace(
            width=WIDTH,
            height=HEIGHT,
            fx=60.0,
            fy=61.0,
            ppx=31.5,
            ppy=23.5,
            coeffs=list(self._device.coefficients),
        )


class _Pipeline:
    def __init__(self, sdk: FakeSdk) -> None:
        self._sdk = sdk
        self._device: FakeDevice | None = None
        self._with_color = False
        self._infrared: list[int] = []

    def start(self, config: _Config) -> _Profile:
        device = next((d for d in self._sdk.devices if d.serial == config.serial), None)
        if device is None or not device.plugged:
            raise RuntimeError("No device connected")
        if device.busy:
            raise RuntimeError("xioctl(VIDIOC_S_FMT) failed, errno=16 Device or resource busy")
        if "color" in config.streams and not device.has_color:
            raise RuntimeError("Couldn't resolve requests")
        if config.infrared and not device.has_infrared:
            raise RuntimeError("Couldn't resolve requests")
        self._infrared = config.infrared
        self._device = device
        self._with_color = "color" in config.streams
        device.streams_running += 1
        return _Profile(device, config.streams["depth"][2], config.infrared)

    def try_wait_for_frames(self, timeout_ms: int) -> tuple[bool, _Frames | None]:
        assert self._device is not None, "not started"
        device = self._device
        if not device.plugged and not device.silent and not device.stale:
            raise RuntimeError("Device disconnected. Failed to recconect: Frame didn't arrive")
        if device.silent:
            time.sleep(timeout_ms / 1000)
            return False, None
        time.sleep(min(FRAME_PERIOD_S, timeout_ms / 1000))
        if not device.stale:
            device.frame_number += 1
        return True, self._frames(device.frame_number)

    def _frames(self, number: int) -> _Frames:
        depth = np.full((HEIGHT, WIDTH), 2000, np.uint16)
        depth[0] = 0
        depth[1] = number
        color = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        color[..., 0] = 200
        grey = {k: np.full((HEIGHT, WIDTH), 10 * k, np.uint8) for k in self._infrared}
        if self._device is not None and self._device.looks_at_wall:
            wall = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH + 6), np.uint8)
            grey = {k: wall[:, 6 * (k - 1) :][:, :WIDTH] for k in self._infrared}
        return _Frames(
            _VideoFrame(depth, number),
            _VideoFrame(color, number) if self._with_color else None,
            {k: _VideoFrame(pixels, number) for k, pixels in grey.items()},
        )

    def stop(self) -> None:
        if self._device is None:
            raise RuntimeError("stop() cannot be called before start()")
        self._device.streams_running -= 1
        self._device = None


@dataclass(eq=False)
class FakeSdk:
    """Stands for the module pyrealsense2."""

    devices: list[FakeDevice] = field(default_factory=lambda: [FakeDevice()])

    camera_info = SimpleNamespace(
        name="name", serial_number="serial_number", firmware_version="firmware_version"
    )
    stream = SimpleNamespace(depth="depth", color="color", infrared="infrared")
    format = SimpleNamespace(z16="z16", rgb8="rgb8", y8="y8")

    class playback_status(Enum):  # noqa: N801 - the SDK's name
        playing = auto()
        stopped = auto()

    def context(self) -> Any:
        return SimpleNamespace(query_devices=lambda: [d for d in self.devices if d.plugged])

    def pipeline(self, _context: Any) -> _Pipeline:
        return _Pipeline(self)

    def config(self) -> _Config:
        return _Config()

    def align(self, to: str) -> Any:
        assert to == "depth", "colour is aligned to depth, never the other way round"

        def process(frames: _Frames) -> _Frames:
            return _Frames(frames.depth, frames.color, frames.infrared, aligned=True)

        return SimpleNamespace(process=process)
