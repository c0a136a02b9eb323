"""The single-view network on crops of a depth image: joints, a pose, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.hand.articulation import LOWER, UPPER
from engine.hand.skinning import HandPose
from engine.inference.backend import Backend, NetworkFile
from engine.inference.crops import CROP_SIZE, Crop, extract_crop, ray_rotation
from engine.inference.depth_view import DepthView
from engine.weights_manifest import verified_weights

Float64 = npt.NDArray[np.float64]

WEIGHTS_NAME = "single_view_depth.safetensors"

SURE_M = 0.012
"""Spread of the votes at which a joint's confidence is one half."""


@dataclass(frozen=True, slots=True)
class NetworkHand:
    """What the network says of one crop, in the frame of the view (a right hand)."""

    joints: Float64
    """[21, 3] metres: the joint maps' answer."""
    confidence: Float64
    """[21] in 0..1, from the spread of the votes."""
    pose: HandPose
    """The parameter head's answer."""
    presence: float
    """Probability 0..1 that there is a hand."""
    same_side: float
    """Probability 0..1 that it is a right hand in this view."""


class SingleViewInference:
    """Runs crops through a backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def warm_up(self) -> None:
        """Run once on an empty crop.

        Runtimes set themselves up in their first call. OpenVINO's Python side hangs for ever where
        two threads make that first call at the same time, so it must be made here, one by one.
        """
        self._backend.run(np.ones((1, 1, CROP_SIZE, CROP_SIZE), np.float32))

    def infer(self, views: Sequence[DepthView], crops: Sequence[Crop]) -> list[NetworkHand]:
        """One answer per (view, crop) pair."""
        images = np.stack(
            [extract_crop(view.depth_m, crop) for view, crop in zip(views, crops, strict=True)]
        )
        outputs = self._backend.run(images[:, None])
        return [
            _network_hand(crop, *(outputs[name][k] for name in _OUTPUTS))
            for k, crop in enumerate(crops)
        ]


def single_view_network(weights: Path | None = None) -> NetworkFile:
    """The shipped single-view network, or the one of a file of weights.

    Raises:
        WeightsError: the shipped weights are missing or damaged.
    """
    return NetworkFile(weights or verified_weights(WEIGHTS_NAME), _export)


def _export(weights: Path, onnx_path: Path) -> None:
    from engine.nets.weights_file import export_onnx  # torch, only with a cold cache

    export_onnx(weights, onnx_path)


_OUTPUTS = ("joints", "spread", "pose", "logits")


def _network_hand(
    crop: Crop,
    joints: npt.NDArray[np.float32],
    spread: npt.NDArray[np.float32],
    pose: npt.NDArray[np.float32],
    logits: npt.NDArray[np.float32],
) -> NetworkHand:
    spread_m = spread.astype(np.float64) * 0.5 * crop.cube_m
    presence, same_side = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
    return NetworkHand(
        joints=crop.to_camera(joints),
        confidence=1.0 / (1.0 + (spread_m / SURE_M) ** 2),
        pose=pose_from_vector(crop, pose.astype(np.float64)),
        presence=float(presence),
        same_side=float(same_side),
    )


def crop_rotation(crop: Crop) -> Float64:
    """R_camera_from_crop [3, 3]: the crop's ray, turned with the crop. Ignores mirroring."""
    c, s = cos(crop.turn), sin(crop.turn)
    R_ray_from_crop = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return ray_rotation(crop.centre) @ R_ray_from_crop


def pose_vector(crop: Crop, pose: HandPose) -> Float64:
    """The parameter head's vector [41] of a pose in the camera frame (engine.nets.pose_vector)."""
    R_crop_from_camera = crop_rotation(crop).T
    R = R_crop_from_camera @ pose.wrist_rotation
    offset = R_crop_from_camera @ (pose.wrist_position - crop.centre) / (0.5 * crop.cube_m)
    return np.concatenate([pose.angles, pose.shape, R[:, 0], R[:, 1], offset])


def pose_from_vector(crop: Crop, vector: Float64) -> HandPose:
    """The pose in the camera frame of a vector [41]; angles are brought within their limits."""
    x = vector[32:35] / max(float(np.linalg.norm(vector[32:35])), 1e-6)
    y = vector[35:38] - x * (x @ vector[35:38])
    y = y / max(float(np.linalg.norm(y)), 1e-6)
    R_camera_from_crop = crop_rotation(crop)
    offset = R_camera_from_crop @ vector[38:41] * (0.5 * crop.cube_m)
    return HandPose(
        wrist_rotation=R_camera_from_crop @ np.stack([x, y, np.cross(x, y)], 1),
        wrist_position=crop.centre + offset,
        angles=np.clip(vector[:22], LOWER, UPPER),
        shape=vector[22:32],
    )
