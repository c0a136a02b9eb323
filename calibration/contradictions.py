"""Pairs of pictures that cannot be of one moment of the rig that the other pairs agree on.

One such pair among many is a slip of the hand: files that were exchanged, or a board that moved
between the two pictures. It is named and left out before anything is solved together, because it is
so far off that a robust solution would still bend towards it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from calibration.board import Board
from calibration.distorted_camera import DistortedCamera
from calibration.estimate import pose_of_board, project_board, rms_px
from calibration.faults import Fault, FaultKind
from calibration.transforms import RigidTransform
from calibration.views import Detection, View

LEAST_POINTS = 6
FAR_FACTOR = 6.0
LEAST_FAR_PX = 6.0
"""How far one picture may lie from where the other puts the board, in a picture 640 wide: that many
times what is usual for this rig, and at least this. Less is left to the solution."""
MOST_MOMENTS = 0.3
"""Of the pairs; where more are of different moments, no pair is to be trusted."""
MOST_SWAPPED = 0.4
CLEAR_FACTOR = 3.0
"""A picture whose own error is that many times the usual one is bad by itself."""

SWAPPED = "left and right are exchanged: the other way round they fit the other pairs"


def contradicting_pairs(
    views: Sequence[View],
    board: Board,
    cameras: Sequence[DistortedCamera],
    T_right_from_left: RigidTransform,
) -> Mapping[int, str]:
    """Index of each view that a rig cannot have seen, and why.

    `cameras` and `T_right_from_left` may be first guesses, as far as most views agree on them.
    Empty where too many views are at odds: then nothing says which of them are wrong.
    """
    found, total = _at_odds(views, board, cameras, T_right_from_left)
    swapped = sum(why is SWAPPED for why in found.values())
    if swapped > MOST_SWAPPED * total or len(found) - swapped > MOST_MOMENTS * total:
        return {}
    return found


def mixed_up(
    views: Sequence[View],
    board: Board,
    cameras: Sequence[DistortedCamera],
    T_right_from_left: RigidTransform,
) -> Fault | None:
    """So many exchanged pairs that nothing says which of them are right, and little else wrong."""
    found, total = _at_odds(views, board, cameras, T_right_from_left)
    swapped = [views[v].name for v, why in found.items() if why is SWAPPED]
    if len(swapped) <= MOST_SWAPPED * total or len(found) - len(swapped) > MOST_MOMENTS * total:
        return None
    return Fault(
        FaultKind.SWAPPED,
        f"Swapped pairs: in {len(swapped)} of {total} pairs left and right are exchanged against "
        f"the others ({', '.join(swapped)}); put all pictures of one camera on one side.",
    )


def _at_odds(
    views: Sequence[View],
    board: Board,
    cameras: Sequence[DistortedCamera],
    T_right_from_left: RigidTransform,
) -> tuple[dict[int, str], int]:
    """All views that contradict this rig, with why, and how many views could be judged."""
    as_taken = [_apart_px(view, board, cameras, T_right_from_left) for view in views]
    exchanged = [_apart_px(_exchanged(view), board, cameras, T_right_from_left) for view in views]
    nearer = np.fmin(as_taken, exchanged)
    known = np.isfinite(nearer)
    if not known.any():
        return {}, 0
    width = max(seen.size_px[0] for view in views for seen in view.detections if seen is not None)
    far = max(FAR_FACTOR * float(np.median(nearer[known])), LEAST_FAR_PX * max(width / 640, 1.0))
    found: dict[int, str] = {}
    for v, view in enumerate(views):
        if known[v] and as_taken[v] > far:
            moved = _moved_m(view, board, cameras, T_right_from_left)
            found[v] = SWAPPED if exchanged[v] <= far else of_two_moments(moved)
    return found, int(known.sum())


def why_rejected(
    view: View,
    board: Board,
    cameras: Sequence[DistortedCamera],
    T_right_from_left: RigidTransform,
    usual_px: float,
) -> str | None:
    """Why a solved rig with this usual error does not explain a view, where its two pictures are
    good by themselves; None where one of them is not."""
    if not view.complete:
        return None
    for seen, camera in zip(view.detections, cameras, strict=True):
        own = np.inf if seen is None else _own_px(seen, board, camera)
        if own > CLEAR_FACTOR * usual_px:
            return None
    return of_two_moments(_moved_m(view, board, cameras, T_right_from_left))


def of_two_moments(moved_m: float) -> str:
    """The reason of a pair between whose pictures the board moved."""
    return (
        "its pictures are of different moments: the board moved by "
        f"{1000 * moved_m:.0f} mm between them"
    )


def _exchanged(view: View) -> View:
    return View(view.name, view.detections[::-1])


def _apart_px(
    view: View,
    board: Board,
    cameras: Sequence[DistortedCamera],
    T_right_from_left: RigidTransform,
) -> float:
    """How far each picture lies from where the other one puts the board; NaN where unknown."""
    left, right = _poses(view, board, cameras)
    if left is None or right is None:
        return float("nan")
    places = (T_right_from_left.inverse() @ right, T_right_from_left @ left)
    apart = [
        np.linalg.norm(project_board(camera, place, board.points_m[seen.ids]) - seen.pixels, axis=1)
        for camera, place, seen in zip(cameras, places, view.detections, strict=True)
        if seen is not None
    ]
    medians = [float(np.median(off[np.isfinite(off)])) for off in apart if np.isfinite(off).any()]
    return float(np.mean(medians)) if len(medians) == len(cameras) else float("nan")


def _moved_m(
    view: View,
    board: Board,
    cameras: Sequence[DistortedCamera],
    T_right_from_left: RigidTransform,
) -> float:
    """How far apart the two pictures put the board's corners, on average."""
    left, right = _poses(view, board, cameras)
    if left is None or right is None:
        return float("nan")
    then = (T_right_from_left.inverse() @ right).apply(board.points_m)
    return float(np.linalg.norm(left.apply(board.points_m) - then, axis=1).mean())


def _poses(
    view: View, board: Board, cameras: Sequence[DistortedCamera]
) -> list[RigidTransform | None]:
    """Of the board before each camera; None where its picture gives none."""
    return [
        _pose(seen, board, camera) for seen, camera in zip(view.detections, cameras, strict=True)
    ]


def _own_px(seen: Detection, board: Board, camera: DistortedCamera) -> float:
    """RMS error of a picture on its own."""
    pose = _pose(seen, board, camera)
    if pose is None:
        return np.inf
    return rms_px([project_board(camera, pose, board.points_m[seen.ids]) - seen.pixels])


def _pose(seen: Detection | None, board: Board, camera: DistortedCamera) -> RigidTransform | None:
    if seen is None or len(seen.ids) < LEAST_POINTS:
        return None
    return pose_of_board(camera, board.points_m[seen.ids], seen.pixels)
