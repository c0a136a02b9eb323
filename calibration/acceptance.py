"""Whether a live pair of pictures is worth keeping, and if not, why: in words for a person.

The rules are ROS's (a new view differs from all kept ones by 0.2 in placement, and holds still)
and those that people's bad calibrations taught: seen by both cameras, sharp, not overexposed, most
of the board, not cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.coverage import outline_px, placement
from calibration.distorted_camera import DistortedCamera
from calibration.estimate import pose_of_board
from calibration.next_pose import Tilted, assumed_camera, tilt_of
from calibration.views import Detection, View

Matrix = npt.NDArray[np.float64]

NEW_BY = 0.2
"""Sum of the differences in placement and tilt from the kept view that is most alike."""
MOST_BLUR_PX = 4.5
"""In a picture 640 wide; sharp ones of webcams have 2 to 4."""
MOST_SATURATED = 0.25
"""Of the board, half of which is white: squares that are clipped bleed over their edges."""
LEAST_SHARE = 0.6
"""Of the board's points."""
STILL_PX = 2.0
"""Mean motion of the corners since the pair before, in a picture 640 wide."""
NAMES = ("left", "right")


class Refusal(Enum):
    """Why a pair is not kept; the value is for files and tests."""

    NO_BOARD = "no board"
    ONE_CAMERA = "one camera only"
    PARTLY_OUT = "partly out"
    BLURRED = "blurred"
    OVEREXPOSED = "overexposed"
    MOVING = "moving"
    TOO_SIMILAR = "too similar"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether to keep a pair; `pose` is what to compare later pairs with."""

    refusal: Refusal | None
    sentence: str
    pose: Tilted | None

    @property
    def keep(self) -> bool:
        return self.refusal is None


def judge(view: View, before: View | None, kept: Sequence[Tilted], board: Board) -> Judgement:
    """What to do with a pair. `before`: the pair before it; `kept`: the poses of kept views."""
    left, right = view.detections[:2]
    if left is None and right is None:
        return _refused(Refusal.NO_BOARD, "Show the board to both cameras.")
    if left is None or right is None:
        name = NAMES[1] if left is None else NAMES[0]
        return _refused(Refusal.ONE_CAMERA, f"Only the {name} camera sees the board.")
    pose = pose_seen(left, board)
    for refused in (
        _partly_out((left, right), board),
        _spoilt((left, right)),
        _moving(view, before),
    ):
        if refused is not None:
            return Judgement(*refused, pose)
    if pose is None:
        return _refused(Refusal.PARTLY_OUT, "Show more of the board.")
    if kept and min(_apart(pose, other) for other in kept) < NEW_BY:
        sentence = "This is like a view that is kept; move, tilt or turn the board."
        return Judgement(Refusal.TOO_SIMILAR, sentence, pose)
    return Judgement(None, "Kept.", pose)


def pose_seen(seen: Detection, board: Board) -> Tilted | None:
    """Placement and tilt of a board, by a typical camera; None where it shows too little."""
    outline = outline_px(seen, board)
    camera = DistortedCamera(assumed_camera(seen.size_px))
    pose = pose_of_board(camera, board.points_m[seen.ids], seen.pixels)
    if outline is None or pose is None:
        return None
    return Tilted(placement(outline, seen.size_px), tilt_of(pose))


def _apart(a: Tilted, b: Tilted) -> float:
    return float(np.abs(a.vector - b.vector).sum())


def _refused(refusal: Refusal, sentence: str) -> Judgement:
    return Judgement(refusal, sentence, None)


def _partly_out(pair: tuple[Detection, Detection], board: Board) -> tuple[Refusal, str] | None:
    for name, seen in zip(NAMES, pair, strict=True):
        if len(seen.ids) < LEAST_SHARE * len(board.points_m):
            return Refusal.PARTLY_OUT, f"Part of the board is outside of the {name} picture."
    return None


def _spoilt(pair: tuple[Detection, Detection]) -> tuple[Refusal, str] | None:
    for name, seen in zip(NAMES, pair, strict=True):
        limit = MOST_BLUR_PX * max(seen.size_px[0] / 640, 1.0)
        if seen.blur_px > limit:
            return (
                Refusal.BLURRED,
                f"The {name} picture is blurred; hold still, and check the focus.",
            )
        if seen.saturated > MOST_SATURATED:
            return (
                Refusal.OVEREXPOSED,
                f"The board is overexposed in the {name} picture; turn it out of the light, or "
                "lower the exposure.",
            )
    return None


def _moving(view: View, before: View | None) -> tuple[Refusal, str] | None:
    motion = 0.0 if before is None else motion_px(view, before)
    width = next(d.size_px[0] for d in view.detections if d is not None)
    if motion > STILL_PX * max(width / 640, 1.0):
        return Refusal.MOVING, "Hold still."
    return None


def motion_px(view: View, before: View) -> float:
    """Mean motion of the points since the pair before; 0 where none is seen in both."""
    moved = [0.0]
    for now, then in zip(view.detections, before.detections, strict=True):
        if now is not None and then is not None:
            _, a, b = np.intersect1d(now.ids, then.ids, return_indices=True)
            if len(a):
                off = np.linalg.norm(now.pixels[a] - then.pixels[b], axis=1)
                moved.append(float(off.mean()))
    return max(moved)
