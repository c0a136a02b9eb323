"""The standard view of the localiser: any camera's depth at one focal length and low resolution.

At a fixed focal length the size of a hand in pixels depends on its distance alone, so a network
that was trained on one camera serves all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.messages import Float32

FOCAL_PX = 120.0
MULTIPLE_PX = 32
"""Sides are multiples of this: the network halves them five times."""
LARGEST_PX = 320


@dataclass(frozen=True, slots=True)
class StandardView:
    """How to sample a camera's depth image; made once for a camera."""

    camera: PinholeCamera
    """Of the standard view; the same centre and axes as the source camera."""
    rows: npt.NDArray[np.intp]
    """[H] source row of each row, -1 outside the source."""
    columns: npt.NDArray[np.intp]
    """[W]."""

    def sample(self, depth_m: Float32) -> Float32:
        """Depth [H, W] of the standard view, nearest pixel, 0 outside the source."""
        sampled = depth_m[self.rows][:, self.columns]
        sampled[self.rows < 0] = 0
        sampled[:, self.columns < 0] = 0
        result: Float32 = sampled.astype(np.float32, copy=False)
        return result


def standard_view(camera: PinholeCamera) -> StandardView:
    """The standard view that covers the image of `camera`, its middle on the source's middle."""
    columns, cx = _axis(camera.width_px, camera.fx, camera.cx)
    rows, cy = _axis(camera.height_px, camera.fy, camera.cy)
    view = PinholeCamera(len(columns), len(rows), FOCAL_PX, FOCAL_PX, cx, cy)
    return StandardView(view, rows, columns)


def _axis(size: int, focal: float, centre: float) -> tuple[npt.NDArray[np.intp], float]:
    """Source index of each pixel of one axis, and the principal point of the standard view."""
    wanted = size * FOCAL_PX / focal
    length = int(np.ceil(wanted / MULTIPLE_PX)) * MULTIPLE_PX
    length = min(max(length, 3 * MULTIPLE_PX), LARGEST_PX)
    offset = (length - 1) / 2 - (size - 1) / 2 * FOCAL_PX / focal
    principal = offset + centre * FOCAL_PX / focal
    index = np.round((np.arange(length) - principal) * focal / FOCAL_PX + centre).astype(np.intp)
    index[(index < 0) | (index >= size)] = -1
    return index, principal
