"""What the two cameras see of the board in one pair: a value, made off the window's thread."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import AnyBoard, Chessboard
from calibration.coverage import Placement, outline_px, placement
from calibration.detect import Detector, create_detector
from calibration.distorted_camera import DistortedCamera
from calibration.estimate import pose_of_board
from calibration.next_pose import Tilted, assumed_camera, tilt_of
from calibration.picture_pairs import sees_mirrored
from calibration.transforms import RigidTransform
from calibration.views import Detection, View, shared_points
from engine.stereo.pair import RawPair
from engine.stereo.rectified import grey

Gray = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

LEAST_SHARED = 6
MIRROR_EVERY = 12
"""Pairs without a board between two looks into the mirror, which take as long as any look."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenPair:
    """One pair with what was found in it."""

    pair: RawPair
    view: View
    pose: Tilted | None = None
    """Of the board in the left picture, where both cameras see it; else in the one that does."""
    distance_m: float = 0.0
    """About, by a typical lens."""
    right_is_left: bool | None = None
    """Whether the right camera seems to stand at the left one's left; None where unknown."""
    mirrored: str = ""
    """The camera that shows the board only in a mirror: left, right or empty."""

    @property
    def shared(self) -> int:
        """Points that both cameras see."""
        return len(shared_points(self.view)[0])


class Watcher:
    """Finds the board in one pair after the other; one thread."""

    def __init__(self, board: AnyBoard, thorough: bool) -> None:
        """`thorough`: for recordings, where a second look may take its time."""
        self._board = board
        self._detector: Detector = create_detector(board, thorough)
        self._tells_mirrors = not isinstance(board, Chessboard)
        self._unseen = [0, 0]
        self._mirrored = ["", ""]

    def look(self, pair: RawPair) -> SeenPair:
        grays = grey(pair.left), grey(pair.right)
        seen = self._detector.detect(grays[0]), self._detector.detect(grays[1])
        view = View(pair.name or f"{pair.sequence:05}", seen)
        pose, distance_m = self._pose(seen)
        return SeenPair(
            pair, view, pose, distance_m, self._right_is_left(view), self._mirror(grays, seen)
        )

    def _pose(self, seen: tuple[Detection | None, Detection | None]) -> tuple[Tilted | None, float]:
        detection = seen[0] or seen[1]
        if detection is None:
            return None, 0.0
        outline = outline_px(detection, self._board)
        T = _assumed_pose(detection, self._board)
        if outline is None or T is None:
            return None, 0.0
        place: Placement = placement(outline, detection.size_px)
        middle = T.apply(self._board.points_m.mean(0))
        return Tilted(place, tilt_of(T)), float(np.linalg.norm(middle))

    def _right_is_left(self, view: View) -> bool | None:
        """By the board's pose in both; the lens hardly matters for which side is which."""
        left, right = view.detections[:2]
        if left is None or right is None or len(shared_points(view)[0]) < LEAST_SHARED:
            return None
        a, b = _assumed_pose(left, self._board), _assumed_pose(right, self._board)
        if a is None or b is None:
            return None
        T_left_from_right = a @ b.inverse()
        across, down, _ = T_left_from_right.translation
        return None if abs(across) < abs(down) else bool(across < 0)

    def _mirror(
        self, grays: tuple[Gray, Gray], seen: tuple[Detection | None, Detection | None]
    ) -> str:
        if not self._tells_mirrors:
            return ""
        for camera, name in enumerate(("left", "right")):
            if seen[camera] is not None:
                self._unseen[camera], self._mirrored[camera] = 0, ""
                continue
            self._unseen[camera] += 1
            if self._unseen[camera] % MIRROR_EVERY == 1:
                found = sees_mirrored(grays[camera], self._detector)
                self._mirrored[camera] = name if found else ""
        return self._mirrored[0] or self._mirrored[1]


def _assumed_pose(seen: Detection, board: AnyBoard) -> RigidTransform | None:
    camera = DistortedCamera(assumed_camera(seen.size_px))
    try:
        return pose_of_board(camera, board.points_m[seen.ids], seen.pixels)
    except cv2.error:  # Points on one line.
        return None
