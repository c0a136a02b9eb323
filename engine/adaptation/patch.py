"""The piece of a depth image around one hand: all that learning needs of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.inference.depth_view import DepthView

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

PATCH_CUBES = 1.5
"""Side of a patch in cubes, as in training: room for other crops and in-plane turns."""
MAX_PATCH_PX = 176
LEAST_SEEN_SHARE = 0.6
"""Of the hand's own cube that must lie in the picture."""
"""Wrist to middle knuckle at which a crop's cube has its nominal size."""


@dataclass(frozen=True, slots=True)
class HandPatch:
    """A hand seen as a right one, at most 176 pixels across; under 130 kB."""

    camera: PinholeCamera
    """Of the patch; its optical axis is the sensor's."""
    depth_m: Float32
    """[h, w] metres, 0 = no data."""
    centre: Float64
    """[3] metres, camera frame: the middle of the fingers."""
    cube_m: float
    """Side of this hand's cube."""


def cut_patch(view: DepthView, centre: Float64, cube_m: float) -> HandPatch | None:
    """The patch around `centre` [3]; a copy. None where too little of it is in the picture."""
    if not np.isfinite(centre).all() or centre[2] < 0.05:
        return None
    camera = view.camera
    u, v = camera.project(centre)
    reach = 0.5 * PATCH_CUBES * cube_m / centre[2]
    half_u, half_v = camera.fx * reach, camera.fy * reach
    left, right = _span(u, half_u, camera.width_px)
    top, bottom = _span(v, half_v, camera.height_px)
    inner = LEAST_SEEN_SHARE / PATCH_CUBES
    if right - left < 2 * half_u * inner or bottom - top < 2 * half_v * inner:
        return None
    stride = max(1, ceil(max(right - left, bottom - top) / MAX_PATCH_PX))
    depth = np.array(view.depth_m[top:bottom:stride, left:right:stride], np.float32, order="C")
    patch_camera = PinholeCamera(
        width_px=depth.shape[1],
        height_px=depth.shape[0],
        fx=camera.fx / stride,
        fy=camera.fy / stride,
        cx=(camera.cx - left) / stride,
        cy=(camera.cy - top) / stride,
    )
    return HandPatch(patch_camera, depth, np.array(centre, np.float64), cube_m)


def _span(middle: float, half: float, size: int) -> tuple[int, int]:
    return max(0, int(middle - half)), min(size, int(middle + half) + 1)
