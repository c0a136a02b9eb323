"""What the simulated camera films: smooth motion, or unconnected frames for measuring."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.capture.simulated import Film, SimulatedImage
from engine.capture.simulated_infrared import IMAGER_PLACES, Imager
from engine.capture.simulation_options import SimulationOptions
from engine.capture.stream_scene import Person, StreamScene, truth_of_seen
from engine.hand.model import hand_of
from engine.messages import Float32, Side
from engine.render.mesh import Mesh, merged
from engine.render.scene import HandLooks, SceneGeometry, hand_looks
from engine.render.scene_image import HAND_LABELS, render_scene
from engine.render.scene_sampling import sample_scene
from engine.render.sensors import apply_sensor, sample_sensor
from engine.render.steady_sensor import SteadySensor
from engine.render.zbuffer import DepthCanvas
from engine.training.poses import (
    sample_angles,
    sample_pose_class,
    sample_shape,
    sample_view,
    view_label,
)

SHUFFLED_MIN_VISIBLE = 0.7
"""A shuffled frame shows at least this share of each hand; others are drawn again."""
EVALUATION_SEED = 90_210
"""Mixed into the seed of shuffled and empty frames; training never uses it."""


def film_of(options: SimulationOptions) -> Film:
    """The film that these options ask for."""
    if options.mode == "stream":
        return StreamFilm(options)
    return ShuffledFilm(options)


class ShuffledFilm:
    """Every frame another person, view, pose, sensor and side; `mode=empty` shows no hand."""

    def __init__(self, options: SimulationOptions) -> None:
        self._options = options
        self._small = options.camera.scaled(0.25)

    def __call__(self, sequence: int) -> SimulatedImage:
        rng = np.random.default_rng([EVALUATION_SEED, self._options.seed, sequence])
        while True:
            geometry = sample_shuffled(rng, self._options)
            if min(render_scene(geometry, self._small).visible, default=1.0) < SHUFFLED_MIN_VISIBLE:
                continue
            break
        sensor = self._options.sensor
        sensor = sample_sensor(rng) if sensor in ("", "any") else sensor
        depth = render_scene(geometry, self._options.camera).depth_m
        return SimulatedImage(
            apply_sensor(sensor, depth, rng),
            tuple(hand.truth() for hand in geometry.hands),
            shuffled_labels(geometry, sensor, sequence),
        )


def sample_shuffled(rng: np.random.Generator, options: SimulationOptions) -> SceneGeometry:
    """A scene that has nothing to do with any other."""
    count = 0 if options.mode == "empty" else options.hands
    first = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
    hands = tuple(_sample_looks(rng, side) for side in (first, first.other)[:count])
    layout = None if options.body else "alone"
    return sample_scene(rng, options.camera, hands, layout, sample_view(rng))


def _sample_looks(rng: np.random.Generator, side: Side) -> HandLooks:
    model = hand_of(side)
    pose_class = sample_pose_class(rng)
    return hand_looks(model, sample_angles(rng, model, pose_class), sample_shape(rng), pose_class)


def shuffled_labels(geometry: SceneGeometry, sensor: str, sequence: int) -> str:
    """`view=..;pose=..;...` of the first hand, for the breakdown of a report."""
    labels = {"sensor": sensor, "layout": geometry.layout, "take": str(sequence)}
    if geometry.hands:
        first = geometry.hands[0]
        labels = {
            "view": view_label(first.arm.R_hand),
            "pose": first.looks.pose_class,
            "side": first.looks.side.value,
        } | labels
    return ";".join(f"{key}={value}" for key, value in labels.items())


class Device(Protocol):
    """What a depth sensor does to a perfect image."""

    @property
    def unit_m(self) -> float:
        """Depth is a whole number of these; 0 where it is not quantised."""
        ...

    def apply(self, depth_m: Float32, rng: np.random.Generator) -> Float32:
        """The device's image [H, W] of a perfect one."""
        ...


class StreamFilm:
    """Smooth motion before a depth camera. What never moves is drawn once."""

    def __init__(
        self,
        options: SimulationOptions,
        person: Person | None = None,
        device: Device | None = None,
    ) -> None:
        """Person and device are those of the options' seed where none are given."""
        self._options = options
        rng = np.random.default_rng([options.seed, 3])
        self._scene = StreamScene(options, rng, person)
        steady = SteadySensor(options.sensor or "structured_light", options.camera, rng)
        self._sensor = device or steady
        things = merged(self._scene.things(rng))
        self._background = DepthCanvas(options.camera)
        self._background.draw(things)
        self._imagers = tuple(
            Imager(place, options.camera, things) for place in IMAGER_PLACES[: options.infrared]
        )

    def __call__(self, sequence: int) -> SimulatedImage:
        hands, label = self._scene.hands_at(sequence)
        canvas = self._background.copy()
        meshes: list[tuple[Mesh, int]] = []
        for hand, mark in zip(hands, HAND_LABELS, strict=False):
            meshes.append((self._scene.arm_of(hand), 1))
            meshes.append((Mesh(hand.posed.vertices, hand.looks.faces), mark))
        for mesh, mark in meshes:
            canvas.draw(mesh, mark)
        rng = np.random.default_rng([self._options.seed, 5, sequence])
        return SimulatedImage(
            self._sensor.apply(canvas.depth_m(), rng),
            truth_of_seen(hands, canvas, self._options.camera),
            label,
            self._sensor.unit_m,
            tuple(imager.picture([mesh for mesh, _ in meshes], rng) for imager in self._imagers),
        )
