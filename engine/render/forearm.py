"""A forearm to attach to the hand: a tapered elliptic tube with a bent wrist.

Depth cameras see the forearm as a smooth continuation of the hand; an estimator that never saw one
in training takes it for fingers or puts the wrist in it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from calibration.transforms import rotation_from_axis_angle
from engine.hand.keypoints import palm_size
from engine.messages import Float64
from engine.render.mesh import tube_faces

RING_POINTS = 16


def forearm_mesh(
    rng: np.random.Generator, rest_keypoints: Float64
) -> tuple[Float64, npt.NDArray[np.int32]]:
    """Vertices [N, 3] (hand frame, metres) and faces [M, 3] of a random forearm or sleeve."""
    scale = palm_size(rest_keypoints)  # The sizes below are the default hand's.
    bend = np.radians(
        [np.clip(rng.normal(0, 24), -65, 65), 0.0, np.clip(rng.normal(0, 14), -35, 35)]
    )
    R_bend = rotation_from_axis_angle(bend)
    half_bend = rotation_from_axis_angle(0.5 * bend)
    length = rng.uniform(0.15, 0.33)
    width, thickness = scale * rng.uniform(0.025, 0.031), scale * rng.uniform(0.018, 0.023)
    if rng.random() < 0.15:  # a sleeve
        width, thickness = width + rng.uniform(0.002, 0.012), thickness + rng.uniform(0.002, 0.012)
    flare = rng.uniform(0.5, 2.8)
    stations = [(-0.014, np.eye(3), 0.86), (-0.004, np.eye(3), 1.0), (0.006, half_bend, 1.0)]
    stations += [(s, R_bend, 1.0) for s in (0.022, 0.060, 0.6 * length + 0.02, length + 0.02)]
    rings = [_ring(at, R, shrink, width, thickness, flare, scale) for at, R, shrink in stations]
    ends = [np.array([0.0, 0.014, 0.0]), R_bend @ np.array([0.0, -(length + 0.02), 0.0])]
    return np.concatenate([*rings, ends]), tube_faces(len(rings), RING_POINTS)


def _ring(
    at: float,
    R: Float64,
    shrink: float,
    width: float,
    thickness: float,
    flare: float,
    scale: float,
) -> Float64:
    """One elliptic cross-section `at` metres behind the wrist."""
    beyond = max(at, 0.0)
    growth = min(1.0 + flare * beyond * 0.6 / max(scale, 0.5), 1.9)
    roundness = 1.0 + 2.0 * min(beyond, 0.15)
    angle = np.linspace(0, 2 * np.pi, RING_POINTS, endpoint=False)
    x = shrink * growth * width * np.cos(angle)
    z = shrink * growth * thickness * roundness * np.sin(angle)
    return np.stack([x, np.full(RING_POINTS, -at), z], -1) @ R.T
