"""The solution of a pair from what both cameras saw: start, refine, reject, refine again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.distorted_camera import DistortedCamera
from calibration.estimate import (
    Estimate,
    Observation,
    observations,
    pose_of_board,
    rms_px,
)
from calibration.outliers import find_outliers, picture_sigmas, without
from calibration.refinement import Cancelled, Refined, refine
from calibration.transforms import RigidTransform
from calibration.views import View

Matrix = npt.NDArray[np.float64]

LEAST_POINTS = 6
"""Of a picture of the board."""
MOST_ROUNDS = 3
"""Of rejecting and solving again."""
WEIGHTINGS = 2
"""Solutions in which a picture counts by how well its corners were placed in the one before."""


@dataclass(frozen=True, slots=True)
class JointSolution:
    """A refined rig and what it was made from."""

    refined: Refined
    views: tuple[View, ...]
    """All views, as far as they were believed; a dropped one sees nothing."""
    used: tuple[int, ...]
    """Index into `views` of each board pose of the estimate."""
    seen: tuple[Observation, ...]
    """As refined; `view` counts the poses."""
    dropped: Mapping[int, str]
    """View -> why it was not believed."""
    first_view_px: tuple[float, ...]
    """RMS of each view in the robust solution before anything was rejected."""

    def errors_of(self, view: int) -> dict[int, Matrix]:
        """Camera -> errors [N, 2] of a view; empty where it was not used."""
        if view not in self.used:
            return {}
        pose = self.used.index(view)
        return {
            o.camera: e
            for o, e in zip(self.seen, self.refined.errors, strict=True)
            if o.view == pose
        }


def solve_jointly(
    views: Sequence[View],
    board: Board,
    cameras: Sequence[DistortedCamera],
    T_camera_from_rig: Sequence[RigidTransform],
    *,
    free_coefficients: int,
    cancelled: Cancelled,
) -> JointSolution:
    """Refine cameras, places and poses together, without what contradicts the rest.

    Raises:
        CalibrationCancelled: `cancelled()` became true.
    """
    kept, dropped = tuple(views), dict[int, str]()
    estimate, used, seen = _start(kept, board, cameras, T_camera_from_rig)
    solve = partial(refine, free_coefficients=free_coefficients, cancelled=cancelled)
    refined = solve(estimate, seen, robust=True)
    first = _rms_by_view(seen, refined.errors, len(used))
    for _ in range(MOST_ROUNDS):
        rejection = find_outliers(seen, refined.errors).counted_by(used)
        if not rejection:
            break
        dropped.update(rejection.views)
        kept = without(kept, rejection)
        so_far = refined.estimate
        estimate, used, seen = _start(kept, board, so_far.cameras, so_far.T_camera_from_rig)
        refined = solve(estimate, seen, robust=True)
    for _ in range(WEIGHTINGS):
        sigmas = picture_sigmas(refined.errors)
        weights = (np.median(sigmas) / sigmas).tolist()
        refined = solve(refined.estimate, seen, weights=weights)
    return JointSolution(refined, kept, used, seen, MappingProxyType(dropped), first)


def explain_views(
    views: Sequence[View], board: Board, rig: Estimate, cancelled: Cancelled
) -> tuple[tuple[Observation, ...], tuple[Matrix, ...]]:
    """What a rig that does not move makes of views: the board alone is placed.

    The observations, with `view` counting those that have a pose, and their errors [N, 2].
    """
    estimate, _, seen = _start(views, board, rig.cameras, rig.T_camera_from_rig)
    if not seen:
        return (), ()
    refined = refine(
        estimate,
        seen,
        free_coefficients=0,
        free_intrinsics=False,
        free_places=False,
        cancelled=cancelled,
    )
    return seen, refined.errors


def _start(
    views: Sequence[View],
    board: Board,
    cameras: Sequence[DistortedCamera],
    T_camera_from_rig: Sequence[RigidTransform],
) -> tuple[Estimate, tuple[int, ...], tuple[Observation, ...]]:
    """An estimate with a pose for each view that has one, which those are, and their points."""
    poses: dict[int, RigidTransform] = {}
    everything = [o for o in observations(views, board) if len(o.ids) >= LEAST_POINTS]
    for o in everything:
        if o.view not in poses:
            pose = pose_of_board(cameras[o.camera], o.points_m, o.pixels)
            if pose is not None:
                poses[o.view] = T_camera_from_rig[o.camera].inverse() @ pose
    used = tuple(sorted(poses))
    seen = tuple(replace(o, view=used.index(o.view)) for o in everything if o.view in poses)
    estimate = Estimate(
        tuple(cameras), tuple(T_camera_from_rig), tuple(poses[view] for view in used)
    )
    return estimate, used, seen


def _rms_by_view(
    seen: Sequence[Observation], errors: Sequence[Matrix], count: int
) -> tuple[float, ...]:
    by_view: list[list[Matrix]] = [[] for _ in range(count)]
    for o, e in zip(seen, errors, strict=True):
        by_view[o.view].append(e)
    return tuple(rms_px(view) for view in by_view)
