"""Errors of 21 joints against truth: distances, alignments, shares, jitter, latency.

Pure functions on arrays in metres, camera frame. Joints are [N, 21, 3] in the order of the
21-keypoint standard (wrist, then thumb, index, middle, ring, pinky, each from the palm outwards).
NaN truth marks a joint that a data set does not have; NaN predictions mark a hand that was not
found. Both are left out of every mean, never counted as zero.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.keypoints import PALM_KEYPOINTS
from engine.messages import Float64

FloatArray = npt.NDArray[np.floating]

WRIST = 0
MIDDLE_MCP = 9


def joint_errors(predicted: FloatArray, truth: FloatArray) -> Float64:
    """Distances [N, 21] in metres; NaN where either side is NaN."""
    difference = np.asarray(predicted, np.float64) - truth
    return np.asarray(np.linalg.norm(difference, axis=-1), np.float64)


def mean_error(errors: FloatArray, joints: tuple[int, ...] | None = None) -> float:
    """Mean of the distances [N, 21] over all joints, or those listed; NaN where there are none."""
    chosen = np.asarray(errors)[:, list(joints)] if joints is not None else np.asarray(errors)
    valid = chosen[np.isfinite(chosen)]
    return float(valid.mean()) if valid.size else float("nan")


def root_relative_errors(predicted: FloatArray, truth: FloatArray) -> Float64:
    """Distances [N, 21] after moving both roots to the origin.

    The root is the wrist, or the middle MCP in sets without a wrist. The root itself becomes NaN:
    its error is zero by construction and would flatter the mean.
    """
    root = WRIST if np.isfinite(np.asarray(truth)[:, WRIST]).any() else MIDDLE_MCP
    shifted = np.asarray(predicted, np.float64) - np.asarray(predicted)[:, root : root + 1]
    errors = joint_errors(shifted, truth - np.asarray(truth)[:, root : root + 1])
    errors[:, root] = np.nan
    return errors


def similarity(source: FloatArray, target: FloatArray) -> tuple[float, Float64, Float64]:
    """Scale, rotation [3, 3], translation [3] that map source [K, 3] to target [K, 3] best.

    Least squares without reflection (Umeyama, PAMI 1991). Needs three points off one line.
    """
    source_mean, target_mean = source.mean(0), target.mean(0)
    a, b = source - source_mean, target - target_mean
    U, singular, Vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(U @ Vt))])
    rotation = (U * sign) @ Vt
    scale = float((singular * sign).sum() / (a**2).sum())
    return scale, rotation, target_mean - scale * rotation @ source_mean


def similarity_aligned_errors(predicted: FloatArray, truth: FloatArray) -> Float64:
    """Distances [N, 21] after each frame's own best similarity ("PA-MPJPE")."""
    errors = np.full(np.shape(truth)[:2], np.nan)
    for k, (p, t) in enumerate(zip(predicted, truth, strict=True)):
        valid = np.isfinite(p).all(-1) & np.isfinite(t).all(-1)
        if valid.sum() < 3:
            continue
        scale, rotation, translation = similarity(p[valid], t[valid])
        aligned = scale * p[valid] @ rotation.T + translation
        errors[k, valid] = np.linalg.norm(aligned - t[valid], axis=-1)
    return errors


def pixel_errors(predicted: FloatArray, truth: FloatArray, cameras: list[PinholeCamera]) -> Float64:
    """Distances [N, 21] in pixels, each frame in its own camera."""
    errors = [
        np.linalg.norm(camera.project(p) - camera.project(t), axis=-1)
        for p, t, camera in zip(predicted, truth, cameras, strict=True)
    ]
    return np.asarray(errors, np.float64).reshape(-1, np.shape(truth)[1])


def share_within(errors: FloatArray, limit_m: float) -> float:
    """Share of the frames [N, 21] whose worst joint is nearer than the limit.

    A frame without a hand (all NaN) counts as outside.
    """
    errors = np.asarray(errors)
    if not len(errors):
        return float("nan")
    worst = np.where(np.isfinite(errors), errors, -np.inf).max(-1)
    return float(((worst > -np.inf) & (worst < limit_m)).mean())


def palm_distance(predicted: FloatArray, truth: FloatArray) -> float:
    """Distance in metres of two hands' palm centres, from the joints [21, 3] that both have."""
    palm = list(PALM_KEYPOINTS)
    p, t = np.asarray(predicted)[palm], np.asarray(truth)[palm]
    valid = np.isfinite(p).all(-1) & np.isfinite(t).all(-1)
    if not valid.any():
        p, t = np.asarray(predicted), np.asarray(truth)
        valid = np.isfinite(p).all(-1) & np.isfinite(t).all(-1)
    if not valid.any():
        return float("inf")
    return float(np.linalg.norm(p[valid].mean(0) - t[valid].mean(0)))


def jitter(tracks: list[Float64], still_m: float = 0.004, span: int = 9) -> float:
    """Noise of a resting hand's joints in metres: [T, 21, 3] of consecutive frames a track.

    A frame belongs to a still span when the mean joint moved less than `still_m` between the first
    and the last third of the `span` frames around it. In those, the second difference of each
    joint, over sqrt(6): for white noise of s metres (root mean square, 3D) this gives s, and slow
    motion at constant speed adds nothing. NaN where no hand rested.
    """
    squares = [_still_second_differences(track, still_m, span) for track in tracks]
    stacked = np.concatenate(squares) if squares else np.empty(0)
    return float(np.sqrt(stacked.mean() / 6.0)) if stacked.size else float("nan")


def _still_second_differences(track: Float64, still_m: float, span: int) -> Float64:
    """Squared second differences of the still frames of one track, flattened."""
    if len(track) < span:
        return np.empty(0)
    third = span // 3
    centre = np.lib.stride_tricks.sliding_window_view(track.mean(1), span, axis=0)  # [W, 3, span]
    drift = np.linalg.norm(centre[..., :third].mean(-1) - centre[..., -third:].mean(-1), axis=-1)
    middle = np.flatnonzero(drift < still_m) + span // 2
    second = track[middle - 1] - 2.0 * track[middle] + track[middle + 1]
    return np.asarray((second**2).sum(-1).ravel(), np.float64)
