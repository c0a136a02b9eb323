"""Small synthetic films for tests of learning: a person's hand, and things that poison it.

Everything is what the tracker would hand over, made without its tracks: they would decline most of
the poison, and here the learner has to do that itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.hand.model import HandModel, load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.backend_torch import TorchBackend
from engine.inference.crops import Crop
from engine.inference.depth_view import DepthView
from engine.inference.fitting import trust
from engine.inference.hand_solver import HandSolver
from engine.inference.sighting import Sighting
from engine.inference.single_view import SingleViewInference, single_view_network
from engine.inference.stage_times import StageTimes
from engine.messages import Side
from engine.render.forearm import forearm_mesh
from engine.render.mesh import box
from engine.render.raycast import cast_depth, join_meshes
from engine.training.poses import sample_angles

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Mesh = tuple[npt.NDArray[np.floating], npt.NDArray[np.integer]]

CAMERA = PinholeCamera(160, 120, 150.0, 150.0, 79.5, 59.5)
PALM_TO_CAMERA = np.array([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
FRAME_NS = 100_000_000
SHAPE = np.array([-1.6, 0.4, 0.8, -0.6, 0.5, -0.7, 0.3, 0.8, 0.2, 0.5])
"""A small hand with fingers of its own."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One image, where the tracker looks in it, and the truth if it shows one hand."""

    depth_m: Float32
    place: Float64
    joints: Float64 | None = None


@cache
def model() -> HandModel:
    return load_hand_model()


@cache
def shipped() -> SingleViewInference:
    return SingleViewInference(TorchBackend(single_view_network().weights, 1))


@cache
def solver() -> HandSolver:
    return HandSolver(model())


def pose_at(rng: np.random.Generator) -> HandPose:
    """Any bend, palm or back, any in-plane angle, about 40 cm away."""
    turn = rng.normal(0, [0.35, 0.35, 0.8]) + np.array([0, np.pi * (rng.random() < 0.3), 0])
    rotation = rotation_from_axis_angle(turn) @ PALM_TO_CAMERA
    at = np.array([0.0, 0.0, 0.42]) + rng.normal(0, [0.015, 0.015, 0.03])
    pose = HandPose(rotation, np.zeros(3), sample_angles(rng, model()), SHAPE)
    middle = pose_hand(model(), pose).keypoints[1:].mean(0)
    return replace(pose, wrist_position=at - middle)


def hand_meshes(pose: HandPose, other: HandModel | None = None) -> list[Mesh]:
    """A hand and its forearm."""
    hand = other or model()
    arm, faces = forearm_mesh(np.random.default_rng(5), hand.rest_keypoints(pose.shape))
    arm = arm @ pose.wrist_rotation.T + pose.wrist_position
    return [(pose_hand(hand, pose).vertices, hand.faces), (arm, faces)]


def picture(rng: np.random.Generator, meshes: Sequence[Mesh], noise_m: float = 0.001) -> Float32:
    """What a depth camera sees of them before a wall."""
    depth = np.full((CAMERA.height_px, CAMERA.width_px), 1.1, np.float32)
    if meshes:
        seen = cast_depth(CAMERA, *join_meshes(*meshes)).depth_m
        depth = np.where(seen > 0, seen, depth)
    return (depth + rng.normal(0, noise_m, depth.shape)).astype(np.float32)


def healthy(rng: np.random.Generator) -> Shot:
    """The person's hand."""
    pose = pose_at(rng)
    joints = pose_hand(model(), pose).keypoints
    return Shot(picture(rng, hand_meshes(pose)), joints[1:].mean(0), joints)


def another_object(rng: np.random.Generator) -> Shot:
    """A thing of a hand's size, turned about."""
    rotation = rotation_from_axis_angle(rng.normal(0, 1, 3))
    at = np.array([0.0, 0.0, 0.42]) + rng.normal(0, 0.01, 3)
    half = np.exp(rng.uniform(np.log(0.015), np.log(0.07), 3))
    thing = box(at, rotation, half)
    return Shot(picture(rng, [(thing.vertices, thing.faces)]), at)


def crossing_hands(rng: np.random.Generator) -> Shot:
    """Two hands over and through each other."""
    first, second = pose_at(rng), pose_at(rng)
    left = model().mirrored() if rng.random() < 0.7 else model()
    moved = replace(second, wrist_position=first.wrist_position + rng.normal(0, 0.03, 3))
    meshes = [*hand_meshes(first), *hand_meshes(moved, left)]
    middle = pose_hand(model(), first).keypoints[1:].mean(0)
    return Shot(picture(rng, meshes), middle)


def empty_room(rng: np.random.Generator) -> Shot:
    """A desk and a wall; the tracker believes in a hand somewhere on them."""
    desk = box(np.array([0.0, 0.16, 0.6]), np.eye(3), np.array([0.5, 0.05, 0.3]))
    place = np.array([rng.normal(0, 0.05), 0.08, rng.uniform(0.4, 0.6)])
    return Shot(picture(rng, [(desk.vertices, desk.faces)]), place)


def noisy_camera(rng: np.random.Generator) -> Shot:
    """The person's hand behind noise of 9 mm, a third of the pixels lost."""
    shot = healthy(rng)
    depth = shot.depth_m + rng.normal(0, 0.009, shot.depth_m.shape)
    depth = np.where(rng.random(depth.shape) < 0.3, 0, depth).astype(np.float32)
    return replace(shot, depth_m=depth)


def frozen_camera(rng: np.random.Generator) -> Shot:
    """The same image for ever."""
    del rng
    return healthy(np.random.default_rng(3))


POISONS: dict[str, Callable[[np.random.Generator], Shot]] = {
    "another object": another_object,
    "crossing hands": crossing_hands,
    "empty room": empty_room,
    "frozen camera": frozen_camera,
    "noisy camera": noisy_camera,
}


def sighting_of(shot: Shot, number: int, trusted: float | None = None) -> Sighting | None:
    """What the tracker says of a shot, with the shipped network; None where nothing is there.

    `trusted` overrules its own doubts, so that poison gets further than it would.
    """
    view = DepthView(shot.depth_m, CAMERA)
    network = shipped().infer([view], [Crop(CAMERA, shot.place)])[0]
    solved = solver().solve(view, network, None, np.zeros(10), StageTimes())
    if solved is None:
        return None
    own = 0.0 if solved.from_network else trust(solved.fit, network.joints, network.confidence)
    return Sighting(
        hand_id=1,
        side=Side.RIGHT,
        time_ns=number * FRAME_NS,
        view=view,
        network=network,
        fit=solved.fit,
        trusted=own if trusted is None else trusted,
        shape=solved.fit.pose.shape,
        weights_revision=0,
    )
