"""One person who moves the hands calmly, and the room around, for the films of a stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.capture.guided_motion import GuidedMotion
from engine.capture.hand_motion import ArmPose, HandMotion
from engine.capture.simulation_options import SimulationOptions
from engine.hand.model import HandModel, hand_of
from engine.messages import Float64, HandTruth, Side
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
from engine.render.mesh import Mesh, box
from engine.render.scene import HandInScene, hand_looks
from engine.render.scene_image import HAND_LABELS, visible_share
from engine.render.surroundings import bottle
from engine.render.zbuffer import DepthCanvas
from engine.training.poses import sample_shape

STREAM_MIN_VISIBLE = 0.3
"""Below this a filmed hand counts as away: it is not in the truth."""


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
