"""People, sensors and noise that no network was ever trained on.

How they are kept apart: every draw here begins with NEWCOMER_SEED, a first entry of numpy's seed
sequences that neither training nor the other simulations use, so no stream of random numbers is
shared. Shapes come from the whole range of adults and children (engine.training.poses.sample_shape)
instead of the simulated camera's narrower one. The sensor is of a family of its own: training
draws Gaussian noise, Gaussian blur and new strengths for every image; here noise is Laplacian, the
filter a median, the ripple belongs to the device, and all strengths stay as they are for a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from calibration.camera_model import PinholeCamera
from engine.capture.camera import CameraInfo
from engine.capture.simulated import SimulatedCamera
from engine.capture.simulated_film import StreamFilm
from engine.capture.simulation_options import SimulationOptions
from engine.capture.stream_scene import Person
from engine.hand.model import hand_of
from engine.messages import Float32, Side
from engine.render.body import Build
from engine.render.sensor_noise import depth_edges, quantised
from engine.training.poses import sample_shape

NEWCOMER_SEED = 7_301_957
"""Mixed into every draw of this file; used nowhere else."""
SIZES = ((320, 240), (424, 240), (480, 360), (640, 480))
FPS = 15.0


class NewcomerDevice:
    """One depth sensor with a fixed character."""

    unit_m = 0.0  # Its steps are fine enough to be kept as they are.

    def __init__(self, camera: PinholeCamera, rng: np.random.Generator, quiet: bool) -> None:
        share = 0.1 if quiet else 1.0
        self._noise_m = share * float(rng.uniform(0.0004, 0.0022))
        self._growth = float(rng.uniform(1.0, 2.0))
        self._quantum_m = share * float(rng.uniform(0.0002, 0.0012))
        self._lost_edges = share * float(rng.uniform(0.1, 0.8))
        self._flying = share * float(rng.uniform(0.0, 0.25))
        self._specks = share * float(rng.uniform(0.0, 0.02))
        self._median = not quiet and bool(rng.random() < 0.5)
        cells = rng.normal(0.0, share * rng.uniform(0.0002, 0.0010), (6, 8)).astype(np.float32)
        size = (camera.width_px, camera.height_px)
        self._ripple = cv2.resize(cells, size, interpolation=cv2.INTER_CUBIC)

    def apply(self, depth_m: Float32, rng: np.random.Generator) -> Float32:
        """The device's image [H, W] of a perfect one."""
        edge = depth_edges(depth_m)
        scale = self._noise_m * (depth_m / 0.5) ** self._growth
        noise = rng.laplace(0.0, 1.0, depth_m.shape).astype(np.float32) * np.float32(np.sqrt(0.5))
        noisy: Float32 = depth_m + scale * noise + self._ripple
        chance = rng.random(depth_m.shape, np.float32)
        behind = cv2.dilate(depth_m, np.ones((3, 3), np.uint8))
        flying = edge & (chance > 1.0 - self._flying)
        mixed = noisy + rng.random(depth_m.shape, np.float32) * (behind - depth_m)
        noisy = np.where(flying, mixed, noisy).astype(np.float32)
        if self._median:
            noisy = np.asarray(cv2.medianBlur(noisy, 3), np.float32)
        lost = (depth_m == 0) | (edge & (chance < self._lost_edges)) | (chance < self._specks)
        result: Float32 = quantised(np.where(lost, 0, noisy).astype(np.float32), self._quantum_m)
        return result


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One simulated person with a camera."""

    number: int
    person: Person
    side: Side
    size: tuple[int, int]
    quiet: bool
    """A sensor that is nearly ideal."""

    @property
    def scale(self) -> float:
        """Length of the palm relative to the mean adult's."""
        rest = hand_of(Side.RIGHT).rest_keypoints
        return float(np.linalg.norm(rest(self.person.shape)[9]) / np.linalg.norm(rest()[9]))

    def camera(self, motion: str, seconds: float, take: int = 0) -> SimulatedCamera:
        """The person filmed while doing `motion` (see the simulated camera); takes differ."""
        options = SimulationOptions(
            seed=1 + 1000 * take + self.number,
            side=self.side,
            motion=motion,
            fps=FPS,
            width=self.size[0],
            height=self.size[1],
            frames=max(round(FPS * seconds), 1),
        )
        device = NewcomerDevice(options.camera, _rng(self.number, 1), self.quiet)
        film = StreamFilm(replace(options, seed=NEWCOMER_SEED + options.seed), self.person, device)
        info = CameraInfo(
            uri=f"newcomer:{self.number}",
            name="Simulated newcomer",
            camera=options.camera,
            fps=FPS,
            live=False,
            has_truth=True,
            frame_count=options.frames,
        )
        return SimulatedCamera(info, film)


def newcomer(number: int, quiet: bool = False) -> Newcomer:
    """The person of a number, from 0."""
    rng = _rng(number, 0)
    shape = sample_shape(rng)
    palm = np.linalg.norm(hand_of(Side.RIGHT).rest_keypoints(shape)[9])
    scale = float(palm / np.linalg.norm(hand_of(Side.RIGHT).rest_keypoints()[9]))
    build = Build(
        scale=float(np.clip(scale * rng.uniform(0.96, 1.04), 0.7, 1.15)),
        girth=float(rng.uniform(0.9, 1.3)),
        sleeve_m=float(rng.uniform(0.003, 0.012)),
        long_sleeve=bool(rng.random() < 0.5),
    )
    side = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
    size = SIZES[int(rng.integers(len(SIZES)))]
    return Newcomer(number, Person(shape, build), side, size, quiet)


def _rng(number: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([NEWCOMER_SEED, number, purpose])
