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

from calibration.transforms import RigidTransform
from engine.capture.camera import CameraInfo
from engine.capture.film import Projector, RenderedFilm
from engine.capture.simulation_options import parse_simulation
from engine.messages import Float32, Frame, HandTruth, Picture
from engine.runtime.clock import monotonic_ns
from engine.runtime.contexts import CloseOnExit


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


class SimulatedCamera(CloseOnExit):
    """A camera over a film."""

    def __init__(self, info: CameraInfo, film: Film) -> None:
        self._info = info
        self._projector = Projector(film, info)

    @property
    def info(self) -> CameraInfo:
        return self._info

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame; see `engine.capture.camera.Camera.read`."""
        sequence, image = self._projector.next(timeout_s)
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
