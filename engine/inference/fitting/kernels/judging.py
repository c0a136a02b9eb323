"""Compiled judging of a posed mesh against the depth image."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import kernel
from engine.inference.fitting.kernels.depth_terms import HIDDEN_M, Observed
from engine.inference.fitting.kernels.gauss_newton import Guide, Look, State, look, refine
from engine.inference.fitting.kernels.surface import Surface
from engine.inference.fitting.settings import FitSettings

Float64 = npt.NDArray[np.float64]

# Beyond this distance a point counts as not explained at all.
_UNEXPLAINED_M = 0.012
# A single point can cost no more than this.
_WORST_M = 0.020
# A vertex this far in front of the observed surface stands in free space.
_FREE_M = 0.012
_OUTSIDE_M = 0.004
_OUTSIDE_COST_M = 0.020
_FREE_COST_M = 0.010


Verdict = tuple[float, float, float, float, float, int]


class Judged(NamedTuple):
    """A posed surface and what is thought of it."""

    points: Float64
    """[P, 3] metres."""
    keypoints: Float64
    """[21, 3] metres."""
    verdict: Verdict
    """Score, residual, explained, outside, in front, points: as in `Judgement`."""


@kernel
def refine_and_judge(
    surface: Surface,
    observed: Observed,
    guide: Guide,
    state: State,
    settings: FitSettings,
    iterations: int,
    with_shape: bool,
    least_explained: float,
    most_stray_m: float,
) -> tuple[Judged, State, Judged, int]:
    """The start as judged, the best state, that as judged, and the steps kept, in one call.

    No step is taken from a start that explains less or strays more from the guide's joints.
    """
    first = look(surface, observed, guide, state, settings, iterations > 0, with_shape)
    verdict = judge(surface, observed, first)
    start = Judged(first.posed.points, first.posed.keypoints, verdict)
    if verdict[2] < least_explained or _stray_m(guide, first.posed.keypoints) > most_stray_m:
        return start, state, start, 0
    best, seen, kept = refine(
        surface, observed, guide, state, settings, iterations, with_shape, first
    )
    if kept == 0:
        return start, best, start, kept
    end = Judged(seen.posed.points, seen.posed.keypoints, judge(surface, observed, seen))
    return start, best, end, kept


@kernel
def _stray_m(guide: Guide, keypoints: Float64) -> float:
    """Mean distance of the keypoints to the guide's joints, by precision; 0 where it has none."""
    total, weight = 0.0, 0.0
    for k in range(keypoints.shape[0]):
        if guide.precision[k] > 0.0:
            offset = keypoints[k] - guide.joints[k]
            total += guide.precision[k] * np.sqrt((offset * offset).sum())
            weight += guide.precision[k]
    return total / weight if weight > 0.0 else 0.0


@kernel
def judge(surface: Surface, observed: Observed, seen: Look) -> Verdict:
    """See `Judged`."""
    count = seen.matches.point.shape[0]
    residual, costly, explained = 0.0, 0.0, 0
    for m in range(count):
        distance = min(seen.matches.distance[m], _WORST_M)
        residual += distance
        costly += distance if seen.matches.accepted[m] else _WORST_M
        if seen.matches.accepted[m] and distance < _UNEXPLAINED_M:
            explained += 1
    if count == 0:
        return _WORST_M + _OUTSIDE_COST_M, _WORST_M, 0.0, 1.0, 0.0, 0
    outside = _outside_share(surface, observed, seen)
    in_front = _in_front_share(observed, seen)
    score = costly / count + _OUTSIDE_COST_M * outside + _FREE_COST_M * in_front
    return score, residual / count, explained / count, outside, in_front, count


@kernel
def _outside_share(surface: Surface, observed: Observed, seen: Look) -> float:
    vertex_count = surface.ring_start.shape[0] - 1
    outside, counted = 0, 0
    for v in range(vertex_count):
        row, column = seen.pixels[v, 0], seen.pixels[v, 1]
        if row < 0:
            continue
        depth = observed.depth[row, column]
        z = seen.posed.points[v, 2]
        if 0.0 < depth < z - HIDDEN_M:
            continue  # behind something else
        counted += 1
        reach = observed.outside_px[row, column] * z / observed.intrinsics[0]
        if reach > _OUTSIDE_M:
            outside += 1
    return outside / max(counted, vertex_count // 4)


@kernel
def _in_front_share(observed: Observed, seen: Look) -> float:
    in_front = 0
    for v in seen.visible:
        row, column = seen.pixels[v, 0], seen.pixels[v, 1]
        if row < 0 or observed.outside_px[row, column] > 0.0:
            continue
        if observed.depth[row, column] - seen.posed.points[v, 2] > _FREE_M:
            in_front += 1
    return in_front / max(seen.visible.shape[0], 1)
