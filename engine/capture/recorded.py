"""What all recorded sources share: frames by index, options of playback, the end of the stream.

A recording hands out its next frame as soon as it is asked (`info.live` is False): evaluation reads
as fast as it can, a window keeps to `info.fps`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.capture.camera import CameraInfo
from engine.errors import EndOfStream, SourceError
from engine.messages import Float32, Frame, HandTruth
from engine.runtime.clock import monotonic_ns
from engine.runtime.contexts import CloseOnExit

_YES = ("yes", "true", "1")
_NO = ("no", "false", "0")


@dataclass(frozen=True, slots=True)
class Playback:
    """Options of a recorded source."""

    fps: float = 30.0
    """Rate at which a window plays it."""
    loop: bool = False
    """Start again at the end instead of ending."""


def parse_playback(options: Mapping[str, str], default_fps: float = 30.0) -> Playback:
    """The options `fps=15` and `loop=yes` of a recorded source.

    Raises:
        SourceError: an unknown option or a bad value.
    """
    unknown = sorted(set(options) - {"fps", "loop"})
    if unknown:
        raise SourceError(
            f"A recording has no option '{unknown[0]}'; expected fps=NUMBER or loop=yes."
        )
    fps = _positive(options.get("fps", str(default_fps)))
    return Playback(fps=fps, loop=yes_or_no("loop", options.get("loop", "no")))


def yes_or_no(key: str, text: str) -> bool:
    """An option that is on or off; raises SourceError for anything else."""
    if text.lower() not in _YES + _NO:
        raise SourceError(f"The option {key} must be yes or no, found '{text.lower()}'.")
    return text.lower() in _YES


def recording_uri(scheme: str, location: str, options: Mapping[str, str]) -> str:
    """The URI that opens the same recording with the same options."""
    listed = ",".join(f"{key}={value}" for key, value in options.items())
    return f"{scheme}:{location}?{listed}" if listed else f"{scheme}:{location}"


def _positive(text: str) -> float:
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 0 < fps < 1e4:
        raise SourceError(
            f"The option fps must be a positive number of frames a second, found '{text}'."
        )
    return fps


@dataclass(frozen=True, slots=True)
class RecordedImage:
    """What a recording holds for one frame."""

    depth_m: Float32
    """[H, W] metres, 0 = no data."""
    name: str
    truth: tuple[HandTruth, ...] = ()
    color: npt.NDArray[np.uint8] | None = None
    """[H, W, 3] RGB, aligned to depth."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A sequence of images of one camera, read one at a time."""

    uri: str
    name: str
    camera: PinholeCamera
    count: int
    load: Callable[[int], RecordedImage]
    """Image of an index in 0..count-1; raises SourceError where it cannot be read."""
    has_truth: bool = False


def open_recording(recording: Recording, playback: Playback) -> RecordedCamera:
    """A camera that plays the recording.

    Raises:
        SourceError: the first image cannot be read. Images of the wrong kind show when the
            recording is opened, not in the middle of it.
    """
    recording.load(0)
    return RecordedCamera(recording, playback)


class RecordedCamera(CloseOnExit):
    """A camera that gives the images of a recording in order."""

    def __init__(self, recording: Recording, playback: Playback) -> None:
        self._recording = recording
        self._loop = playback.loop
        self._sequence = 0
        self._info = CameraInfo(
            uri=recording.uri,
            name=recording.name,
            camera=recording.camera,
            fps=playback.fps,
            live=False,
            has_truth=recording.has_truth,
            frame_count=recording.count,
        )

    @property
    def info(self) -> CameraInfo:
        return self._info

    def read(self, timeout_s: float = 1.0) -> Frame:  # noqa: ARG002 - a file never makes us wait
        """The next frame; see `engine.capture.camera.Camera.read`."""
        if self._sequence >= self._recording.count and not self._loop:
            raise EndOfStream(self._info.uri)
        sequence = self._sequence
        image = self._recording.load(sequence % self._recording.count)
        self._sequence += 1
        return Frame(
            camera_id=self._info.uri,
            sequence=sequence,
            captured_ns=monotonic_ns(),
            camera=self._info.camera,
            depth_m=image.depth_m,
            color=image.color,
            truth=image.truth,
            name=image.name,
            source_ns=round(sequence * 1e9 / self._info.fps),
        )
