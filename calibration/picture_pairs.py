"""Pairs of pictures in two folders, and the board in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import AnyBoard
from calibration.checks import mirrored
from calibration.detect import Detector, create_detector
from calibration.errors import CalibrationCancelled, CalibrationError, CalibrationProblem
from calibration.refinement import Cancelled, never
from calibration.views import View, of_camera

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".pgm", ".webp"})
MIRRORED_TRIES = 5
"""Pictures of a camera without any board that are looked at in a mirror."""
NAMES = ("left", "right")
Found = Callable[[View, int, int], None]
"""Told after each pair: what was seen, how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class PicturePair:
    """Two pictures of one moment."""

    name: str
    """Of both files; once where they are called the same."""
    left: Path
    right: Path


def picture_pairs(left: Path, right: Path) -> tuple[PicturePair, ...]:
    """The pictures of two folders, paired in the order of their names.

    Where all are in one folder, `left` and `right` are patterns such as FOLDER/left*.

    Raises:
        CalibrationError: a folder is missing or empty, the counts differ, or the numbers in the
            names do; one sentence.
    """
    if left.absolute() == right.absolute() and left.is_dir():
        raise _bad_input(
            f"a folder for each camera is expected, found '{left}' twice; if it holds the pictures "
            f"of both, name them by patterns, such as '{left}/left*' and '{left}/right*'"
        )
    lefts, rights = _pictures(left), _pictures(right)
    if len(lefts) != len(rights):
        raise _bad_input(
            f"the folders must hold the same number of pictures, found {len(lefts)} in '{left}' "
            f"and {len(rights)} in '{right}'; remove what has no partner"
        )
    for a, b in zip(lefts, rights, strict=True):
        if _number(a) is not None and _number(b) is not None and _number(a) != _number(b):
            raise _bad_input(
                f"the numbers in the names of a pair must agree, found '{a.name}' beside "
                f"'{b.name}'; remove what has no partner"
            )
    return tuple(PicturePair(_called(a, b), a, b) for a, b in zip(lefts, rights, strict=True))


def detect_pairs(
    pairs: Sequence[PicturePair],
    board: AnyBoard,
    found: Found | None = None,
    cancelled: Cancelled = never,
) -> tuple[View, ...]:
    """The board in every picture.

    Raises:
        CalibrationError: a picture is unreadable, or one camera's pictures are mirrored.
        CalibrationCancelled: `cancelled()` became true.
    """
    detector = create_detector(board)
    views = []
    for k, pair in enumerate(pairs):
        if cancelled():
            raise CalibrationCancelled
        seen = tuple(detector.detect(_read(path)) for path in (pair.left, pair.right))
        views.append(View(pair.name, seen))
        if found is not None:
            found(views[-1], k + 1, len(pairs))
    for camera, name in enumerate(NAMES):
        if not any(of_camera(views, camera)):
            tried = [(p.left, p.right)[camera] for p in pairs[:MIRRORED_TRIES]]
            if any(sees_mirrored(_read(path), detector) for path in tried):
                fault = mirrored(name)
                raise CalibrationError(CalibrationProblem.FAULT, fault.sentence, fault.kind)
    return tuple(views)


def sees_mirrored(gray: npt.NDArray[np.uint8], detector: Detector) -> bool:
    """Whether the board is there in a mirror only. A chessboard has no mirror image to tell."""
    flipped = np.ascontiguousarray(gray[:, ::-1])
    return detector.detect(gray) is None and detector.detect(flipped) is not None


def _pictures(folder: Path) -> list[Path]:
    pattern = "" if folder.is_dir() or "*" not in folder.name else folder.name
    if pattern:
        folder = folder.parent
    if not folder.is_dir():
        raise _bad_input(f"a folder of pictures is expected, and '{folder}' is none; name another")
    named = folder.glob(pattern) if pattern else folder.iterdir()
    found = sorted(p for p in named if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found and pattern:
        raise _bad_input(
            f"no picture (png, jpg, bmp, tif, pgm or webp) in '{folder}' is called '{pattern}'; "
            "check the pattern"
        )
    if not found:
        raise _bad_input(
            f"the folder '{folder}' holds no pictures (png, jpg, bmp, tif, pgm or webp); name the "
            "folder that holds them"
        )
    return found


def _called(left: Path, right: Path) -> str:
    return left.name if left.name == right.name else f"{left.name} + {right.name}"


def _number(path: Path) -> int | None:
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else None


def _read(path: Path) -> npt.NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise _bad_input(
            f"the picture '{path}' cannot be read; remove it and its partner, or take it again"
        )
    return np.asarray(picture, np.uint8)


def _bad_input(reason: str) -> CalibrationError:
    return CalibrationError(CalibrationProblem.INPUT, f"Cannot calibrate: {reason}.")
