"""Rendered scenes around one hand, or without any: a patch at the resolution of a random sensor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, PosedHand, pose_hand
from engine.inference.crops import CUBE_M
from engine.messages import Float32, Float64
from engine.render.forearm import forearm_mesh
from engine.render.raycast import NO_TRIANGLE, cast_depth, join_meshes
from engine.training.poses import sample_angles, sample_shape, sample_view

Mesh = tuple[npt.NDArray[np.floating], npt.NDArray[np.integer]]
PATCH_CUBES = 1.5
"""Side of the rendered patch in cubes: room for crop jitter and in-plane turns."""
MAX_PATCH_PX = 176
MIN_VISIBLE_M2 = 0.0022
"""Hand surface that the camera must see; an adult fist shows about 0.004 m2, a flat hand 0.013."""
HAND, ARM, CLUTTER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Scene:
    """A rendered patch and what is in it."""

    camera: PinholeCamera
    depth_m: Float32
    parts: npt.NDArray[np.uint8]
    """[H, W]: HAND, ARM or CLUTTER where depth_m > 0."""
    pose: HandPose | None
    hand: PosedHand | None
    centre: Float64
    """[3] metres: mean of the finger joints, or of the distractor where there is no hand."""


def hand_centre(keypoints: Float64) -> Float64:
    """What crops are centred on: the mean of the 20 finger keypoints."""
    return keypoints[1:].mean(0)


def sample_patch_camera(rng: np.random.Generator, centre: Float64) -> PinholeCamera:
    """A random sensor's pixels, cut to a patch around `centre`."""
    focal = rng.choice([225.0, 290.0, 380.0, 476.0, 600.0]) * rng.uniform(0.9, 1.1)
    side_m = PATCH_CUBES * CUBE_M
    side_px = side_m * focal / centre[2]
    limit = MAX_PATCH_PX if rng.random() < 0.85 else 1.4 * MAX_PATCH_PX
    focal *= min(1.0, limit / side_px)
    size = max(round(side_m * focal / centre[2]), 24)
    middle = focal * centre[:2] / centre[2]
    principal = (size - 1) / 2 - middle
    return PinholeCamera(size, size, focal, focal, float(principal[0]), float(principal[1]))


def render_hand_scene(rng: np.random.Generator, model: HandModel) -> Scene:
    """A right hand with a forearm (nearly always) and sometimes another hand or an object."""
    shape = sample_shape(rng)
    angles = sample_angles(rng, model)
    pose, hand = _place(rng, model, HandPose(sample_view(rng), np.zeros(3), angles, shape))
    meshes: list[tuple[int, Mesh]] = [(HAND, (hand.vertices, model.faces))]
    if rng.random() < 0.92:
        vertices, faces = forearm_mesh(rng, model.rest_keypoints(shape))
        meshes.append((ARM, (vertices @ pose.wrist_rotation.T + pose.wrist_position, faces)))
    if rng.random() < 0.10:
        meshes.append((CLUTTER, _second_hand(rng, model, hand)))
    if rng.random() < 0.06:
        meshes.append((CLUTTER, _held_object(rng, hand)))
    scene = render_patch(rng, meshes, hand_centre(hand.keypoints), pose, hand)
    # An arm that points at the camera can hide its own hand: nothing to learn there.
    return scene if visible_m2(scene) > MIN_VISIBLE_M2 else render_hand_scene(rng, model)


def visible_m2(scene: Scene) -> float:
    """Area of the hand's visible surface, projected."""
    hand = (scene.parts == HAND) & (scene.depth_m > 0)
    return float((scene.depth_m[hand] ** 2).sum()) / (scene.camera.fx * scene.camera.fy)


def render_empty_scene(rng: np.random.Generator, model: HandModel) -> Scene:
    """What a localiser might mistake for a hand: arm stumps, heads, boxes, bottles."""
    centre = _sample_position(rng)
    meshes: list[tuple[int, Mesh]] = []
    if rng.random() < 0.35:
        vertices, faces = forearm_mesh(rng, model.rest_keypoints())
        vertices = vertices - vertices.mean(0) + rng.normal(0, 0.05, 3)
        meshes.append((ARM, (vertices @ sample_view(rng).T + centre, faces)))
    for _ in range(int(rng.integers(0 if meshes else 1, 4))):
        size = np.exp(rng.uniform(np.log(0.015), np.log(0.12), 3))
        place = centre + rng.normal(0, 0.06, 3)
        meshes.append((CLUTTER, _blob(rng, place, size)))
    return render_patch(rng, meshes, centre, None, None)


