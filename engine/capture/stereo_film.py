"""What the simulated stereo camera films: rendered pairs of pictures with exact truth.

The scenes are those of the simulated depth camera (simulated_film.py), seen by two colour cameras
with lenses of their own; skins, clothes, rooms and light are drawn for each frame (`shuffled`) or
once (`stream`). In a stream the hand throws no shadow on what never moves: that is drawn once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.rig import StereoRig
from calibration.transforms import RigidTransform
from engine.capture.rig_imagers import RigImagers
from engine.capture.simulated_film import EVALUATION_SEED, sample_shuffled, shuffled_labels
from engine.capture.simulation_options import SimulationOptions
from engine.capture.stream_scene import StreamScene, truth_of_seen
from engine.hand.model import hand_of
from engine.messages import Float64, HandTruth, Side
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
from engine.render.scene import HandInScene, SceneGeometry
from engine.render.scene_image import HAND_LABELS, render_scene, visible_share
from engine.render.surface import Surface, gathered
from engine.render.zbuffer import DepthCanvas
from engine.stereo.pair import Pixels

MIN_VISIBLE = 0.7
"""Of each hand, to each camera, in shuffled frames."""
WELL_VISIBLE = 0.9
"""The same in takes: hands are held into both pictures."""
TAKE_FRAMES = 30
LATEST_START = 1800
"""Frames into the motion: a take may begin anywhere."""
NEARER_M = (0.02, 0.22)
"""A person stands so much before the usual place, so that hands are at 0.3 to 0.7 m."""
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
        self._imagers = RigImagers(rig, looks.noise, np.random.default_rng([options.seed, 11]))

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
        return all(
            min(
                render_scene(geometry.moved(T.rotation, T.translation), camera).visible,
                default=1.0,
            )
            >= MIN_VISIBLE
            for camera, T in _small_cameras(self._rig)
        )


class StreamPairs:
    """One person who moves the hands calmly, in one room."""

    def __init__(
        self,
        options: SimulationOptions,
        rig: StereoRig,
        looks: StereoLooks,
        nearer_m: float = 0.0,
    ) -> None:
        """The person stands `nearer_m` before the usual place, in the middle of both cameras."""
        self._options = options
        rng = np.random.default_rng([options.seed, 3])
        self._scene = StreamScene(options, rng, offset_m=(rig.baseline_m / 2, 0.0, -nearer_m))
        things = self._scene.things(rng)
        self._skin, self._sleeve = sample_skin(rng), sample_cloth(rng)
        surfaces = [room_surface(rng), *self._dressed(things, rng)]
        self._lighting = sample_lighting(rng, gathered(surfaces), STREAM_FOCUS, looks.dots)
        self._imagers = RigImagers(rig, looks.noise, np.random.default_rng([options.seed, 11]))
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
        name = f"{label};side={self._options.side}".lstrip(";")
        return RenderedPair(left, right, truth, name)

    def visible(self, sequence: int, rig: StereoRig) -> float:
        """The least share of a hand that one of the cameras sees, 0..1; arms hide nothing."""
        hands, _ = self._scene.hands_at(sequence)
        shares = [
            _share_in_view(hand.moved(T.rotation, T.translation), camera)
            for camera, T in _small_cameras(rig)
            for hand in hands
        ]
        return min(shares, default=0.0)

    def _dressed(self, things: Sequence[Mesh], rng: np.random.Generator) -> list[Surface]:
        """What never moves; a person's head has the skin of the hands."""
        head = 2 if self._options.body else -1  # After the wall and the torso.
        return [
            still(mesh, self._skin if k == head else sample_thing(rng), len(mesh.vertices) > 8)
            for k, mesh in enumerate(things)
        ]

    def _moving(self, hands: Sequence[HandInScene]) -> list[Surface]:
        moving = []
        for hand in hands:
            moving.append(carried(self._scene.arm_of(hand), hand, self._sleeve))
            moving.append(hand_surface(hand, _rest_of(hand), self._skin))
        return moving


def take_of_pairs(
    options: SimulationOptions, rig: StereoRig, looks: StereoLooks, take: int
) -> PairFilm:
    """Smooth motion of somebody with another skin, side, room, light and distance than in any other
    take; both cameras see the hands in all TAKE_FRAMES of it."""
    rng = np.random.default_rng([EVALUATION_SEED, options.seed, 4, take])
    seed, side = int(rng.integers(1, 2**31 - 1)), list(Side)[int(rng.integers(2))]
    chosen = replace(options, mode="stream", seed=seed, side=side)
    pairs = StreamPairs(chosen, rig, looks, rng.uniform(*NEARER_M))
    while True:
        start = int(rng.integers(LATEST_START))
        if min(pairs.visible(start + k, rig) for k in range(0, TAKE_FRAMES, 4)) >= WELL_VISIBLE:
            break

    def film(number: int) -> RenderedPair:
        pair = pairs(start + number)
        return replace(pair, name=f"{pair.name};take={take}")

    return film


def _small_cameras(rig: StereoRig) -> tuple[tuple[PinholeCamera, RigidTransform], ...]:
    """Both cameras with a quarter of their pixels, and where they are seen from the left one."""
    return (
        (rig.left.pinhole.scaled(0.25), RigidTransform.identity()),
        (rig.right.pinhole.scaled(0.25), rig.T_right_from_left),
    )


def _share_in_view(hand: HandInScene, camera: PinholeCamera) -> float:
    canvas = DepthCanvas(camera)
    canvas.draw(Mesh(hand.posed.vertices, hand.looks.faces), HAND_LABELS[0])
    return visible_share(hand, canvas.labels, HAND_LABELS[0], camera)


def _rest_of(hand: HandInScene) -> Float64:
    """[V, 3] the rest pose: where the skin's texture is."""
    return hand_of(hand.looks.side).points[: len(hand.posed.vertices)]
