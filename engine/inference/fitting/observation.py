"""What a depth frame says about one hand: a crop, its mask, and a few hundred surface points."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import cv2
import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.inference.fitting.kernels.compiling import plain
from engine.inference.fitting.kernels.depth_terms import Observed
from engine.inference.fitting.kernels.sampling import spread_pixels, surface_samples
from engine.inference.fitting.kernels.segmentation import (
    component_table,
    hand_components,
    label_surfaces,
    labelled_pixels,
    near_pixels,
)

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]

# The region holds an open hand of any adult around its middle, and a piece of forearm.
DEFAULT_RADIUS_M = 0.14
_MARGIN_M = 0.03
_LARGEST_CROP_PX = 160
_CORE_M = 0.06
_PART_REACH_M = 0.030
_LEAST_PIXELS = 40
_DEPTH_STEP_M = 0.010
_STEEPEST = 5.0
"""Slope of a surface that still counts as one surface: tan(79 degrees)."""


@dataclass(frozen=True, slots=True)
class HandObservation:
    """One hand in one depth frame; metres, camera frame, all arrays of the (strided) crop."""

    camera: PinholeCamera
    """Of the crop."""
    depth_m: Float32
    """[h, w], 0 = no data; holds the surroundings too."""
    mask: UInt8
    """[h, w], 255 on the hand and the piece of forearm near it."""
    outside_px: Float32
    """[h, w] distance to the mask in pixels of the crop."""
    observed: Observed
    """The same for the compiled kernels, with the sampled points."""
    origin_px: tuple[int, int]
    """Column and row of the crop's first pixel in the full frame."""
    stride: int
    """Full-frame pixels per crop pixel."""

    @property
    def points(self) -> Float64:
        """[N, 3]: about 450 surface points, evenly spread over the mask."""
        return self.observed.points

    @property
    def normals(self) -> Float64:
        """[N, 3] unit, towards the camera."""
        return self.observed.normals


def observe_hand(
    depth_m: Float32,
    camera: PinholeCamera,
    centre: Float64,
    radius_m: float = DEFAULT_RADIUS_M,
    point_count: int = 450,
) -> HandObservation | None:
    """Cut a hand out of a full depth frame [H, W] in metres around `centre` [3], its middle.

    None where fewer than 40 pixels of the crop could belong to it, or the centre lies behind the
    camera or outside the picture.
    """
    centre = plain(centre)
    window = _window(depth_m.shape, camera, centre, radius_m)
    if window is None:
        return None
    left, top, right, bottom, stride = window
    depth = np.array(depth_m[top:bottom:stride, left:right:stride], np.float32, order="C")
    crop = _crop_camera(camera, depth.shape, left, top, stride)
    intrinsics = np.array([crop.fx, crop.fy, crop.cx, crop.cy])
    mask = _hand_mask(depth, intrinsics, centre, radius_m)
    if mask is None:
        return None
    outside, label = _distance_to(mask)
    pixels = spread_pixels(mask, int(np.count_nonzero(mask)), point_count)
    step = _surface_step(float(centre[2]), intrinsics)
    points, normals, known = surface_samples(depth, mask, pixels, intrinsics, step)
    observed = Observed(
        points, normals, known, depth, outside, label, labelled_pixels(mask, label), intrinsics
    )
    return HandObservation(crop, depth, mask, outside, observed, (left, top), stride)


def _window(
    shape: tuple[int, ...], camera: PinholeCamera, centre: Float64, radius_m: float
) -> tuple[int, int, int, int, int] | None:
    """Left, top, right, bottom (pixels of the frame) and stride."""
    if not np.isfinite(centre).all() or centre[2] < 0.05:
        return None
    u, v = camera.project(centre)
    reach = radius_m + _MARGIN_M
    half_u, half_v = camera.fx * reach / centre[2], camera.fy * reach / centre[2]
    left, right = max(0, int(u - half_u)), min(shape[1], int(u + half_u) + 1)
    top, bottom = max(0, int(v - half_v)), min(shape[0], int(v + half_v) + 1)
    stride = max(1, ceil(2 * max(half_u, half_v) / _LARGEST_CROP_PX))
    if right - left < 3 * stride or bottom - top < 3 * stride:
        return None
    return left, top, right, bottom, stride


def _crop_camera(
    camera: PinholeCamera, shape: tuple[int, ...], left: int, top: int, stride: int
) -> PinholeCamera:
    # Every stride-th pixel is kept as it is, so pixel k of the crop is pixel left + k * stride.
    return PinholeCamera(
        width_px=shape[1],
        height_px=shape[0],
        fx=camera.fx / stride,
        fy=camera.fy / stride,
        cx=(camera.cx - left) / stride,
        cy=(camera.cy - top) / stride,
    )


def _surface_step(z: float, intrinsics: Float64) -> float:
    """Depth difference of neighbours that still belong to one surface, metres."""
    return max(_DEPTH_STEP_M, _STEEPEST * z / float(min(intrinsics[0], intrinsics[1])))


def _hand_mask(
    depth: Float32, intrinsics: Float64, centre: Float64, radius_m: float
) -> UInt8 | None:
    pixel_m = float(centre[2] / sqrt(intrinsics[0] * intrinsics[1]))
    step = _surface_step(float(centre[2]), intrinsics)
    kept = near_pixels(depth, intrinsics, centre, radius_m, step)
    label, count = label_surfaces(depth, kept, step)
    if count == 0:
        return None
    table = component_table(depth, label, count, intrinsics, centre, _CORE_M)
    core = table[:, 1] if table[:, 1].max() > 0 else table[:, 0]
    main = int(core.argmax())
    if table[main, 0] < _LEAST_PIXELS:
        return None
    size = 2 * int(_PART_REACH_M / pixel_m) + 1
    around = cv2.dilate((label == main).astype(np.uint8), np.ones((size, size), np.uint8))
    return hand_components(label, table, main, np.asarray(around, np.uint8), pixel_m)


def _distance_to(mask: UInt8) -> tuple[Float32, Int32]:
    """Distance [h, w] in pixels to the mask, and a label [h, w] of its nearest pixel."""
    outside, label = cv2.distanceTransformWithLabels(
        255 - mask, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    return np.asarray(outside, np.float32), np.asarray(label, np.int32)
