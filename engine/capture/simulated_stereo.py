"""`sim-stereo:` a person before a stereo camera, with exact ground truth.

| option | values | meaning |
|---|---|---|
| seed | integer | which person, rig, room, motion, noise; the same seed gives the same pairs |
| mode | stream, takes, shuffled, empty | smooth motion; takes of 30 frames, each with another person, skin, room, light and rig; unconnected frames; the same without any hand |
| hands, side, body, motion, rest, fps, width, height, frames, film, pace | | as of `sim:` |
| baseline | 30 to 200 | mm between the cameras; drawn from 63 to 120 where it is not given |
| near, far | 20 to 150 | cm to the hand, in shuffled frames; 30 and 70 where not given |
| noise | 0 to 5 | of the sensors; 1 is a good webcam in a room |
| dots | 0, 1 | 1 projects infrared dots on everything and gives grey pictures |
| calibration | wizard, exact | the rig that a calibration with a board gives, or the true one |

The truth is exact: the error of the calibration is part of what is measured.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.lens import LensModel
from calibration.rig import StereoRig
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.capture.film import Projector, RenderedFilm
from engine.capture.simulation_options import (
    SimulationOptions,
    StereoOptions,
    parse_stereo_simulation,
)
from engine.errors import EndOfStream
from engine.messages import Frame, Scene
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.runtime.contexts import CloseOnExit
from engine.stereo.camera import StereoCamera
from engine.stereo.pair import PairInfo, RawPair
from engine.stereo.rectified import grey
from engine.stereo.status import StereoStatus

if TYPE_CHECKING:  # numba and the hand model load on use.
    from engine.capture.stereo_film import RenderedPair

BASELINES_M = (0.063, 0.120)
"""From a ZED Mini to a ZED 2i: what a rig's baseline is drawn from."""
FOCAL_OVER_WIDTH = (0.78, 0.95)
TURN_RAD = np.radians(0.8)
"""How straight people mount two cameras."""


def open_simulated_stereo(options: Mapping[str, str]) -> StereoCamera | TakesCamera:
    """The simulated stereo camera with these options.

    Raises:
        SourceError: an unknown option or a value outside its range.
    """
    chosen = parse_stereo_simulation(options)
    text = ",".join(f"{key}={value}" for key, value in options.items())
    info = PairInfo(
        uri=f"sim-stereo:{text}",
        name="Simulated stereo camera",
        left_size_px=(chosen.width, chosen.height),
        right_size_px=(chosen.width, chosen.height),
        fps=chosen.fps,
        live=chosen.pace == "live",
        has_truth=True,
        frame_count=chosen.frames or None,
    )
    return TakesCamera(info, chosen) if chosen.mode == "takes" else _stereo(info, chosen)


def _stereo(info: PairInfo, options: StereoOptions, take: int | None = None) -> StereoCamera:
    """A stereo camera with a rig of its own; before somebody of its own where it is a take."""
    from engine.capture.simulated_calibration import calibrated
    from engine.capture.stereo_film import StereoLooks, film_of_pairs, take_of_pairs

    rng = np.random.default_rng([options.seed, 17] + ([] if take is None else [take]))
    rig = sample_rig(rng, options, options.baseline / 1000)
    distances_m = options.near / 100, options.far / 100
    looks = StereoLooks(distances_m, float(options.noise), options.dots)
    if take is None:
        film = film_of_pairs(options, rig, looks)
    else:
        film = take_of_pairs(options, rig, looks, take)
    if options.film:
        film = RenderedFilm(film, options.film)
    stored = calibrated(rig, rng) if options.calibration == "wizard" else StoredRig(rig)
    source = SimulatedPairs(info, film, grey_only=looks.dots)
    return StereoCamera(source, stored, view=None if take is None else options.camera)


