"""Whether a rig is still as it was calibrated, seen by what is in front of it anyway.

Things that both cameras see must lie on each other's epipolar lines. Where they lie beside them,
a camera was moved, refocused or replaced since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.depth_error import REFERENCE_WIDTH_PX
from calibration.rig import StereoRig

Gray = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

RATIO = 0.75
"""Of a match's distance to the second best one's (Lowe 2004)."""
MOST_FEATURES = 3000
CONSENSUS_PX = 2.0
"""Matches that no epipolar geometry explains to this are taken to be wrong."""
GOOD_PX = 3.0
LEAST_MATCHES = 20
DRIFT_PX = 1.0
"""More than what was calibrated, in a picture 640 wide, from which a rig is to be calibrated
again."""


@dataclass(frozen=True, slots=True)
class EpipolarError:
    """Distances of matched points from the epipolar lines of their partners, in pixels."""

    matches: int
    rms_px: float
    median_px: float
    good_share: float
    """Of the matches, that are within 3 px: the others are wrong matches, or all of them are."""


@dataclass(frozen=True, slots=True)
class DriftCheck:
    """What a pair of pictures says of a rig; `known` is False where it shows too little."""

    known: bool
    error: EpipolarError
    recalibrate: bool
    sentence: str


def matched_features(
    left: Gray | Sequence[Gray], right: Gray | Sequence[Gray]
) -> tuple[Matrix, Matrix]:
    """Pixels [N, 2] of the same things in a pair of pictures [H, W], or in several pairs together.

    SIFT features, mutually best and distinct, that agree on SOME epipolar geometry; which one is
    left open, so that a rig is judged by matches that it did not choose.
    """
    lefts = [left] if isinstance(left, np.ndarray) else left
    rights = [right] if isinstance(right, np.ndarray) else right
    found = [_distinct_matches(a, b) for a, b in zip(lefts, rights, strict=True)]
    a, b = (np.concatenate([pair[k] for pair in found]) for k in range(2))
    return _in_consensus(a, b)


def _distinct_matches(left: Gray, right: Gray) -> tuple[Matrix, Matrix]:
    """Mutually best matches of one pair, right or wrong."""
    sift = cv2.SIFT.create(nfeatures=MOST_FEATURES)
    points_a, words_a = sift.detectAndCompute(left, None)
    points_b, words_b = sift.detectAndCompute(right, None)
    if words_a is None or words_b is None or min(len(words_a), len(words_b)) < 2:
        return np.zeros((0, 2)), np.zeros((0, 2))
    forth = _best(np.asarray(words_a, np.float32), np.asarray(words_b, np.float32))
    back = _best(np.asarray(words_b, np.float32), np.asarray(words_a, np.float32))
    pairs = [(a, b) for a, b in forth.items() if back.get(b) == a]
    pixels_a = np.array([points_a[a].pt for a, _ in pairs], np.float64).reshape(-1, 2)
    pixels_b = np.array([points_b[b].pt for _, b in pairs], np.float64).reshape(-1, 2)
    return pixels_a, pixels_b


def epipolar_error_of_features(
    left: Gray | Sequence[Gray], right: Gray | Sequence[Gray], rig: StereoRig
) -> EpipolarError:
    """The error of what is matched in a pair of pictures, or in several pairs together."""
    return epipolar_error(*matched_features(left, right), rig)


def epipolar_error(left_px: Matrix, right_px: Matrix, rig: StereoRig) -> EpipolarError:
    """The error of pixels [N, 2] of the same points in both pictures."""
    distances = epipolar_distances(left_px, right_px, rig)
    distances = distances[np.isfinite(distances)]
    if not len(distances):
        return EpipolarError(0, np.inf, np.inf, 0.0)
    return EpipolarError(
        len(distances),
        float(np.sqrt((distances**2).mean())),
        float(np.median(distances)),
        float((distances <= GOOD_PX).mean()),
    )


def epipolar_distances(left_px: Matrix, right_px: Matrix, rig: StereoRig) -> Matrix:
    """Distance [N] of each point from its partner's line, root mean square of both pictures."""
    a = _homogeneous(rig.left.undistorted(left_px))
    b = _homogeneous(rig.right.undistorted(right_px))
    lines_right, lines_left = a @ rig.fundamental.T, b @ rig.fundamental
    off = np.abs((b * lines_right).sum(-1))
    in_right = off / np.linalg.norm(lines_right[:, :2], axis=-1)
    in_left = off / np.linalg.norm(lines_left[:, :2], axis=-1)
    return np.sqrt((in_left**2 + in_right**2) / 2)


def check_drift(
    left_px: Matrix, right_px: Matrix, rig: StereoRig, calibrated_px: float = 0.0
) -> DriftCheck:
    """Whether matched pixels [N, 2] still fit a rig whose rows fitted to `calibrated_px`.

    The median counts, because some matches are always wrong.
    """
    error = epipolar_error(left_px, right_px, rig)
    limit = DRIFT_PX * max(rig.left.size_px[0] / REFERENCE_WIDTH_PX, 1.0) + calibrated_px
    if error.matches < LEAST_MATCHES:
        return DriftCheck(
            False,
            error,
            False,
            f"Whether the rig is still calibrated is not known: {LEAST_MATCHES} matched points "
            f"are needed, found {error.matches}; show both cameras something with texture.",
        )
    if error.median_px > limit:
        return DriftCheck(
            True,
            error,
            True,
            f"The rig has changed since it was calibrated: matched points are "
            f"{error.median_px:.1f} px off their lines, and up to {limit:.1f} px is expected; "
            "calibrate again.",
        )
    return DriftCheck(
        True, error, False, f"The rig is as calibrated: {error.median_px:.2f} px off its lines."
    )


def _best(words: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> dict[int, int]:
    """The distinctly best match of each feature that has one."""
    found = cv2.BFMatcher(cv2.NORM_L2).knnMatch(words, others, k=2)
    return {a.queryIdx: a.trainIdx for a, b in found if a.distance < RATIO * b.distance}


def _in_consensus(left_px: Matrix, right_px: Matrix) -> tuple[Matrix, Matrix]:
    if len(left_px) < 8:
        return left_px[:0], right_px[:0]
    cv2.setRNGSeed(0)
    _, good = cv2.findFundamentalMat(
        left_px, right_px, cv2.USAC_MAGSAC, CONSENSUS_PX, 0.999, 10_000
    )
    keep = np.ravel(good).astype(bool) if good is not None else np.zeros(len(left_px), bool)
    return left_px[keep], right_px[keep]


def _homogeneous(points: Matrix) -> Matrix:
    return np.concatenate([points, np.ones_like(points[..., :1])], -1)
