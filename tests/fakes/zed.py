"""pyzed.sl as far as the program uses it, with a camera that can be unplugged.

Stands at the SDK's boundary, so that tests run the real reading code. Names and behaviour follow
Stereolabs' published Python API (ZED SDK 5).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import Enum, auto
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.fakes.stereo_pairs import BASELINE_M, FOCAL_PX, HEIGHT, WIDTH, wall_pair


class _Code(Enum):
    SUCCESS = auto()
    CAMERA_NOT_DETECTED = auto()
    CAMERA_REBOOTING = auto()
    END_OF_SVOFILE_REACHED = auto()
    CORRUPTED_FRAME = auto()


@dataclass
class FakeZed:
    """The one camera, its recording, and their faults."""

    serial: int = 30_000_001
    plugged: bool = True
    silent: bool = False
    recorded_frames: int = 3
    opened: int = 0
    opened_with: list[Any] = field(default_factory=list)


class _Parameters:
    def __init__(self) -> None:
        self.serial: int | None = None
        self.file = ""
        self.svo_real_time_mode = True
        self.camera_resolution = self.depth_mode = self.coordinate_units = None
        self.camera_fps = 0

    def set_from_serial_number(self, number: int) -> None:
        self.serial = number

    def set_from_svo_file(self, name: str) -> None:
        self.file = name


class _Mat:
    pixels: np.ndarray | None = None

    def get_data(self) -> np.ndarray:
        assert self.pixels is not None, "nothing was retrieved"
        return self.pixels


class _Camera:
    def __init__(self, device: FakeZed) -> None:
        self._device = device
        self._is_open = False
        self._position = 0
        self._file = ""

    def open(self, parameters: _Parameters) -> _Code:
        assert parameters.depth_mode == "NONE", "depth is our own"
        assert parameters.coordinate_units == "METER"
        self._device.opened_with.append(parameters)
        other = parameters.serial is not None and parameters.serial != self._device.serial
        if not parameters.file and (other or not self._device.plugged):
            return _Code.CAMERA_NOT_DETECTED
        self._file = parameters.file
        self._is_open = True
        self._device.opened += 1
        return _Code.SUCCESS

    def close(self) -> None:
        self._device.opened -= self._is_open
        self._is_open = False

    def grab(self, _runtime: Any) -> _Code:
        if self._file and self._position >= self._device.recorded_frames:
            return _Code.END_OF_SVOFILE_REACHED
        if not self._file and not self._device.plugged:
            return _Code.CAMERA_NOT_DETECTED
        if self._device.silent:
            return _Code.CORRUPTED_FRAME
        self._position += 1
        return _Code.SUCCESS

    def retrieve_image(self, image: _Mat, view: str) -> _Code:
        rgb = wall_pair(20.0)[("LEFT", "RIGHT").index(view)]
        image.pixels = np.concatenate([rgb[..., ::-1], np.full((HEIGHT, WIDTH, 1), 255)], -1)
        return _Code.SUCCESS

    def get_timestamp(self, reference: str) -> Any:
        assert reference == "IMAGE"
        return SimpleNamespace(get_nanoseconds=lambda: 10**18 + self._position * 16_000_000)

    def get_svo_number_of_frames(self) -> int:
        return self._device.recorded_frames

    def set_svo_position(self, position: int) -> None:
        self._position = position

    def get_camera_information(self) -> Any:
        eye = SimpleNamespace(
            fx=FOCAL_PX, fy=FOCAL_PX, cx=(WIDTH - 1) / 2, cy=(HEIGHT - 1) / 2, disto=[0.0] * 12
        )
        calibration = SimpleNamespace(
            left_cam=eye, right_cam=eye, get_camera_baseline=lambda: BASELINE_M
        )
        return SimpleNamespace(
            serial_number=self._device.serial,
            camera_model="ZED 2i",
            camera_configuration=SimpleNamespace(
                calibration_parameters=calibration,
                resolution=SimpleNamespace(width=WIDTH, height=HEIGHT),
                fps=60.0,
                firmware_version=1523,
            ),
        )


def install(monkeypatch: pytest.MonkeyPatch, device: FakeZed | None = None) -> FakeZed:
    """Put the fake in the place of the SDK's module."""
    device = device or FakeZed()
    names = ("VGA", "HD720", "HD1080", "HD1200", "SVGA")
    listed = SimpleNamespace(serial_number=device.serial, camera_model="ZED 2i")

    class Camera(_Camera):
        def __init__(self) -> None:
            super().__init__(device)

        @staticmethod
        def get_device_list() -> list[Any]:
            return [listed] if device.plugged else []

    sl = ModuleType("pyzed.sl")
    sl.__dict__.update(
        Camera=Camera,
        InitParameters=_Parameters,
        RuntimeParameters=SimpleNamespace,
        Mat=_Mat,
        ERROR_CODE=_Code,
        VIEW=SimpleNamespace(LEFT="LEFT", RIGHT="RIGHT"),
        RESOLUTION=SimpleNamespace(**{name: name for name in names}),
        DEPTH_MODE=SimpleNamespace(NONE="NONE"),
        UNIT=SimpleNamespace(METER="METER"),
        TIME_REFERENCE=SimpleNamespace(IMAGE="IMAGE"),
    )
    package = ModuleType("pyzed")
    package.__dict__["sl"] = sl
    monkeypatch.setitem(sys.modules, "pyzed", package)
    monkeypatch.setitem(sys.modules, "pyzed.sl", sl)
    return device
