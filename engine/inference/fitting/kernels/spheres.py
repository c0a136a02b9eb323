"""Spheres along the finger bones that keep the fingers out of each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import JOINT_KEYPOINTS
from engine.hand.model import HandModel

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

# Flesh gives way: touching fingers flatten by about this share of their thickness.
_SOFTNESS = 0.88
_NEIGHBOURS = 12


class FingerSpheres(NamedTuple):
    """Spheres on the phalanges of a model, and the pairs that must not overlap."""

    keypoint: Int64
    """[S] the keypoint k at which the sphere's phalanx k, k + 1 begins."""
    share: Float64
    """[S] how far along the phalanx the sphere sits."""
    joint: Int64
    """[S] articulated joint 1..15 that carries it."""
    skin: Int64
    """[S, 12] surface points around the sphere; their mean distance is its thickness."""
    softness: Float64
    """[S] radius as a share of the thickness."""
    pairs: Int64
    """[K, 2] spheres of different fingers."""


def finger_spheres(model: HandModel) -> FingerSpheres:
    """Two spheres a phalanx (the thumb's metacarpal included), as thick as the surface there."""
    joint = np.repeat(np.arange(1, 16), 2)
    keypoint = np.array(JOINT_KEYPOINTS)[joint]
    share = np.array([share for j in range(1, 16) for share in _shares(j)])
    rest = model.rest_keypoints()
    centre = rest[keypoint] + share[:, None] * (rest[keypoint + 1] - rest[keypoint])
    surface = model.points[: model.vertex_count]
    distance = np.linalg.norm(surface[None] - centre[:, None], axis=2)
    skin = np.argsort(distance, axis=1)[:, :_NEIGHBOURS]
    thickness = np.take_along_axis(distance, skin, 1).mean(1)
    finger = (joint - 1) // 3
    pairs = np.stack(np.triu_indices(len(centre), 1), 1)
    pairs = pairs[finger[pairs[:, 0]] != finger[pairs[:, 1]]]
    return FingerSpheres(
        keypoint=keypoint.astype(np.int64),
        share=share,
        joint=joint.astype(np.int64),
        skin=skin.astype(np.int64),
        softness=_without_rest_overlap(centre, thickness, pairs),
        pairs=np.ascontiguousarray(pairs, np.int64),
    )


def _shares(joint: int) -> tuple[float, float]:
    if joint == 1 or (joint >= 4 and joint % 3 == 1):
        return 0.45, 0.8  # the bases of the fingers touch by nature
    return (0.1, 0.8) if joint % 3 == 0 else (0.15, 0.6)


def _without_rest_overlap(centre: Float64, thickness: Float64, pairs: Int64) -> Float64:
    """Softness [S] at which no spheres overlap in the rest pose, which is a natural one."""
    softness = np.full(len(centre), _SOFTNESS)
    for a, b in pairs:
        reach = softness[a] * thickness[a] + softness[b] * thickness[b]
        gap = np.linalg.norm(centre[a] - centre[b]) / reach
        if gap < 1:
            softness[[a, b]] *= gap
    return softness