class TakesCamera(CloseOnExit):
    """Takes of smooth motion, each with another person, rig and calibration. All are rectified to
    one view, so that it is one camera to everybody else."""

    def __init__(self, info: PairInfo, options: StereoOptions) -> None:
        self._pair_info = replace(info, frame_count=None)
        self._options = options
        self._sequence = 0
        self._camera = self._take(0)
        self.info = replace(self._camera.info, frame_count=info.frame_count)

    @property
    def stereo(self) -> StereoStatus:
        """Of the take that is shown."""
        return self._camera.stereo

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame; see `engine.capture.camera.Camera.read`."""
        from engine.capture.stereo_film import TAKE_FRAMES

        count = self.info.frame_count
        if count is not None and self._sequence >= count:
            raise EndOfStream(self.info.uri)
        if self._sequence and self._sequence % TAKE_FRAMES == 0:
            self._camera = self._take(self._sequence // TAKE_FRAMES)
        frame = self._camera.read(timeout_s)
        sequence = self._sequence
        self._sequence += 1
        return replace(
            frame, sequence=sequence, source_ns=round(sequence * NS_PER_S / self.info.fps)
        )

    def expect(self, scene: Scene) -> None:
        """See `StereoCamera.expect`; the next take begins without."""
        self._camera.expect(scene)

    def _take(self, number: int) -> StereoCamera:
        return _stereo(self._pair_info, self._options, number)


def sample_rig(
    rng: np.random.Generator, options: SimulationOptions, baseline_m: float
) -> StereoRig:
    """Two cameras of one kind as people mount them; a baseline of 0 is drawn."""
    focal = rng.uniform(*FOCAL_OVER_WIDTH) * options.width
    bend = rng.uniform(-0.15, 0.03), rng.uniform(-0.02, 0.06)
    drawn = rng.uniform(*BASELINES_M)
    R = rotation_from_axis_angle(rng.uniform(-TURN_RAD, TURN_RAD, 3))
    centre = (baseline_m or drawn) * np.array([1.0, *rng.uniform(-0.02, 0.02, 2)])
    cameras = [_sample_camera(rng, options, focal, bend) for _ in range(2)]
    return StereoRig(cameras[0], cameras[1], RigidTransform(R, -R @ centre))


def _sample_camera(
    rng: np.random.Generator, options: SimulationOptions, focal: float, bend: tuple[float, float]
) -> DistortedCamera:
    """One of two alike, which never are quite."""
    f = focal * rng.uniform(0.997, 1.003)
    cx, cy = (np.array([options.width, options.height]) - 1) / 2 + rng.uniform(-6, 6, 2)
    k1, k2 = (k + rng.uniform(-0.01, 0.01) for k in bend)
    pinhole = PinholeCamera(options.width, options.height, f, f, float(cx), float(cy))
    tangential = (float(p) for p in rng.uniform(-3e-4, 3e-4, 2))
    return DistortedCamera(pinhole, LensModel.BROWN_CONRADY, (k1, k2, *tangential, 0.0))


class SimulatedPairs:
    """A source of pairs over a film."""

    def __init__(
        self, info: PairInfo, film: Callable[[int], RenderedPair], grey_only: bool
    ) -> None:
        self._info = info
        self._projector = Projector(film, info)
        self._grey_only = grey_only

    @property
    def info(self) -> PairInfo:
        return self._info

    def read_pair(self, timeout_s: float) -> RawPair:
        """The next pair; see `engine.stereo.pair.PairSource.read_pair`."""
        sequence, pair = self._projector.next(timeout_s)
        now_ns = monotonic_ns()
        return RawPair(
            sequence=sequence,
            left=grey(pair.left) if self._grey_only else pair.left,
            right=grey(pair.right) if self._grey_only else pair.right,
            left_ns=now_ns,
            right_ns=now_ns,
            truth=pair.truth,
            name=pair.name,
            source_ns=round(sequence * NS_PER_S / self._info.fps),
        )

    def close(self) -> None:
        """Nothing to release."""
