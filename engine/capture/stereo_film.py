"""What the simulated stereo camera films: rendered pairs of pictures with exact truth.

The scenes are those of the simulated depth camera (simulated_film.py), seen by two colour cameras
with lenses of their own; skins, clothes, rooms and light are drawn for each frame (`shuffled`) or
once (`stream`). In a stream the hand throws no shadow on what never moves: that is drawn once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.rig import StereoRig
from calibration.transforms import RigidTransform
from engine.capture.simulated import SimulationOptions
from engine.capture.simulated_film import (
    EVALUATION_SEED,
    StreamScene,
    hand_of,
    sample_shuffled,
    shuffled_labels,
    truth_of_seen,
)
from engine.messages import HandTruth
from engine.render.imager import Imager, Sensor, automatic_exposure
from engine.render.looks import (
    carried,
    dressed,
    hand_surface,
    room_surface,
    sample_cloth,
    sample_lighting,
    sample_skin,
    sample_thing,
    still,
)
from engine.render.mesh import Mesh
from engine.render.scene import HAND_LABELS, HandInScene, SceneGeometry, render_scene
from engine.render.shading import Lighting, Shaded, shaded
from engine.render.surface import Surface, Surfaces, gathered
from engine.render.zbuffer import DepthCanvas

Float64 = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

MIN_VISIBLE = 0.7
"""Of each hand, to each camera, in shuffled frames."""
OVERSAMPLING = 1.25
STREAM_FOCUS = np.array([0.0, 0.0, 0.55])
"""Where hands are, in a stream."""


@dataclass(frozen=True, slots=True)
class RenderedPair:
    """One pair before it gets its time; truth is in the left camera's frame."""

    left: Pixels
    right: Pixels
    truth: tuple[HandTruth, ...]
    name: str


PairFilm = Callable[[int], RenderedPair]
"""Gives the pair of a frame number; the same number gives the same pair."""


@dataclass(frozen=True, slots=True)
class StereoLooks:
    """What the pictures show besides the scene."""

    distances_m: tuple[float, float] = (0.3, 0.7)
    """Of the first palm, in shuffled frames."""
    noise: float = 1.0
    dots: bool = False


def film_of_pairs(options: SimulationOptions, rig: StereoRig, looks: StereoLooks) -> PairFilm:
    """The film that these options ask for."""
    if options.mode == "stream":
        return StreamPairs(options, rig, looks)
    return ShuffledPairs(options, rig, looks)


class ShuffledPairs:
    """Every frame another person, skin, room, light, view and pose; one rig."""

    def __init__(self, options: SimulationOptions, rig: StereoRig, looks: StereoLooks) -> None:
        self._options = options
        self._rig = rig
        self._looks = looks
        self._small = options.camera.scaled(0.25)
        self._imagers = RigImagers(rig, looks, np.random.default_rng([options.seed, 11]))

    def __call__(self, sequence: int) -> RenderedPair:
        rng = np.random.default_rng([EVALUATION_SEED, self._options.seed, 2, sequence])
        geometry = sample_shuffled(rng, self._options)
        while not self._fair(geometry):
            geometry = sample_shuffled(rng, self._options)
        surfaces = dressed(geometry, [_rest_of(hand) for hand in geometry.hands], rng)
        focus = geometry.hands[0].palm_centre if geometry.hands else STREAM_FOCUS
        lighting = sample_lighting(rng, surfaces, focus, self._looks.dots)
        left, right = self._imagers.pictures(self._imagers.shaded(surfaces, lighting), rng)
        truth = tuple(hand.truth() for hand in geometry.hands)
        return RenderedPair(left, right, truth, shuffled_labels(geometry, "stereo", sequence))

    def _fair(self, geometry: SceneGeometry) -> bool:
        """Whether both cameras see the hands well, at the distances that were asked for."""
        nearest, farthest = self._looks.distances_m
        if not all(nearest <= hand.palm_centre[2] <= farthest for hand in geometry.hands[:1]):
            return False
        T = self._rig.T_right_from_left
        return all(
            min(render_scene(scene, self._small).visible, default=1.0) >= MIN_VISIBLE
            for scene in (geometry, geometry.moved(T.rotation, T.translation))
        )


