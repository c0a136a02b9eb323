"""Which corners and which views a solution should not believe, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.estimate import Observation, rms_px
from calibration.views import View

Matrix = npt.NDArray[np.float64]

FAR_SIGMAS = 4.0
"""A corner further off is believed wrong: of good ones, one in 3000 is."""
LEAST_FAR_PX = 0.1
"""Nearer is never an outlier: the best corners of sharp pictures are hundredths of a pixel off."""
SIGMA_RANGE = (0.5, 2.0)
"""What the scatter of one picture may be, by that of all: corners of a near board are better."""
BAD_VIEW_SHARE = 1 / 3
"""A view with more wrong corners than this is dropped as a whole."""
BAD_VIEW_FACTOR = 3.0
"""So is a view whose RMS is that many times the median view's."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """What a solution is to be repeated without."""

    views: dict[int, str]
    """View -> why."""
    points: dict[tuple[int, int], npt.NDArray[np.int64]]
    """(view, camera) -> identities of corners."""

    def counted_by(self, views: Sequence[int]) -> Rejection:
        """The same with views numbered otherwise: entry k of `views` is the new number of k."""
        return Rejection(
            {views[v]: why for v, why in self.views.items()},
            {(views[v], camera): ids for (v, camera), ids in self.points.items()},
        )

    def __bool__(self) -> bool:
        return bool(self.views or self.points)


def find_outliers(seen: Sequence[Observation], errors: Sequence[Matrix]) -> Rejection:
    """What is wrong by the errors [N, 2] of each observation, after a robust solution."""
    distances = [np.linalg.norm(e, axis=-1) for e in errors]
    far = max(FAR_SIGMAS * _sigma(np.concatenate(errors)), LEAST_FAR_PX)
    by_view = _errors_by_view(seen, errors)
    usual = float(np.median([rms_px(view) for view in by_view.values()]))
    views = {}
    for view, view_errors in by_view.items():
        off = np.linalg.norm(np.concatenate(view_errors), axis=-1)
        rms = rms_px(view_errors)
        if (off > far).mean() > BAD_VIEW_SHARE:
            views[view] = f"{(off > far).mean():.0%} of its corners are off by {far:.1f} px or more"
        elif rms > BAD_VIEW_FACTOR * usual and np.median(off) > far / 2:
            views[view] = f"its error of {rms:.2f} px is {rms / usual:.1f} times the usual one"
    points = {}
    for o, d, own in zip(seen, distances, picture_sigmas(errors), strict=True):
        wrong = d > max(FAR_SIGMAS * own, LEAST_FAR_PX)
        if o.view not in views and wrong.any():
            points[o.view, o.camera] = o.ids[wrong]
    return Rejection(views, points)


def picture_sigmas(errors: Sequence[Matrix]) -> Matrix:
    """Scatter of the corners of each picture, in pixels and one direction, not too extreme."""
    sigmas = np.array([_sigma(e) for e in errors])
    return np.clip(sigmas, *(np.array(SIGMA_RANGE) * _sigma(np.concatenate(errors))))


def _sigma(errors: Matrix) -> float:
    """Standard deviation by the median, which outliers do not move."""
    return max(1.4826 * float(np.median(np.abs(errors))), 1e-6)


def without(views: Sequence[View], rejection: Rejection) -> tuple[View, ...]:
    """The same views with what is rejected left out; a dropped view sees nothing."""
    kept = []
    for v, view in enumerate(views):
        detections = tuple(
            None if v in rejection.views or seen is None
            else seen.without(rejection.points.get((v, c), np.zeros(0, np.int64)))
            for c, seen in enumerate(view.detections)
        )  # fmt: skip
        kept.append(replace(view, detections=detections))
    return tuple(kept)


def _errors_by_view(
    seen: Sequence[Observation], errors: Sequence[Matrix]
) -> dict[int, list[Matrix]]:
    found: dict[int, list[Matrix]] = {}
    for o, e in zip(seen, errors, strict=True):
        found.setdefault(o.view, []).append(e)
    return found
