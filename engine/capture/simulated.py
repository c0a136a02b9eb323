"""The simulated camera: a person before a depth camera, with exact ground truth.

`sim:` films one right hand. Options (`sim:seed=3,hands=2`):

| option | values | meaning |
|---|---|---|
| seed | integer | which person, motion and noise; the same seed gives the same frames |
| hands | 0, 1, 2 | hands that are shown |
| side | right, left | which one, where it is one |
| mode | stream, shuffled, empty | smooth motion; unconnected frames, each with another person, pose, view and sensor, for measuring; the same without any hand |
| sensor | any, ideal, structured_light, time_of_flight, active_stereo, stereo_matching | what the device does to the depth; `any` draws one for every shuffled frame |
| body | 0, 1 | whether the person is in the picture, or an arm alone |
| motion | free, guided | whatever comes to mind; the enrolment's script, over and over |
| infrared | 0, 1, 2 | pictures of infrared imagers: the depth image's own ("left"), and one 5 cm to its right |
| film | 0 to 2000 | render so many frames first and play them to and fro: any rate on a slow machine |
| rest | 0, 1 | 1 keeps the hand still, to measure jitter |
| fps, width, height, frames | numbers | rate, size, and how many frames (0 = endless) |
| pace | fast, live | as fast as it is read, or at its own rate like a device |
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.capture.camera import CameraInfo, CloseOnExit
from engine.capture.pace import Pace
from engine.errors import EndOfStream, SourceError
from engine.messages import Float32, Frame, HandTruth, Picture, Side
from engine.runtime.clock import monotonic_ns

MODES = ("stream", "shuffled", "empty")
MOTIONS = ("free", "guided")
SENSORS = (
    "any",
    "ideal",
    "structured_light",
    "time_of_flight",
    "active_stereo",
    "stereo_matching",
)
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
    infrared: int = 0
    film: int = 0
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
class SimulatedPicture:
    """What another imager of the device sees, before it gets its time."""

    name: str
    pixels: npt.NDArray[np.uint8]
    T_depth_from_picture: RigidTransform


@dataclass(frozen=True, slots=True)
class SimulatedImage:
    """One frame before it gets its time."""

    depth_m: Float32
    truth: tuple[HandTruth, ...]
    name: str
    depth_unit_m: float = 0.0
    """See `engine.messages.Frame`."""
    pictures: tuple[SimulatedPicture, ...] = ()


Film = Callable[[int], SimulatedImage]
"""Gives the image of a frame number; the same number gives the same image."""


class RenderedFilm:
    """Some frames of a film, all rendered before the first is shown, played to and fro: without a
    jump where it begins anew."""

    def __init__(self, film: Film, count: int) -> None:
        self._images = [film(number) for number in range(count)]

    def __call__(self, sequence: int) -> SimulatedImage:
        last = len(self._images) - 1
        return self._images[last - abs(last - sequence % max(1, 2 * last))]


class SimulatedCamera(CloseOnExit):
    """A camera over a film."""

    def __init__(self, info: CameraInfo, film: Film) -> None:
        self._info = info
        self._film = film
        self._sequence = 0
        self._pace = Pace(info.fps, info.uri)

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
            self._pace.wait(sequence, timeout_s)
        self._sequence += 1
        captured_ns = monotonic_ns()
        return Frame(
            camera_id=self._info.uri,
            sequence=sequence,
            captured_ns=captured_ns,
            camera=self._info.camera,
            depth_m=image.depth_m,
            truth=image.truth,
            name=image.name,
            source_ns=round(sequence * 1e9 / self._info.fps),
            depth_unit_m=image.depth_unit_m,
            pictures=tuple(
                Picture(
                    name=picture.name,
                    captured_ns=captured_ns,
                    camera=self._info.camera,
                    T_depth_from_picture=picture.T_depth_from_picture,
                    pixels=picture.pixels,
                )
                for picture in image.pictures
            ),
        )


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
    film = film_of(chosen)
    return SimulatedCamera(info, RenderedFilm(film, chosen.film) if chosen.film else film)


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
        "infrared": _whole(0, 2),
        "film": _whole(0, 2000),
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
    chosen = SimulationOptions(**values)  # type: ignore[arg-type]
    if chosen.infrared and chosen.mode != "stream":
        raise SourceError(
            f"The simulated camera has infrared pictures in the mode stream only, found mode="
            f"{chosen.mode}; leave out one of the two."
        )
    return chosen


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
