"""The one protocol of every source of frames.

A camera is open when it is constructed, like a file: opening either succeeds whole or raises
SourceError with everything released. Whoever opens a camera reads and closes it on the same thread.
Depth is float32 metres with exactly 0 for "no data"; see engine.messages.Frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from calibration.camera_model import PinholeCamera
from engine.messages import Frame, Scene


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """What is known of an open camera."""

    uri: str
    """Opens the same camera again."""
    name: str
    """For people: "Intel RealSense D435", "sr305_depth"."""
    camera: PinholeCamera
    """Intrinsics of the depth image."""
    fps: float
    """Nominal frames a second; a recording is meant to be played at this rate."""
    live: bool
    """True: frames come at the device's own pace and are lost when not read. False (recordings and
    simulation): `read` gives the next frame as soon as it is asked; the caller sets the pace."""
    has_truth: bool
    """Whether frames carry HandTruth."""
    frame_count: int | None = None
    """How many frames the source has in all, where that is known."""
    device: str = ""
    """Model and serial number of a device; empty where there is none."""
    firmware: str = ""
    """Version of the device's firmware, where it tells."""
    depth_error_at_half_metre_m: float | None = None
    """Of stereo: one standard deviation of depth at 0.5 m, to be expected from calibration,
    baseline and matching; None where nothing is expected."""

    def expected_depth_error_m(self, distance_m: float) -> float | None:
        """The same at any distance: it grows with the square of it."""
        if self.depth_error_at_half_metre_m is None:
            return None
        return self.depth_error_at_half_metre_m * (distance_m / 0.5) ** 2


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source that could be opened. Finding it did not open it."""

    uri: str
    name: str
    live: bool


class Camera(Protocol):
    """An open source of frames."""

    @property
    def info(self) -> CameraInfo: ...

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame.

        Raises:
            TimeoutError: no frame came within `timeout_s`; reading again may help.
            EndOfStream: a recorded source has no more frames.
            CameraDisconnected: the device is gone; close this camera and open it again.
            SourceError: this recording cannot be read.
        """
        ...

    def close(self) -> None:
        """Release the device or file. May be called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@runtime_checkable
class Attentive(Protocol):
    """What a camera offers besides reading that can look best where the hands are."""

    def expect(self, scene: Scene) -> None:
        """Hands were there in the newest scene. Any thread may say so; returns at once."""
        ...
