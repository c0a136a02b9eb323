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
MOST_FEATURES = 1500
CONSENSUS_PX = 2.0
"""Matches that no epipolar geometry explains to this are taken to be wrong."""
GOOD_PX = 3.0
LEAST_MATCHES = 20
LEAST_AGREEING = 0.4
"""Of the matches, that some one geometry must explain: fewer agree by chance."""
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
    """What pictures say of a rig; `known` is False where they show too little."""

    known: bool
    error: EpipolarError
    recalibrate: bool
    sentence: str
    calibrated_px: float | None = None
    """What the error was after the calibration; None where nobody noted it."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Pixels [N, 2] of what seems to be the same things in two pictures, right or wrong."""

    left_px: Matrix
    right_px: Matrix

    def __len__(self) -> int:
        return len(self.left_px)


def together(found: Sequence[Matches]) -> Matches:
    """Of several pairs of one rig."""
    nothing = np.zeros((0, 2))
    return Matches(
        np.concatenate([nothing, *(matches.left_px for matches in found)]),
        np.concatenate([nothing, *(matches.right_px for matches in found)]),
    )


def matched_features(
    left: Gray | Sequence[Gray], right: Gray | Sequence[Gray]
) -> tuple[Matrix, Matrix]:
    """Pixels [N, 2] of the same things in a pair of pictures [H, W], or in several pairs together.

    SIFT features, mutually best and distinct, that agree on SOME epipolar geometry; which one is
    left open, so that a rig is judged by matches that it did not choose.
    """
    lefts = [left] if isinstance(left, np.ndarray) else left
    rights = [right] if isinstance(right, np.ndarray) else right
    found = [distinct_matches(a, b) for a, b in zip(lefts, rights, strict=True)]
    agreeing = in_consensus(together(found))
    return agreeing.left_px, agreeing.right_px


def distinct_matches(left: Gray, right: Gray, still: Gray | None = None) -> Matches:
    """Mutually best matches of a pair of pictures [H, W], right or wrong.

    `still` [H, W]: 0 where nothing of the left picture is to be looked at.
    """
    sift = cv2.SIFT.create(nfeatures=MOST_FEATURES)
    points_a, words_a = sift.detectAndCompute(left, still)
    points_b, words_b = sift.detectAndCompute(right, None)
    if words_a is None or words_b is None or min(len(words_a), len(words_b)) < 2:
        return together(())
    forth = _best(np.asarray(words_a, np.float32), np.asarray(words_b, np.float32))
    back = _best(np.asarray(words_b, np.float32), np.asarray(words_a, np.float32))
    pairs = [(a, b) for a, b in forth.items() if back.get(b) == a]
    pixels_a = np.array([points_a[a].pt for a, _ in pairs], np.float64).reshape(-1, 2)
    pixels_b = np.array([points_b[b].pt for _, b in pairs], np.float64).reshape(-1, 2)
    return Matches(pixels_a, pixels_b)


def in_consensus(matches: Matches) -> Matches:
    """Those that agree on some one epipolar geometry; none where hardly any do."""
    nothing = together(())
    if len(matches) < 8:
        return nothing
    cv2.setRNGSeed(0)
    _, good = cv2.findFundamentalMat(
        matches.left_px, matches.right_px, cv2.USAC_MAGSAC, CONSENSUS_PX, 0.999, 10_000
    )
    keep = np.ravel(good).astype(bool) if good is not None else np.zeros(len(matches), bool)
    if keep.mean() < LEAST_AGREEING:
        return nothing
    return Matches(matches.left_px[keep], matches.right_px[keep])


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
    left_px: Matrix,
    right_px: Matrix,
    rig: StereoRig,
    calibrated_px: float | None = None,
    least_matches: int = LEAST_MATCHES,
) -> DriftCheck:
    """Whether matched pixels [N, 2] still fit a rig whose rows fitted to `calibrated_px`.

    The median counts, because some matches are always wrong.
    """
    error = epipolar_error(left_px, right_px, rig)
    if error.matches < least_matches:
        sentence = (
            "Too little texture to tell whether the cameras still stand as they were calibrated: "
            f"{least_matches} matched points are needed, found {error.matches}; show both cameras "
            "something with texture, such as a full shelf or a printed page."
        )
        return DriftCheck(False, error, False, sentence, calibrated_px)
    scale = max(rig.left.size_px[0] / REFERENCE_WIDTH_PX, 1.0)
    was = "" if calibrated_px is None else f", and were {calibrated_px:.1f} px then"
    if error.median_px > DRIFT_PX * scale + (calibrated_px or 0.0):
        sentence = (
            "The cameras have moved since they were calibrated: matched points are "
            f"{error.median_px:.1f} px off their lines{was}; calibrate again."
        )
        return DriftCheck(True, error, True, sentence, calibrated_px)
    sentence = (
        "The cameras stand as they were calibrated: matched points are "
        f"{error.median_px:.1f} px off their lines{was}."
    )
    return DriftCheck(True, error, False, sentence, calibrated_px)


def _best(words: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> dict[int, int]:
    """The distinctly best match of each feature that has one."""
    found = cv2.BFMatcher(cv2.NORM_L2).knnMatch(words, others, k=2)
    return {a.queryIdx: a.trainIdx for a, b in found if a.distance < RATIO * b.distance}


def _homogeneous(points: Matrix) -> Matrix:
    return np.concatenate([points, np.ones_like(points[..., :1])], -1)
