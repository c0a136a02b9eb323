"""Error after taking out what a data set merely *means* differently by a joint.

One set puts a knuckle inside the joint, another at the skin fold between two fingers. Such a
difference is constant in the frame of the bone that starts at the joint, so it can be learnt as one
offset a joint. It is learnt on one half of the frames and applied to the other, and the other way
round; no frame takes part in its own correction.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.evaluation.metrics import joint_errors
from engine.messages import Float64

FloatArray = npt.NDArray[np.floating]

INDEX_MCP, PINKY_MCP = 5, 17
THUMB = (1, 2, 3, 4)
TIPS = (4, 8, 12, 16, 20)
BONE_ENDS = np.array(
    [9] + [joint + 1 if joint not in TIPS else joint for joint in range(1, 21)], np.intp
)
BONE_STARTS = np.array([joint if joint not in TIPS else joint - 1 for joint in range(21)], np.intp)
"""The bone that starts at a joint; at a fingertip the bone that ends there; at the wrist the middle
metacarpal."""


def bone_frames(joints: FloatArray) -> Float64:
    """Rotations [N, 21, 3, 3], R_camera_from_bone, from the joints [N, 21, 3] of right hands.

    First axis along the bone; the others from the palm, so that they turn with the hand. The
    fingers take the palm's width, their flexion axis. A thumb can point along that, so it takes
    the direction between the palm's normal and its backward axis, which it never points along.
    """
    joints = np.asarray(joints, np.float64)
    along = _unit(joints[:, BONE_ENDS] - joints[:, BONE_STARTS])
    across = _unit(joints[:, PINKY_MCP] - joints[:, INDEX_MCP])
    forward = joints[:, [INDEX_MCP, PINKY_MCP]].mean(1) - joints[:, 0]
    normal = _unit(np.cross(across, forward))
    forward = np.cross(normal, across)
    reference = np.repeat(across[:, None], joints.shape[1], 1)
    reference[:, THUMB] = (normal - forward)[:, None]
    third = _unit(np.cross(along, reference))
    return np.stack([along, np.cross(third, along), third], -1)


def definition_aligned_errors(
    predicted: FloatArray, truth: FloatArray, left: npt.NDArray[np.bool_]
) -> Float64:
    """Distances [N, 21] in metres after the offsets of the other half of the frames.

    `left` [N] marks left hands: they are mirrored, so that one offset serves both sides. Needs two
    frames with a hand; all NaN otherwise.
    """
    mirror = np.where(left[:, None, None], [-1.0, 1.0, 1.0], 1.0)
    p, t = np.asarray(predicted, np.float64) * mirror, np.asarray(truth, np.float64) * mirror
    errors = np.full(p.shape[:2], np.nan)
    found = np.flatnonzero(np.isfinite(p).all((1, 2)))
    if len(found) < 2:
        return errors
    frames = bone_frames(p[found])
    local = np.einsum("njba,njb->nja", frames, t[found] - p[found])
    for learn, apply in ((0, 1), (1, 0)):
        offset = _mean_of_finite(local[learn::2])
        corrected = p[found[apply::2]] + np.einsum("njab,jb->nja", frames[apply::2], offset)
        errors[found[apply::2]] = joint_errors(corrected, t[found[apply::2]])
    return errors


def _mean_of_finite(values: Float64) -> Float64:
    """Mean over the first axis without NaN; NaN where nothing is finite."""
    finite = np.isfinite(values)
    count = finite.sum(0)
    total = np.where(finite, values, 0.0).sum(0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _unit(vectors: Float64) -> Float64:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float64)
