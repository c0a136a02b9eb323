"""What a rig makes of one pair: rows that match, depth in colours, and distances in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import AnyBoard
from calibration.detect import create_detector
from calibration.drift import epipolar_distances
from calibration.rectification import Rectification, rectification
from calibration.rig import StereoRig
from calibration.views import View, shared_points
from engine.messages import Float32
from engine.stereo.matching import StereoMatcher
from engine.stereo.rectified import Rectifier, grey

Gray = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

PATCH_PX = 3
"""Half width of the patch whose median depth a point gets: edges of things have holes."""
LEAST_KNOWN = 0.25
"""Of that patch."""
NEAR_M, FAR_M = 0.25, 1.5
"""Of the colours."""


@dataclass(frozen=True, slots=True)
class BoardMeasured:
    """The board as the rig measures it, beside what was entered."""

    found_m: float
    """Distance of two of its points, far from each other."""
    entered_m: float
    points: int
    rows_px: float
    """RMS distance of its points from the other picture's lines."""


@dataclass(frozen=True, slots=True, eq=False)
class RectifiedLook:
    """One pair through a rig."""

    left: Gray
    right: Gray
    """Rectified [H, W]."""
    depth_m: Float32
    """[H, W] of the rectified left picture; 0 where there is none."""
    straight: Rectification
    board: BoardMeasured | None

    @property
    def known_share(self) -> float:
        """Of the picture, that has a depth."""
        return float((self.depth_m > 0).mean())

    def point_m(self, u: float, v: float) -> Matrix | None:
        """The point [3] at a pixel of the rectified left picture; None without a depth there."""
        height, width = self.depth_m.shape
        x, y = round(u), round(v)
        if not (0 <= x < width and 0 <= y < height):
            return None
        rows = slice(max(y - PATCH_PX, 0), y + PATCH_PX + 1)
        patch = self.depth_m[rows, max(x - PATCH_PX, 0) : x + PATCH_PX + 1]
        known = patch[patch > 0]
        if len(known) < LEAST_KNOWN * patch.size:
            return None
        depth = np.array(float(np.median(known)))
        return self.straight.camera.unproject(np.array([u, v]), depth)

    def distance_m(self, a: tuple[float, float], b: tuple[float, float]) -> float | None:
        """Between what is seen at two pixels; None where one has no depth."""
        p, q = self.point_m(*a), self.point_m(*b)
        return None if p is None or q is None else float(np.linalg.norm(p - q))


class RigLens:
    """Looks at pairs through one rig; one thread."""

    def __init__(self, rig: StereoRig, board: AnyBoard | None) -> None:
        self._rig, self._board = rig, board
        self._straight = rectification(rig)
        self._rectifier = Rectifier(self._straight)
        self._matcher = StereoMatcher(self._straight.camera.fx, abs(self._straight.baseline_m))
        self._detector = None if board is None else create_detector(board, thorough=False)

    def look(self, left: Gray, right: Gray) -> RectifiedLook:
        """A pair of pictures as the cameras give them."""
        raw_left, raw_right = grey(left), grey(right)
        flat_left, flat_right = self._rectifier.left(raw_left), self._rectifier.right(raw_right)
        depth = self._matcher.match(flat_left, flat_right).depth_m
        measured = self._measured(raw_left, raw_right)
        return RectifiedLook(flat_left, flat_right, depth, self._straight, measured)

    def _measured(self, left: Gray, right: Gray) -> BoardMeasured | None:
        if self._detector is None or self._board is None:
            return None
        view = View("", (self._detector.detect(left), self._detector.detect(right)))
        ids, a, b = shared_points(view)
        if len(ids) < 6:
            return None
        entered = self._board.points_m[ids]
        apart = np.linalg.norm(entered[:, None] - entered[None], axis=-1)
        p, q = np.unravel_index(int(apart.argmax()), apart.shape)
        points = self._rig.triangulate(a[[p, q]], b[[p, q]])
        off = epipolar_distances(a, b, self._rig)
        return BoardMeasured(
            float(np.linalg.norm(points[0] - points[1])),
            float(apart[p, q]),
            len(ids),
            float(np.sqrt((off[np.isfinite(off)] ** 2).mean())),
        )


def depth_colors(depth_m: Float32) -> npt.NDArray[np.uint8]:
    """RGB [H, W, 3]: near warm, far cold, black where nothing is known."""
    safe = np.where(depth_m > 0, depth_m, FAR_M)
    share = np.clip((1 / safe - 1 / FAR_M) / (1 / NEAR_M - 1 / FAR_M), 0, 1)
    colored = cv2.applyColorMap((255 * share).astype(np.uint8), cv2.COLORMAP_TURBO)
    colored = cv2.cvtColor(colored, cv2.COLOR_BGR2RGB)
    colored[depth_m <= 0] = 0
    return np.ascontiguousarray(colored, np.uint8)
