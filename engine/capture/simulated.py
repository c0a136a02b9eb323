"""The simulated camera: a person before a depth camera, with exact ground truth.

`sim:` films one right hand. Options (`sim:seed=3,hands=2`):

| option | values | meaning |
|---|---|---|
| seed | integer | which person, motion and noise; the same seed gives the same frames |
| hands | 0, 1, 2 | hands that are shown |
| side | right, left | which one, where it is one |
| mode | stream, shuffled, empty | smooth motion; unconnected frames, each with another person, pose, view and sensor, for measuring; the same without any hand |
| sensor | any, ideal, structured_light, time_of_flight, active_stereo | what the device does to the depth; `any` draws one for every shuffled frame |
| body | 0, 1 | whether the person is in the picture, or an arm alone |
| motion | free, guided | whatever comes to mind; the enrolment's script, over and over |
| rest | 0, 1 | 1 keeps the hand still, to measure jitter |
| fps, width, height, frames | numbers | rate, size, and how many frames (0 = endless) |
| pace | fast, live | as fast as it is read, or at its own rate like a device |
"""  # noqa: E501

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from calibration.camera_model import PinholeCamera
from engine.capture.camera import CameraInfo, CloseOnExit
from engine.errors import EndOfStream, SourceError
from engine.messages import Float32, Frame, HandTruth, Side
from engine.runtime.clock import NS_PER_S, monotonic_ns

MODES = ("stream", "shuffled", "empty")
MOTIONS = ("free", "guided")
SENSORS = ("any", "ideal", "structured_light", "time_of_flight", "active_stereo")
FOCAL_OVER_WIDTH = 0.86
"""About 60 degrees across, as most short-range depth cameras have."""


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """What a `sim:` URI asks for; see the table above."""

    seed: int = 0
    hands: int = 1
    side: Side = Side.RIGHT
    mode: str = "stream"
    sensor: str = ""
    body: bool = True
    motion: str = "free"
    rest: bool = False
    fps: float = 30.0
    width: int = 640
    height: int = 480
    frames: int = 0
    pace: str = "fast"

    @property
    def camera(self) -> PinholeCamera:
        focal = FOCAL_OVER_WIDTH * self.width
        middle = (self.width - 1) / 2, (self.height - 1) / 2
        return PinholeCamera(self.width, self.height, focal, focal, *middle)


@dataclass(frozen=True, slots=True)
class SimulatedImage:
    """One frame before it gets its time."""

    depth_m: Float32
    truth: tuple[HandTruth, ...]
    name: str


Film = Callable[[int], SimulatedImage]
"""Gives the image of a frame number; the same number gives the same image."""


class SimulatedCamera(CloseOnExit):
    """A camera over a film."""

    def __init__(self, info: CameraInfo, film: Film) -> None:
        self._info = info
        self._film = film
        self._sequence = 0
        self._start_ns: int | None = None

    @property
    def info(self) -> CameraInfo:
        return self._info

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame; see `engine.capture.camera.Camera.read`."""
        sequence = self._sequence
        count = self._info.frame_count
        if count is not None and sequence >= count:
            raise EndOfStream(self._info.uri)
        image = self._film(sequence)
        if self._info.live:
            self._keep_pace(sequence, timeout_s)
        self._sequence += 1
        return Frame(
            camera_id=self._info.uri,
            sequence=sequence,
            captured_ns=monotonic_ns(),
            camera=self._info.camera,
            depth_m=image.depth_m,
            truth=image.truth,
            name=image.name,
            source_ns=round(sequence * 1e9 / self._info.fps),
        )

    def _keep_pace(self, sequence: int, timeout_s: float) -> None:
        if self._start_ns is None:
            self._start_ns = monotonic_ns()
        due_ns = self._start_ns + round(sequence * NS_PER_S / self._info.fps)
        wait_s = (due_ns - monotonic_ns()) / NS_PER_S
        if wait_s > timeout_s:
            time.sleep(timeout_s)
            raise TimeoutError(self._info.uri)
        time.sleep(max(wait_s, 0.0))


def open_simulated(options: Mapping[str, str]) -> SimulatedCamera:
    """The simulated camera with these options.

    Raises:
        SourceError: an unknown option or a value outside its range.
    """
    from engine.capture.simulated_film import film_of  # numba and the hand model load on use

    chosen = parse_simulation(options)
    text = ",".join(f"{key}={value}" for key, value in options.items())
    info = CameraInfo(
        uri=f"sim:{text}",
        name="Simulated camera",
        camera=chosen.camera,
        fps=chosen.fps,
        live=chosen.pace == "live",
        has_truth=True,
        frame_count=chosen.frames or None,
    )
    return SimulatedCamera(info, film_of(chosen))


def parse_simulation(options: Mapping[str, str]) -> SimulationOptions:
    """Checked options of a `sim:` URI; raises SourceError with one sentence."""
    readers: dict[str, Callable[[str, str], object]] = {
        "seed": _whole(0, 2**31 - 1),
        "hands": _whole(0, 2),
        "side": lambda key, text: Side(_one_of("right", "left")(key, text)),
        "mode": _one_of(*MODES),
        "sensor": _one_of(*SENSORS),
        "body": lambda key, text: bool(_whole(0, 1)(key, text)),
        "motion": _one_of(*MOTIONS),
        "rest": lambda key, text: bool(_whole(0, 1)(key, text)),
        "fps": lambda key, text: float(_whole(1, 240)(key, text)),
        "width": _whole(80, 1920),
        "height": _whole(60, 1440),
        "frames": _whole(0, 10**9),
        "pace": _one_of("fast", "live"),
    }
    values: dict[str, object] = {}
    for key, text in options.items():
        if key not in readers:
            raise SourceError(
                f"The simulated camera has no option '{key}'; expected one of "
                f"{', '.join(readers)}. Write for example sim:seed=3,hands=2."
            )
        values[key] = readers[key](key, text)
    return SimulationOptions(**values)  # type: ignore[arg-type]


def _whole(lowest: int, highest: int) -> Callable[[str, str], int]:
    def read(key: str, text: str) -> int:
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            raise SourceError(
                f"The option {key} of the simulated camera must be a whole number from {lowest} "
                f"to {highest}, found '{text}'. Write for example sim:{key}={lowest}."
            )
        return int(text)

    return read


def _one_of(*allowed: str) -> Callable[[str, str], str]:
    def read(key: str, text: str) -> str:
        if text not in allowed:
            raise SourceError(
                f"The option {key} of the simulated camera must be {' or '.join(allowed)}, "
                f"found '{text}'. Write for example sim:{key}={allowed[0]}."
            )
        return text

    return read