class StreamPairs:
    """One person who moves the hands calmly, in one room."""

    def __init__(self, options: SimulationOptions, rig: StereoRig, looks: StereoLooks) -> None:
        self._options = options
        rng = np.random.default_rng([options.seed, 3])
        self._scene = StreamScene(options, rng)
        things = self._scene.things(rng)
        self._skin, self._sleeve = sample_skin(rng), sample_cloth(rng)
        surfaces = [
            room_surface(rng),
            *(still(m, sample_thing(rng), len(m.vertices) > 8) for m in things),
        ]
        self._lighting = sample_lighting(rng, gathered(surfaces), STREAM_FOCUS, looks.dots)
        self._imagers = RigImagers(rig, looks, np.random.default_rng([options.seed, 11]))
        self._background = self._imagers.shaded(gathered(surfaces), self._lighting)
        self._depth = DepthCanvas(options.camera)
        for mesh in things:
            self._depth.draw(mesh)

    def __call__(self, sequence: int) -> RenderedPair:
        hands, label = self._scene.hands_at(sequence)
        rng = np.random.default_rng([self._options.seed, 5, sequence])
        seen = self._background
        canvas = self._depth.copy()
        if hands:
            moving = self._moving(hands)
            seen = self._imagers.shaded(gathered(moving), self._lighting, seen)
        for hand, mark in zip(hands, HAND_LABELS, strict=False):
            canvas.draw(self._scene.arm_of(hand))
            canvas.draw(Mesh(hand.posed.vertices, hand.looks.faces), mark)
        left, right = self._imagers.pictures(seen, rng)
        truth = truth_of_seen(hands, canvas, self._options.camera)
        return RenderedPair(left, right, truth, label)

    def _moving(self, hands: Sequence[HandInScene]) -> list[Surface]:
        moving = []
        for hand in hands:
            moving.append(carried(self._scene.arm_of(hand), hand, self._sleeve))
            moving.append(hand_surface(hand, _rest_of(hand), self._skin))
        return moving


class RigImagers:
    """The two cameras of a rig, as they take pictures."""

    def __init__(self, rig: StereoRig, looks: StereoLooks, rng: np.random.Generator) -> None:
        self._places = (RigidTransform.identity(), rig.T_right_from_left)
        self._imagers = tuple(
            Imager(camera, _sample_sensor(rng, looks.noise), OVERSAMPLING)
            for camera in (rig.left, rig.right)
        )

    def shaded(
        self,
        surfaces: Surfaces,
        lighting: Lighting,
        before: tuple[Shaded, Shaded] | None = None,
    ) -> tuple[Shaded, Shaded]:
        """What both see of surfaces in the left camera's frame."""
        left, right = (
            shaded(surfaces, imager.rendered, T, lighting, None if before is None else before[k])
            for k, (imager, T) in enumerate(zip(self._imagers, self._places, strict=True))
        )
        return left, right

    def pictures(
        self, seen: tuple[Shaded, Shaded], rng: np.random.Generator
    ) -> tuple[Pixels, Pixels]:
        """Both with the exposure that the left one chooses."""
        lights = [imager.bent(view.light) for imager, view in zip(self._imagers, seen, strict=True)]
        exposure = automatic_exposure(lights[0])
        left, right = (
            imager.picture(light, exposure, rng)
            for imager, light in zip(self._imagers, lights, strict=True)
        )
        return left, right


def _sample_sensor(rng: np.random.Generator, noise: float) -> Sensor:
    red, green, blue = (float(t) for t in rng.normal(1.0, 0.015, 3))
    return Sensor(
        gain=float(rng.normal(1.0, 0.03)),
        tint=(red, green, blue),
        vignetting=rng.uniform(0.05, 0.35),
        noise=noise * rng.uniform(0.7, 1.5),
        blur_px=rng.uniform(0.4, 0.7),
    )


def _rest_of(hand: HandInScene) -> Float64:
    """[V, 3] the rest pose: where the skin's texture is."""
    return hand_of(hand.looks.side).points[: len(hand.posed.vertices)]
