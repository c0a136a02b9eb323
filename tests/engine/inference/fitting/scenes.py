"""Posed hands and their ideal depth images, for the tests of model fitting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.hand.articulation import LOWER, UPPER
from engine.hand.model import HandModel, load_hand_model
from engine.hand.skinning import HandPose, PosedHand, pose_hand
from engine.inference.fitting import HandFitter, HandObservation, observe_hand
from engine.render.raycast import cast_depth

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]

CAMERA = PinholeCamera(width_px=320, height_px=240, fx=225.0, fy=230.0, cx=160.0, cy=120.0)

# Fingers up, palm or back towards the camera.
R_PALM = np.array([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
R_BACK = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])

BENT = np.radians([5, 10, 0, 10, 0, 15] + [25, 0, 30, 15] * 4).astype(np.float64)


@lru_cache(maxsize=1)
def hand_model() -> HandModel:
    return load_hand_model()


@lru_cache(maxsize=1)
def fitter() -> HandFitter:
    return HandFitter(hand_model())


@dataclass(frozen=True, slots=True)
class SeenHand:
    pose: HandPose
    hand: PosedHand
    depth_m: Float32
    observation: HandObservation


def make_pose(
    rotation: Float64 = R_PALM,
    angles: Float64 = BENT,
    shape: Float64 | None = None,
    at: tuple[float, float, float] = (0.0, 0.09, 0.45),
) -> HandPose:
    return HandPose(rotation, np.array(at), angles, np.zeros(10) if shape is None else shape)


def random_pose(rng: np.random.Generator, spread: float = 0.35) -> HandPose:
    """Palm or back, tilted, somewhat bent, any adult shape."""
    tilt = rotation_from_axis_angle(rng.normal(0, 0.3, 3))
    R = tilt @ (R_PALM if rng.random() < 0.5 else R_BACK)
    angles = np.clip(BENT + spread * rng.normal(size=22) * (UPPER - LOWER) / 4, LOWER, UPPER)
    return make_pose(R, angles, rng.normal(0, 0.8, 10))


def render(pose: HandPose) -> tuple[PosedHand, Float32]:
    hand = pose_hand(hand_model(), pose)
    return hand, cast_depth(CAMERA, hand.vertices, hand_model().faces).depth_m


def see(pose: HandPose) -> SeenHand:
    hand, depth = render(pose)
    observation = observe_hand(depth, CAMERA, hand.keypoints[1:].mean(0))
    assert observation is not None
    return SeenHand(pose, hand, depth, observation)


def disturbed(rng: np.random.Generator, pose: HandPose, size_m: float = 0.010) -> HandPose:
    """A pose whose joints are off by about `size_m`."""
    turn = rotation_from_axis_angle(rng.normal(0, 3.0 * size_m, 3))
    angles = np.clip(pose.angles + rng.normal(0, 15.0 * size_m, 22), LOWER, UPPER)
    shift = rng.normal(0, 0.4 * size_m, 3)
    return HandPose(turn @ pose.wrist_rotation, pose.wrist_position + shift, angles, pose.shape)


def joint_error_m(keypoints: Float64, truth: Float64) -> float:
    return float(np.linalg.norm(keypoints - truth, axis=1).mean())
