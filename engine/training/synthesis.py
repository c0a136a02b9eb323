"""Training samples for the single-view network: a rendered scene around one hand, then many crops.

A scene is rendered at the resolution of its (random) sensor in a patch around the hand; from one
scene several samples are drawn, each with its own noise, background, crop and in-plane turn, since
a render costs more than the rest. Nothing real is involved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, PosedHand, pose_hand
from engine.inference.crops import CUBE_M, Crop, extract_crop
from engine.inference.single_view import pose_vector
from engine.render.forearm import forearm_mesh
from engine.render.raycast import NO_TRIANGLE, cast_depth, join_meshes
from engine.render.sensor_noise import apply_sensor, correlated_noise, sample_sensor
from engine.training.poses import sample_angles, sample_shape, sample_view

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Mesh = tuple[npt.NDArray[np.floating], npt.NDArray[np.integer]]

PATCH_CUBES = 1.5
"""Side of the rendered patch in cubes: room for crop jitter and in-plane turns."""
MAX_PATCH_PX = 176
MIN_VISIBLE_M2 = 0.0022
"""Hand surface that the camera must see; an adult fist shows about 0.004 m2, a flat hand 0.013."""

WRONG_SIDE_SHARE = 0.12
"""Samples whose crop shows the other hand: what tells left from right at run time."""

HAND, ARM, CLUTTER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Sample:
    """One input and its targets, in crop coordinates."""

    image: Float32
    """[128, 128]."""
    joints: Float32
    """[21, 3] crop coordinates (u, v, d)."""
    pose: Float32
    """[41]: 22 angles, 10 shape coefficients, first two columns of R_ray_from_hand, wrist position
    relative to the crop's centre in the ray frame, in half cubes."""
    present: float
    """1 where there is a hand."""
    same_side: float
    """1 where the hand is the side that the crop claims."""
    half_cube_m: float


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


def draw_sample(rng: np.random.Generator, scene: Scene) -> Sample | None:
    """One noisy crop of a scene; None where too little of the hand would be left."""
    depth = observed_depth(rng, scene)
    crop = _jittered_crop(rng, scene)
    wrong_side = scene.hand is not None and rng.random() < WRONG_SIDE_SHARE
    if wrong_side:
        crop = replace(crop, mirror=True)
    image = extract_crop(depth, crop)
    if scene.hand is not None and np.count_nonzero(image < 0.99) < 250:
        return None
    return _with_targets(scene, crop, image, wrong_side)


def observed_depth(rng: np.random.Generator, scene: Scene) -> Float32:
    """The scene's patch [H, W] as a random sensor shows it: background, noise, losses."""
    depth = _without_part_of_arm(rng, scene)
    depth = _with_background(rng, scene, depth)
    depth = apply_sensor(sample_sensor(rng), depth, rng)
    if rng.random() < 0.1:
        depth = _cut_by_image_border(rng, depth)
    return depth


def _with_targets(scene: Scene, crop: Crop, image: Float32, wrong_side: bool) -> Sample:
    joints, pose = np.zeros((21, 3), np.float32), np.zeros(41, np.float32)
    if scene.hand is not None and scene.pose is not None and not wrong_side:
        joints = crop.from_camera(scene.hand.keypoints).astype(np.float32)
        pose = pose_vector(crop, scene.pose).astype(np.float32)
    return Sample(
        image=image,
        joints=joints,
        pose=pose,
        present=float(scene.hand is not None),
        same_side=float(not wrong_side),
        half_cube_m=0.5 * crop.cube_m,
    )


def _jittered_crop(rng: np.random.Generator, scene: Scene) -> Crop:
    tracked = rng.random() < 0.65
    jitter = rng.normal(0, 0.009, 3) if tracked else rng.uniform(-0.038, 0.038, 3)
    cube = cube_around(scene.hand) * rng.uniform(0.84, 1.2)
    return Crop(scene.camera, scene.centre + jitter, cube, turn=rng.uniform(-np.pi, np.pi))


def cube_around(hand: PosedHand | None) -> float:
    """Side of the cube for a hand of this size, metres."""
    if hand is None:
        return CUBE_M
    palm = np.linalg.norm(hand.keypoints[9] - hand.keypoints[0]) / 0.09
    return CUBE_M * float(np.clip(palm, 0.8, 1.15)) ** 0.5


def _without_part_of_arm(rng: np.random.Generator, scene: Scene) -> Float32:
    """Some localisers and sensors lose the arm, or part of it."""
    chance = rng.random()
    arm = (scene.parts == ARM) & (scene.depth_m > 0)
    if chance < 0.08:
        return np.where(arm, 0, scene.depth_m).astype(np.float32)
    if chance < 0.18:
        rows, columns = np.indices(scene.depth_m.shape)
        pixels = np.stack([columns, rows], -1)
        points = scene.camera.unproject(pixels, scene.depth_m)
        far = np.linalg.norm(points - scene.centre, axis=-1) > rng.uniform(0.09, 0.15)
        return np.where(arm & far, 0, scene.depth_m).astype(np.float32)
    return scene.depth_m


def _with_background(rng: np.random.Generator, scene: Scene, depth: Float32) -> Float32:
    """A plane, a body-like bulge or nothing behind the hand."""
    kind = rng.random()
    if kind > 0.48:
        return depth
    size = len(depth)
    v, u = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    seen = depth[depth > 0]
    far = float(np.percentile(seen[::7], 95)) if len(seen) > 50 else scene.centre[2]
    half = 0.5 * PATCH_CUBES * CUBE_M
    base = max(scene.centre[2], min(far, scene.centre[2] + 0.09)) + rng.uniform(0.004, 0.15)
    tilt = rng.normal(0, 0.5 if kind < 0.28 else 0.2, 2)
    background = base + half * (tilt[0] * u + tilt[1] * v)
    if kind > 0.28:  # a body is round
        at = rng.uniform(-0.8, 0.8, 2)
        curvature = rng.uniform(0.1, 1.0), rng.uniform(0, 0.4)
        background += half * (curvature[0] * (u - at[0]) ** 2 + curvature[1] * (v - at[1]) ** 2)
    if rng.random() < 0.35:  # its edge lies in the picture
        angle = rng.uniform(0, 2 * np.pi)
        ragged = correlated_noise(np.ones_like(depth), 0.15, rng) - 1
        side = np.cos(angle) * u + np.sin(angle) * v + ragged
        background = np.where(side > rng.uniform(-0.6, 0.6), background, 0)
    behind = (depth > 0) & ((background <= 0) | (depth < background))
    return np.where(behind, depth, np.maximum(background, 0)).astype(np.float32)


def _cut_by_image_border(rng: np.random.Generator, depth: Float32) -> Float32:
    """The hand is partly outside the picture."""
    depth = depth.copy()
    keep = int(rng.uniform(0.62, 1.0) * len(depth))
    turns = int(rng.integers(0, 4))
    np.rot90(depth, turns)[keep:] = 0
    return depth


def sample_stream(seed: int, model: HandModel, samples_per_scene: int = 5) -> Iterator[Sample]:
    """Endless samples of a seed."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    while True:
        empty = rng.random() < 0.06
        scene = render_empty_scene(rng, model) if empty else render_hand_scene(rng, model)
        for _ in range(1 if empty else samples_per_scene):
            sample = draw_sample(rng, scene)
            if sample is not None:
                yield sample
