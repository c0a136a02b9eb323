"""What the simulated camera films: smooth motion, or unconnected frames for measuring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.capture.guided_motion import GuidedMotion
from engine.capture.hand_motion import ArmPose, HandMotion
from engine.capture.simulated import Film, SimulatedImage
from engine.capture.simulated_infrared import IMAGER_PLACES, Imager
from engine.capture.simulation_options import SimulationOptions
from engine.hand.model import HandModel, load_hand_model
from engine.messages import Float32, Float64, HandTruth, Side
from engine.render.body import (
    Arm,
    Build,
    arm_mesh,
    hand_rotation,
    head_meshes,
    outward,
    reach,
    shoulder_of,
    stump_mesh,
    torso_mesh,
)
from engine.render.mesh import Mesh, box, merged
from engine.render.scene import HandInScene, HandLooks, SceneGeometry, hand_looks
from engine.render.scene_image import HAND_LABELS, render_scene, visible_share
from engine.render.scene_sampling import sample_scene
from engine.render.sensor_noise import apply_sensor, sample_sensor
from engine.render.steady_sensor import SteadySensor
from engine.render.surroundings import bottle
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
STREAM_MIN_VISIBLE = 0.3
"""Below this a filmed hand counts as away: it is not in the truth."""
EVALUATION_SEED = 90_210
"""Mixed into the seed of shuffled and empty frames; training never uses it."""


def film_of(options: SimulationOptions) -> Film:
    """The film that these options ask for."""
    if options.mode == "stream":
        return StreamFilm(options)
    return ShuffledFilm(options)


@cache
def hand_of(side: Side) -> HandModel:
    """The default hand model, loaded once."""
    right = load_hand_model()
    return right if side is Side.RIGHT else right.mirrored()


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


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands before the camera."""

    shape: Float64
    """[10] standard deviations, of both hands."""
    build: Build


def person_of(options: SimulationOptions, rng: np.random.Generator) -> Person:
    """The person of a seed; seed 0 has the mean hand."""
    build = Build(girth=float(rng.uniform(0.95, 1.15)), sleeve_m=0.006)
    shape = np.clip(sample_shape(rng), -1.5, 1.5) if options.seed else np.zeros(10)
    return Person(shape, build)


class StreamScene:
    """One person who moves the hands calmly, and what stands around."""

    def __init__(
        self,
        options: SimulationOptions,
        rng: np.random.Generator,
        person: Person | None = None,
        offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:
        """The person is that of the options' seed where none is given, and stands `offset_m` from
        the usual place."""
        self._options = options
        seeded = person_of(options, rng)
        chosen = person or seeded
        self._build = chosen.build
        sides = (options.side, options.side.other)[: options.hands]
        self._hands = {side: (hand_of(side), chosen.shape) for side in sides}
        self._motions = {side: _motion(options, hand_of(side)) for side in sides}
        self._R, usual = _before_the_camera()
        self._offset = usual + np.array(offset_m)

    def hands_at(self, sequence: int) -> tuple[list[HandInScene], str]:
        """The hands of a frame, and a label with the pose of the first."""
        time_s = 0.0 if self._options.rest else sequence / self._options.fps
        poses = {side: motion.at(time_s) for side, motion in self._motions.items()}
        label = ";".join(f"pose={pose.pose_class}" for pose in list(poses.values())[:1])
        return [self._place(side, pose) for side, pose in poses.items()], label

    def arm_of(self, hand: HandInScene) -> Mesh:
        """The arm that carries a hand."""
        return arm_mesh(self._build, hand.arm)

    def things(self, rng: np.random.Generator) -> list[Mesh]:
        """All that never moves: wall, person if there is one, desk and what is on it."""
        solids = [box(np.array([0, 0, 2.1]), np.eye(3), np.array([4.0, 4.0, 0.01]))]
        if self._options.body:
            body = [torso_mesh(rng, self._build), *head_meshes(rng, self._build)]
            solids += [part.moved(self._R, self._offset) for part in body]
            solids += self._idle_arms()
        return solids + _desk(rng)

    def _place(self, side: Side, pose: ArmPose) -> HandInScene:
        model, shape = self._hands[side]
        build = self._build
        hint = np.array([-0.35, 0.45 * outward(side), -1.0])
        elbow, wrist = reach(build, side, pose.wrist * build.scale, hint)
        shoulder = shoulder_of(build, side)
        rotation = hand_rotation(
            side, elbow - shoulder, wrist - elbow, pose.pronation, pose.flexion, pose.deviation
        )
        arm = Arm(shoulder, elbow, wrist, rotation).moved(self._R, self._offset)
        looks = hand_looks(model, pose.angles, shape, pose.pose_class)
        return HandInScene(looks, arm, looks.placed(arm))

    def _idle_arms(self) -> list[Mesh]:
        arms = []
        for side in Side:
            if side not in self._hands:
                wrist = np.array([0.02, outward(side) * 0.27, -0.56])
                elbow, wrist = reach(self._build, side, wrist, np.array([-1.0, 0, 0]))
                arm = Arm(shoulder_of(self._build, side), elbow, wrist, np.eye(3))
                arms.append(stump_mesh(self._build, arm.moved(self._R, self._offset)))
        return arms


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


def _motion(options: SimulationOptions, model: HandModel) -> HandMotion | GuidedMotion:
    if options.motion == "guided":
        return GuidedMotion(model, options.seed)
    return HandMotion(model, options.seed, leaves=not options.rest)


def _before_the_camera() -> tuple[np.ndarray, np.ndarray]:
    """Rotation and translation of the body frame: a person who faces the camera."""
    facing = np.array([[0.0, 1, 0], [0, 0, -1], [-1, 0, 0]])
    return facing @ rotation_from_axis_angle(np.array([0.0, 0.0, 0.12])), np.array(
        [0.03, -0.06, 0.95]
    )


def _desk(rng: np.random.Generator) -> list[Mesh]:
    """A desk at the lower border of the picture, with two things on it."""
    top = 0.30
    desk = box(np.array([0.0, top + 0.015, 0.55]), np.eye(3), np.array([0.7, 0.015, 0.18]))
    up = np.array([0.0, -1.0, 0.0])
    return [
        desk,
        bottle(rng, np.array([0.27, top, 0.62]), up, 0.1, 0.04),
        box(np.array([-0.30, top - 0.02, 0.60]), np.eye(3), np.array([0.07, 0.02, 0.05])),
    ]


def truth_of_seen(
    hands: list[HandInScene], canvas: DepthCanvas, camera: PinholeCamera
) -> tuple[HandTruth, ...]:
    """Truth of the hands that are in the picture."""
    return tuple(
        hand.truth()
        for hand, label in zip(hands, HAND_LABELS, strict=False)
        if visible_share(hand, canvas.labels, label, camera) >= STREAM_MIN_VISIBLE
    )
