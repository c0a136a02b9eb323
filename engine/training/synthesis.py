"""Training samples for the single-view network: many noisy crops of one rendered hand.

From one scene (patch_scenes.py) several samples are drawn, each with its own noise, background,
crop and in-plane turn, since a render costs more than the rest. Nothing real is involved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.hand.keypoints import palm_size
from engine.hand.model import HandModel
from engine.hand.skinning import PosedHand
from engine.inference.crops import CUBE_M, Crop, cube_for, extract_crop
from engine.inference.single_view import pose_vector
from engine.messages import Float32
from engine.render.sensor_noise import correlated_noise
from engine.render.sensors import apply_sensor, sample_sensor
from engine.training.patch_scenes import (
    ARM,
    PATCH_CUBES,
    Scene,
    render_empty_scene,
    render_hand_scene,
)

WRONG_SIDE_SHARE = 0.12
"""Samples whose crop shows the other hand: what tells left from right at run time."""


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
    return CUBE_M if hand is None else cube_for(palm_size(hand.keypoints))


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
