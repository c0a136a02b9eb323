"""Synthetic hands for the fusion network: before one camera, or amid several."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.adaptation.patch import HandPatch
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, PosedHand
from engine.messages import Float64
from engine.render.forearm import forearm_mesh
from engine.training.patch_scenes import (
    ARM,
    HAND,
    MIN_VISIBLE_M2,
    Mesh,
    Scene,
    hand_centre,
    render_hand_scene,
    render_patch,
    visible_m2,
)
from engine.training.synthesis import cube_around, observed_depth

APART_RAD = np.radians([15.0, 120.0])
"""Angle between the views of two cameras of a rig."""
NEAREST_M = 0.12
TRACKED_M = 0.006
"""Deviation of a tracked hand's centre from the true one."""
_TRIES = 8


@dataclass(frozen=True, slots=True)
class SeenHand:
    """A hand as one or more cameras see it, and the truth in the rig's frame."""

    views: tuple[tuple[HandPatch, RigidTransform], ...]
    """Patch and T_rig_from_camera of each camera."""
    pose: HandPose
    keypoints: Float64
    """[21, 3] metres."""


def one_camera_hand(rng: np.random.Generator, model: HandModel) -> SeenHand:
    """A hand in front of one camera; the rig's frame is the camera's."""
    scene = render_hand_scene(rng, model)
    pose, hand = _contents(scene)
    return SeenHand(((_patch(rng, scene), RigidTransform.identity()),), pose, hand.keypoints)


def rig_hand(rng: np.random.Generator, model: HandModel, cameras: int) -> SeenHand:
    """A hand with a forearm amid `cameras` cameras; the rig's frame is the first camera's."""
    pose, hand = _contents(render_hand_scene(rng, model))
    vertices, faces = forearm_mesh(rng, model.rest_keypoints(pose.shape))
    arm = vertices @ pose.wrist_rotation.T + pose.wrist_position
    meshes: list[tuple[int, Mesh]] = [(HAND, (hand.vertices, model.faces)), (ARM, (arm, faces))]
    views = [_seen_from(rng, RigidTransform.identity(), meshes, pose, hand)]
    transforms = [RigidTransform.identity()]
    for _ in range(cameras - 1):
        T_camera_from_rig, scene = _another_view(rng, meshes, pose, hand)
        views.append(scene)
        transforms.append(T_camera_from_rig.inverse())
    patches = [_patch(rng, scene) for scene in views]
    return SeenHand(tuple(zip(patches, transforms, strict=True)), pose, hand.keypoints)


def _contents(scene: Scene) -> tuple[HandPose, PosedHand]:
    assert scene.pose is not None
    assert scene.hand is not None
    return scene.pose, scene.hand


def _patch(rng: np.random.Generator, scene: Scene) -> HandPatch:
    """What a tracker would cut out of a random sensor's image of the scene."""
    centre = scene.centre + rng.normal(0, TRACKED_M, 3)
    return HandPatch(scene.camera, observed_depth(rng, scene), centre, cube_around(scene.hand))


def _another_view(
    rng: np.random.Generator, meshes: list[tuple[int, Mesh]], pose: HandPose, hand: PosedHand
) -> tuple[RigidTransform, Scene]:
    """T_camera_from_rig and scene of a random camera that sees enough of the hand, if one does."""
    for _ in range(_TRIES):
        T = _camera_around(rng, hand)
        scene = _seen_from(rng, T, meshes, pose, hand)
        if visible_m2(scene) > MIN_VISIBLE_M2:
            break
    return T, scene


def _camera_around(rng: np.random.Generator, hand: PosedHand) -> RigidTransform:
    """T_camera_from_rig of a camera elsewhere that looks roughly at the hand."""
    axis = np.array([rng.normal(0, 0.5), 1.0, rng.normal(0, 0.3)])
    angle = rng.uniform(*APART_RAD) * rng.choice([-1.0, 1.0])
    roll = rotation_from_axis_angle(np.array([0.0, 0.0, rng.normal(0, 0.3)]))
    R = roll @ rotation_from_axis_angle(axis / np.linalg.norm(axis) * angle)
    distance = rng.uniform(0.25, 0.85)
    middle = distance * np.array([rng.uniform(-0.35, 0.35), rng.uniform(-0.3, 0.3), 1.0])
    centre = hand_centre(hand.keypoints)
    nearest = ((hand.vertices - centre) @ R[2]).min() + distance
    middle[2] += max(0.0, NEAREST_M - nearest)
    return RigidTransform(R, middle - R @ centre)


def _seen_from(
    rng: np.random.Generator,
    T_camera_from_rig: RigidTransform,
    meshes: list[tuple[int, Mesh]],
    pose: HandPose,
    hand: PosedHand,
) -> Scene:
    T = T_camera_from_rig
    moved: list[tuple[int, Mesh]] = [
        (part, (T.apply(vertices), faces)) for part, (vertices, faces) in meshes
    ]
    seen = PosedHand(T.apply(hand.vertices), T.apply(hand.keypoints))
    turned = replace(
        pose,
        wrist_rotation=T.rotation @ pose.wrist_rotation,
        wrist_position=T.apply(pose.wrist_position),
    )
    return render_patch(rng, moved, hand_centre(seen.keypoints), turned, seen)
