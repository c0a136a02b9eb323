"""Whether a pair is worth keeping, or the reason why not. Pure; the memory is handed in.

Like the ROS calibrator: a view counts when it differs enough from all that were kept, and when the
board is held still. Limits in pixels hold for a picture 640 wide and grow with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from app.calibration_wizard.seen_pair import LEAST_SHARED, SeenPair
from calibration.board import AnyBoard
from calibration.depth_error import REFERENCE_WIDTH_PX
from calibration.next_pose import Tilted
from calibration.views import Detection
from engine.runtime.clock import NS_PER_MS, NS_PER_S

LEAST_SHARE = 0.6
"""Of the board's points, in each picture."""
MOST_BLUR_PX = 5.0
"""Of an edge's width: 1.5 in rendered pictures, up to 4 in those of an old camera that calibrate to
0.2 px, more where the board moved."""
MOST_WHITE = 0.35
STILL_PX_S = 14.0
"""Mean speed of the points, in pixels a second."""
STILL_S = 0.3
"""How long it must not move."""
LEAST_CHANGE = 0.2
"""L1 distance of two poses (place, size, tilt) from which they differ."""
MOST_SKEW_MS = 40.0
"""Even a board that is held still moves a little between pictures further apart."""


class Refusal(Enum):
    """Why a pair is not kept; the value is what to say."""

    NOT_SEEN = "Neither camera sees the board"
    LEFT_ONLY = "Only the left camera sees the board"
    RIGHT_ONLY = "Only the right camera sees the board"
    PARTLY_OUT = "Part of the board is out of the picture or hidden"
    MOVING = "It moves"
    SKEW = "The two pictures are too far apart in time"
    SWAPPED = "Left and right seem to be swapped"
    BLUR = "The picture is blurred"
    WHITE = "The picture is too bright: white eats the corners"
    SIMILAR = "Too similar to a view you have"


BY_HAND = frozenset({Refusal.SWAPPED, Refusal.SIMILAR, Refusal.MOVING, Refusal.BLUR, Refusal.WHITE})
"""What the button overrules."""


@dataclass(frozen=True, slots=True)
class Motion:
    """How the board moves."""

    speed_px_s: float = np.inf
    """In a picture 640 wide; inf where it was not there before."""
    still_since_ns: int | None = None


def motion(before: Motion, last: SeenPair | None, now: SeenPair) -> Motion:
    """The motion from one pair to the next."""
    speed = max((_speed(last, now, camera) for camera in range(2)), default=np.inf)
    if not speed <= STILL_PX_S:
        return Motion(speed)
    since = before.still_since_ns
    return Motion(speed, _time_ns(now) if since is None else since)


def refusal(
    seen_pair: SeenPair,
    board: AnyBoard,
    kept: Sequence[Tilted],
    moved: Motion | None,
) -> Refusal | None:
    """The first reason against a pair; None where it is to be kept.

    `moved` is None for pictures that somebody chose: nothing moves between them, and all count.
    """
    left, right = seen_pair.view.detections[:2]
    if left is None or right is None:
        return _unseen(left, right)
    total = len(board.points_m)
    if seen_pair.shared < LEAST_SHARED or any(
        len(seen.ids) < LEAST_SHARE * total for seen in (left, right)
    ):
        return Refusal.PARTLY_OUT
    if seen_pair.right_is_left:
        return Refusal.SWAPPED
    return None if moved is None else _of_live_pair(seen_pair, (left, right), kept, moved)


def _of_live_pair(
    seen_pair: SeenPair, seen: tuple[Detection, Detection], kept: Sequence[Tilted], moved: Motion
) -> Refusal | None:
    """What can be done better the next moment."""
    if seen_pair.pair.skew_ns > MOST_SKEW_MS * NS_PER_MS:
        return Refusal.SKEW
    if not _held(moved, seen_pair):
        return Refusal.MOVING
    if any(detection.blur_px > MOST_BLUR_PX * _scale(detection) for detection in seen):
        return Refusal.BLUR
    if any(detection.saturated > MOST_WHITE for detection in seen):
        return Refusal.WHITE
    return Refusal.SIMILAR if change(seen_pair.pose, kept) < LEAST_CHANGE else None


def change(pose: Tilted | None, kept: Sequence[Tilted]) -> float:
    """How much a pose differs from the nearest one that was kept."""
    if pose is None:
        return 0.0
    if not kept:
        return np.inf
    known = np.stack([k.vector for k in kept])
    return float(np.abs(known - pose.vector).sum(-1).min())


def _unseen(left: Detection | None, right: Detection | None) -> Refusal:
    if left is None and right is None:
        return Refusal.NOT_SEEN
    return Refusal.RIGHT_ONLY if left is None else Refusal.LEFT_ONLY


def _held(moved: Motion, seen_pair: SeenPair) -> bool:
    since = moved.still_since_ns
    return since is not None and _time_ns(seen_pair) - since >= STILL_S * NS_PER_S


def _speed(last: SeenPair | None, now: SeenPair, camera: int) -> float:
    if last is None:
        return np.inf
    before, after = last.view.detections[camera], now.view.detections[camera]
    if before is None or after is None:
        return np.inf
    _, a, b = np.intersect1d(before.ids, after.ids, return_indices=True)
    seconds = (_time_ns(now) - _time_ns(last)) / NS_PER_S
    if not len(a) or seconds <= 0:
        return np.inf
    off: npt.NDArray[np.float64] = np.linalg.norm(after.pixels[b] - before.pixels[a], axis=-1)
    return float(off.mean() / seconds / _scale(after))


def _time_ns(seen_pair: SeenPair) -> int:
    """On the source's own timeline where it has one: a film is read faster than it plays."""
    pair = seen_pair.pair
    return pair.left_ns if pair.source_ns is None else pair.source_ns


def _scale(seen: Detection) -> float:
    return max(seen.size_px[0] / REFERENCE_WIDTH_PX, 0.5)
