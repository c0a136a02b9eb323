"""cv2.VideoCapture as far as USB cameras use it, with cameras that can be unplugged."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from tests.fakes.stereo_pairs import HEIGHT, WIDTH, wall_pair


@dataclass
class FakeUsbCamera:
    """One camera; `pixels` [H, W, 3] BGR is what it gives, whatever it is asked for."""

    pixels: np.ndarray
    fps: float = 30.0
    plugged: bool = True
    opened: int = 0


@dataclass
class FakeUsbBus:
    """Stands for the class cv2.VideoCapture: call it with a device."""

    cameras: dict[int | str, FakeUsbCamera] = field(default_factory=dict)

    def __call__(self, device: int | str) -> _Capture:
        return _Capture(self.cameras.get(device))


class _Capture:
    def __init__(self, camera: FakeUsbCamera | None) -> None:
        self._camera = camera
        if camera is not None:
            camera.opened += 1

    def isOpened(self) -> bool:
        return self._camera is not None and self._camera.plugged

    def set(self, _key: int, _value: float) -> bool:
        return True

    def get(self, key: int) -> float:
        assert self._camera is not None
        height, width = self._camera.pixels.shape[:2]
        known = {
            cv2.CAP_PROP_FRAME_WIDTH: width,
            cv2.CAP_PROP_FRAME_HEIGHT: height,
            cv2.CAP_PROP_FPS: self._camera.fps,
        }
        return float(known[key])

    def grab(self) -> bool:
        return self._camera is not None and self._camera.plugged

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        if self._camera is None or not self._camera.plugged:
            return False, None
        return True, self._camera.pixels.copy()

    def release(self) -> None:
        if self._camera is not None:
            self._camera.opened -= 1
        self._camera = None


def usb_pair() -> FakeUsbBus:
    """Cameras 0 and 1 before a wall, and camera 2 that gives both pictures side by side."""
    left, right = (side[..., ::-1] for side in wall_pair(20.0))
    assert left.shape == (HEIGHT, WIDTH, 3)
    both = np.concatenate([left, right], 1)
    return FakeUsbBus({0: FakeUsbCamera(left), 1: FakeUsbCamera(right), 2: FakeUsbCamera(both)})
