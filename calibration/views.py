"""What the cameras of a rig saw of the board: the input of every solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detection:
    """Points of the board in one picture."""

    ids: npt.NDArray[np.int64]
    """Identities [N], ascending: indices into the board's points."""
    pixels: Pixels
    """[N, 2], pixel centres at integers, as the device gives them (not undistorted)."""
    size_px: tuple[int, int]
    """Width and height of the picture."""
    blur_px: float = 0.0
    """Width of an edge; 0 where it was not measured."""
    saturated: float = 0.0
    """Share of the board's pixels that are fully white: light eats corners there."""
    marker_ratio: float = 0.0
    """Side of the markers as seen by that of the board as entered; 0 where it was not measured."""

    def without(self, ids: npt.NDArray[np.int64]) -> Detection:
        """The same picture without these points."""
        keep = ~np.isin(self.ids, ids)
        return replace(self, ids=self.ids[keep], pixels=self.pixels[keep])


@dataclass(frozen=True, slots=True)
class View:
    """One pose of the board, as every camera of the rig saw it at the same moment."""

    name: str
    detections: tuple[Detection | None, ...]
    """One a camera; None where that camera does not see the board."""

    @property
    def complete(self) -> bool:
        """Whether every camera sees the board."""
        return all(detection is not None for detection in self.detections)


def shared_points(view: View) -> tuple[npt.NDArray[np.int64], Pixels, Pixels]:
    """Identities [N] of what the first two cameras both see, and the pixels [N, 2] in each."""
    left, right = view.detections[:2]
    if left is None or right is None:
        return np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((0, 2))
    ids, a, b = np.intersect1d(left.ids, right.ids, return_indices=True)
    return ids, left.pixels[a], right.pixels[b]


def of_camera(views: Sequence[View], camera: int) -> tuple[Detection | None, ...]:
    """What one camera saw, view by view."""
    return tuple(view.detections[camera] for view in views)
