"""Synthetic samples in the person's own domain: exact labels, no real image.

Rendered with the person's shape, poses around those that were fitted, the distance and the focal
length of the person's camera. What the person's sensor does to depth is not known, so it is drawn
as in the first training.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.adaptation.patch import PATCH_CUBES, HandPatch
from engine.adaptation.teacher import Lesson
from engine.hand.articulation import LOWER, UPPER
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, pose_hand
from engine.render.forearm import forearm_mesh
from engine.render.raycast import NO_TRIANGLE, cast_depth, join_meshes
from engine.training.patch_scenes import ARM, HAND, Scene, hand_centre
from engine.training.poses import penetration_m, sample_angles, sample_view
from engine.training.synthesis import Sample, draw_sample

Float64 = npt.NDArray[np.float64]

ANGLE_SIGMA_RAD, TURN_SIGMA_RAD, SHAPE_SIGMA = 0.22, 0.30, 0.15
ANOTHER_POSE, ANOTHER_VIEW = 0.25, 0.15
"""Chances of a pose or view that has nothing to do with the lesson's."""
DEEPEST_M = 0.006


def personal_samples(
    rng: np.random.Generator, model: HandModel, lesson: Lesson, count: int = 2
) -> list[Sample]:
    """Up to `count` noisy crops of one rendered hand like the lesson's."""
    pose = _varied(rng, model, lesson.pose)
    hand = pose_hand(model, pose)
    if hand.vertices[:, 2].min() < 0.12:
        return []
    arm, arm_faces = forearm_mesh(rng, model.rest_keypoints(pose.shape))
    arm = arm @ pose.wrist_rotation.T + pose.wrist_position
    centre = hand_centre(hand.keypoints)
    camera = _square_camera(lesson.sample.patch, centre)
    vertices, faces = join_meshes((hand.vertices, model.faces), (arm, arm_faces))
    hit = cast_depth(camera, vertices, faces)
    triangle = np.where(hit.triangle == NO_TRIANGLE, 0, hit.triangle)
    parts = np.where(triangle < len(model.faces), HAND, ARM).astype(np.uint8)
    scene = Scene(camera, hit.depth_m, parts, pose, hand, centre)
    drawn = (draw_sample(rng, scene) for _ in range(count))
    return [sample for sample in drawn if sample is not None]


def _square_camera(patch: HandPatch, centre: Float64) -> PinholeCamera:
    """The person's pixels, in a square around `centre`."""
    fx, fy = patch.camera.fx, patch.camera.fy
    size = max(round(PATCH_CUBES * patch.cube_m * max(fx, fy) / centre[2]), 24)
    cx, cy = (size - 1) / 2 - np.array([fx, fy]) * centre[:2] / centre[2]
    return PinholeCamera(size, size, fx, fy, float(cx), float(cy))


def _varied(rng: np.random.Generator, model: HandModel, pose: HandPose) -> HandPose:
    """A pose around the given one, whose fingers stay in the same place."""
    angles = _varied_angles(rng, model, pose.angles)
    if rng.random() < ANOTHER_VIEW:
        rotation = sample_view(rng)
    else:
        turn = rotation_from_axis_angle(rng.normal(0, TURN_SIGMA_RAD, 3))
        rotation = turn @ pose.wrist_rotation
    shape = pose.shape + rng.normal(0, SHAPE_SIGMA, pose.shape.shape)
    varied = HandPose(rotation, pose.wrist_position, angles, shape)
    middle = hand_centre(pose_hand(model, pose).keypoints)
    moved = (
        middle + rng.normal(0, [0.01, 0.01, 0.03]) - hand_centre(pose_hand(model, varied).keypoints)
    )
    return replace(varied, wrist_position=pose.wrist_position + moved)


def _varied_angles(rng: np.random.Generator, model: HandModel, angles: Float64) -> Float64:
    """Angles near the given ones, without fingers deep inside each other."""
    if rng.random() < ANOTHER_POSE:
        return sample_angles(rng, model)
    for _ in range(6):
        noise = rng.normal(0, ANGLE_SIGMA_RAD * rng.uniform(0.3, 1.5), angles.shape)
        varied: Float64 = np.clip(angles + noise, LOWER, UPPER)
        if penetration_m(model, varied) < DEEPEST_M:
            return varied
    return angles