def _place(
    rng: np.random.Generator, model: HandModel, pose: HandPose
) -> tuple[HandPose, PosedHand]:
    """Move a hand into the camera's view, nothing nearer than 13 cm."""
    target = _sample_position(rng)
    keypoints = pose_hand(model, pose).keypoints
    pose = replace(pose, wrist_position=target - hand_centre(keypoints))
    hand = pose_hand(model, pose)
    missing = 0.13 - hand.vertices[:, 2].min()
    if missing > 0:
        pose = replace(pose, wrist_position=pose.wrist_position + np.array([0, 0, missing]))
        hand = pose_hand(model, pose)
    return pose, hand


def _sample_position(rng: np.random.Generator) -> Float64:
    distance = rng.uniform(0.25, 0.85) if rng.random() < 0.85 else rng.uniform(0.25, 0.40)
    return distance * np.array([rng.uniform(-0.45, 0.45), rng.uniform(-0.38, 0.38), 1.0])


def _second_hand(rng: np.random.Generator, model: HandModel, hand: PosedHand) -> Mesh:
    """Another hand beside or behind the first, either side."""
    other_model = model.mirrored() if rng.random() < 0.75 else model
    pose = HandPose(sample_view(rng), np.zeros(3), sample_angles(rng, model), sample_shape(rng))
    other = pose_hand(other_model, pose)
    direction = rng.normal(size=3) * np.array([1.0, 1.0, 0.5])
    direction[2] = abs(direction[2])
    offset = direction / np.linalg.norm(direction) * rng.uniform(0.09, 0.19)
    move = hand_centre(hand.keypoints) + offset - hand_centre(other.keypoints)
    return other.vertices + move, other_model.faces


def _held_object(rng: np.random.Generator, hand: PosedHand) -> Mesh:
    """A small thing near the palm or behind the fingers."""
    near = hand.keypoints[rng.integers(0, 21)] + rng.normal(0, 0.02, 3) + np.array([0, 0, 0.02])
    return _blob(rng, near, np.exp(rng.uniform(np.log(0.008), np.log(0.05), 3)))


def _blob(rng: np.random.Generator, place: Float64, half_size: Float64) -> Mesh:
    """A turned superquadric: from a box over an ellipsoid to a spindle."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 18), np.linspace(-np.pi / 2, np.pi / 2, 10))
    power = rng.uniform(0.25, 1.2, 2)
    bend = lambda x, p: np.sign(x) * np.abs(x) ** p  # noqa: E731
    ring = bend(np.cos(v), power[0])
    points = np.stack(
        [
            ring * bend(np.cos(u), power[1]),
            ring * bend(np.sin(u), power[1]),
            bend(np.sin(v), power[0]),
        ],
        -1,
    ).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(9), np.arange(17), indexing="ij")
    a = (i * 18 + j).ravel()
    faces = np.concatenate([np.stack([a, a + 1, a + 18], 1), np.stack([a + 1, a + 19, a + 18], 1)])
    return points * half_size @ sample_view(rng).T + place, faces


def render_patch(
    rng: np.random.Generator,
    meshes: list[tuple[int, Mesh]],
    centre: Float64,
    pose: HandPose | None,
    hand: PosedHand | None,
) -> Scene:
    """Meshes, each with HAND, ARM or CLUTTER, in a random sensor's patch around `centre` [3]."""
    camera = sample_patch_camera(rng, centre)
    vertices, faces = join_meshes(*(mesh for _, mesh in meshes))
    hit = cast_depth(camera, vertices, faces)
    labels = np.repeat([part for part, _ in meshes], [len(mesh[1]) for _, mesh in meshes])
    triangle = np.where(hit.triangle == NO_TRIANGLE, 0, hit.triangle)
    return Scene(camera, hit.depth_m, labels[triangle].astype(np.uint8), pose, hand, centre)
