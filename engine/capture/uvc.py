"""`uvc:LEFT,RIGHT?rig=rig.toml`: two USB cameras, or `uvc:DEVICE?rig=rig.toml`: one that gives both
pictures side by side. Devices are numbers (0 is the first camera) or, on Linux, /dev/video paths.

Further options: `width`, `height` of one picture, `fps`, and `skew`, how many milliseconds the two
pictures of a pair may be apart. OpenCV does the capture; the time of a picture is when it arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from engine.errors import CameraDisconnected, SourceError
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.stereo.camera import StereoCamera
from engine.stereo.opening import (
    positive_whole,
    refuse_unknown,
    stereo_camera,
    take_rig,
    take_skew_ms,
    two_places,
)
from engine.stereo.pair import PairInfo, Pixels, RawPair
from engine.stereo.pairing import Pairing, Timed

KNOWN = ("rig", "skew", "width", "height", "fps")


@dataclass(frozen=True, slots=True)
class UvcMode:
    """What is asked of a camera."""

    width_px: int = 640
    height_px: int = 480
    fps: int = 30


def open_location(location: str, options: Mapping[str, str]) -> StereoCamera:
    """Open one camera or two.

    Raises:
        SourceError: no such camera, it gives another size, bad options, no rig or a wrong one.
    """
    refuse_unknown("uvc", options, KNOWN)
    rest = dict(options)
    stored, skew_ms = take_rig("uvc", rest), take_skew_ms(rest)
    wanted = {key: positive_whole(key, text) for key, text in rest.items()}
    width, height = stored.rig.left.size_px
    mode = UvcMode(wanted.get("width", width), wanted.get("height", height), wanted.get("fps", 30))
    listed = ",".join(f"{key}={value}" for key, value in options.items())
    uri = f"uvc:{location}?{listed}"
    if "," in location:
        source: TwoCameras | SideBySide = TwoCameras(
            uri, two_places("uvc", location, "cameras"), mode
        )
    else:
        source = SideBySide(uri, location, mode)
    return stereo_camera(source, stored, skew_ms)


class UvcCamera:
    """One open USB camera."""

    def __init__(self, device: str, width_px: int, height_px: int, fps: int) -> None:
        self.name = f"USB camera {device}"
        # What OpenCV would say on stderr is in our own sentence.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        self._capture = cv2.VideoCapture(int(device) if device.isdecimal() else device)
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceError(
                f"{self.name} cannot be opened; check that it is plugged in, that its number is "
                "right (the first camera is 0) and that no other program uses it."
            )
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, width_px)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height_px)
        self._capture.set(cv2.CAP_PROP_FPS, fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # Old pictures are no use.
        self.size_px = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        if self.size_px != (width_px, height_px):
            self._capture.release()
            raise SourceError(
                f"{self.name}: asked for {width_px} x {height_px} px, it gives "
                f"{self.size_px[0]} x {self.size_px[1]} px; name a size that it offers with "
                "?width=,height= and calibrate at that size."
            )
        self.fps = float(self._capture.get(cv2.CAP_PROP_FPS)) or float(fps)

    def next(self) -> Timed:
        """The next picture, with the time of its arrival."""
        arrived = self._capture.grab()
        time_ns = monotonic_ns()
        found, picture = self._capture.retrieve() if arrived else (False, None)
        if not found or picture is None:
            raise CameraDisconnected(
                f"{self.name} was unplugged; plug it in again, tracking goes on by itself."
            )
        return Timed(time_ns, np.ascontiguousarray(picture[..., ::-1], np.uint8))

    def close(self) -> None:
        self._capture.release()


class TwoCameras:
    """Two USB cameras that run freely, paired by the arrival of their pictures."""

    def __init__(self, uri: str, devices: tuple[str, str], mode: UvcMode) -> None:
        size = (mode.width_px, mode.height_px)
        self._left = UvcCamera(devices[0], *size, mode.fps)
        try:
            self._right = UvcCamera(devices[1], *size, mode.fps)
        except SourceError:
            self._left.close()
            raise
        self._pairing = Pairing(self._left.next, self._right.next, round(NS_PER_S / self._left.fps))
        self._pairs = 0
        self.info = _info(uri, f"USB cameras {devices[0]} and {devices[1]}", size, self._left.fps)

    def read_pair(self, timeout_s: float) -> RawPair:  # noqa: ARG002 - OpenCV waits as it likes
        """The next pair; see `engine.stereo.pair.PairSource.read_pair`."""
        left, right = self._pairing.next()
        sequence = self._pairs + self._pairing.left_out
        self._pairs += 1
        return RawPair(sequence, left.pixels, right.pixels, left.time_ns, right.time_ns)

    def close(self) -> None:
        self._left.close()
        self._right.close()


class SideBySide:
    """One USB camera whose picture holds both views, left and right: they are of one moment."""

    def __init__(self, uri: str, device: str, mode: UvcMode) -> None:
        if not device:
            raise SourceError(
                "The source uvc: needs its cameras: uvc:0,1 for two, uvc:0 for one that gives both "
                "pictures side by side."
            )
        self._camera = UvcCamera(device, 2 * mode.width_px, mode.height_px, mode.fps)
        self._width = mode.width_px
        self._sequence = 0
        size = (mode.width_px, mode.height_px)
        self.info = _info(uri, f"USB stereo camera {device}", size, self._camera.fps)

    def read_pair(self, timeout_s: float) -> RawPair:  # noqa: ARG002 - OpenCV waits as it likes
        """The next pair; see `engine.stereo.pair.PairSource.read_pair`."""
        both = self._camera.next()
        left, right = _halves(both.pixels, self._width)
        sequence = self._sequence
        self._sequence += 1
        return RawPair(sequence, left, right, both.time_ns, both.time_ns)

    def close(self) -> None:
        self._camera.close()


def _halves(both: Pixels, width: int) -> tuple[Pixels, Pixels]:
    return np.ascontiguousarray(both[:, :width]), np.ascontiguousarray(both[:, width:])


def _info(uri: str, name: str, size_px: tuple[int, int], fps: float) -> PairInfo:
    return PairInfo(
        uri=uri, name=name, left_size_px=size_px, right_size_px=size_px, fps=fps, live=True
    )
