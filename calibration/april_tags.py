"""Reading the tags of an AprilGrid.

The black squares between the tags touch their corners, so that OpenCV's search for separate
quadrangles misses many. It is asked at two scales; where the tags that it finds say where the
board is, the others are looked for at their places and compared with what is printed there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import AprilGrid
from calibration.board_pattern import APRIL_BORDER_BITS, APRIL_DICTIONARY, DICTIONARIES
from calibration.homography import homography, mapped

Gray = npt.NDArray[np.uint8]
Quads = npt.NDArray[np.float64]

UPSCALED_BELOW_PX = 1000
"""Width of a picture from which tags are large enough as they are."""
LEAST_TAGS = 2
ALIKE = 0.7
"""Correlation of a tag's cells with the printed ones. Another tag's is below 0.4."""
ROUNDS = 2


class TagReader:
    """Finds the tags of one board."""

    def __init__(self, board: AprilGrid) -> None:
        self._board = board
        self._dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARIES[APRIL_DICTIONARY])

    def read(self, gray: Gray) -> tuple[npt.NDArray[np.int64], Quads]:
        """Identities [M] and corners [M, 4, 2] of the tags, in the board's order of corners."""
        for border in (APRIL_BORDER_BITS, 1):
            found = self._found(gray, border)
            if len(found) >= LEAST_TAGS:
                found = self._turned(found)
                for _ in range(ROUNDS):
                    found = self._completed(gray, found, border)
                tags = np.array(sorted(found), np.int64)
                return tags, np.stack([found[int(tag)] for tag in tags])
        return np.zeros(0, np.int64), np.zeros((0, 4, 2))

    def _found(self, gray: Gray, border_bits: int) -> dict[int, Quads]:
        parameters = cv2.aruco.DetectorParameters()
        parameters.markerBorderBits = border_bits
        parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_CONTOUR
        detector = cv2.aruco.ArucoDetector(self._dictionary, parameters)
        found: dict[int, Quads] = {}
        for scale in (1, 2) if gray.shape[1] < UPSCALED_BELOW_PX else (1,):
            picture = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            quads, numbers, _ = detector.detectMarkers(picture)
            ids: Any = numbers  # OpenCV's types do not say that it gives None
            for tag, quad in zip([] if ids is None else np.ravel(ids), quads, strict=True):
                if tag < len(self._board.places_m):
                    corners = np.asarray(quad, np.float64).reshape(4, 2)
                    found[int(tag)] = (corners + 0.5) / scale - 0.5
        return found

    def _points(self, tags: list[int]) -> Quads:
        return self._board.points_m.reshape(-1, 4, 3)[tags][..., :2]

    def _turned(self, found: Mapping[int, Quads]) -> dict[int, Quads]:
        """Programs print tags turned by quarters; where they stand tells how these are."""
        tags = list(found)
        points, quads = self._points(tags), np.stack([found[tag] for tag in tags])
        turn = min(range(4), key=lambda k: _misfit(points, np.roll(quads, k, axis=1)))
        return {tag: np.roll(quad, turn, axis=0) for tag, quad in found.items()}

    def _completed(
        self, gray: Gray, found: Mapping[int, Quads], border_bits: int
    ) -> dict[int, Quads]:
        """With the tags that are there and were not found."""
        tags = list(found)
        quads = np.stack([found[tag] for tag in tags])
        H = homography(self._points(tags).reshape(-1, 2), quads.reshape(-1, 2))
        if H is None:
            return dict(found)
        complete = dict(found)
        size = np.array(gray.shape[::-1])
        for tag in range(len(self._board.places_m)):
            quad = mapped(H, self._points([tag])[0])
            inside = bool(((quad > 1) & (quad < size - 2)).all())
            if tag not in found and inside and self._alike(gray, tag, H, border_bits):
                complete[tag] = quad
        return complete

    def _alike(self, gray: Gray, tag: int, H: npt.NDArray[np.float64], border_bits: int) -> bool:
        """Whether what is seen at a tag's place is that tag, turned in any way."""
        cells = self._dictionary.markerSize + 2 * border_bits
        printed = cv2.aruco.generateImageMarker(
            self._dictionary, tag, cells, borderBits=border_bits
        )
        middle = (np.arange(cells) + 0.5) * self._board.tag_m / cells
        grid = np.stack(np.meshgrid(middle, middle), -1) + self._board.places_m[tag]
        pixels = mapped(H, grid).astype(np.float32)
        seen = cv2.remap(gray, pixels[..., 0], pixels[..., 1], cv2.INTER_LINEAR)
        if np.ptp(seen) == 0:
            return False
        turned = [np.rot90(np.asarray(printed), k).ravel() for k in range(4)]
        return max(np.corrcoef(np.ravel(seen), t)[0, 1] for t in turned) > ALIKE


def _misfit(points: Quads, quads: Quads) -> float:
    """How badly a flat board explains the corners."""
    flat, seen = points.reshape(-1, 2), quads.reshape(-1, 2)
    H = homography(flat, seen)
    return np.inf if H is None else float(np.linalg.norm(mapped(H, flat) - seen, axis=1).sum())
