"""Compiled cutting of a hand out of a depth crop, without a button or a plane assumption."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.inference.fitting.kernels.compiling import kernel

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]


@kernel
def near_pixels(
    depth: Float32, intrinsics: Float64, centre: Float64, radius: float, step: float
) -> UInt8:
    """[h, w] 1 within `radius` of the centre and carried by at least three like neighbours.

    Flying pixels at depth edges have few neighbours within `step` metres.
    """
    h, w = depth.shape
    fx, fy, cx, cy = intrinsics
    kept = np.zeros((h, w), np.uint8)
    for v in range(1, h - 1):
        y_over_z = (v - cy) / fy
        for u in range(1, w - 1):
            z = depth[v, u]
            if abs(z - centre[2]) > radius or z <= 0.0:
                continue
            dx = (u - cx) / fx * z - centre[0]
            dy = y_over_z * z - centre[1]
            if dx * dx + dy * dy + (z - centre[2]) ** 2 > radius * radius:
                continue
            alike = 0
            for dv in range(-1, 2):
                for du in range(-1, 2):
                    if abs(depth[v + dv, u + du] - z) < step:
                        alike += 1
            if alike >= 4:  # itself counts
                kept[v, u] = 1
    return kept


@kernel
def label_surfaces(depth: Float32, kept: UInt8, step: float) -> tuple[Int32, int]:
    """Components of kept pixels joined where neighbours differ by less than `step` metres.

    Labels [h, w] from 1, 0 elsewhere; and their number.
    """
    h, w = depth.shape
    label = np.zeros((h, w), np.int32)
    stack = np.empty((h * w, 2), np.int32)
    count = 0
    for v in range(h):
        for u in range(w):
            if kept[v, u] == 0 or label[v, u] != 0:
                continue
            count += 1
            label[v, u] = count
            stack[0, 0], stack[0, 1] = v, u
            top = 1
            while top > 0:
                top -= 1
                a, b = stack[top, 0], stack[top, 1]
                z = depth[a, b]
                for q in range(4):
                    c = a + (1 if q == 0 else -1 if q == 1 else 0)
                    d = b + (1 if q == 2 else -1 if q == 3 else 0)
                    if c < 0 or d < 0 or c >= h or d >= w:
                        continue
                    if kept[c, d] == 1 and label[c, d] == 0 and abs(depth[c, d] - z) < step:
                        label[c, d] = count
                        stack[top, 0], stack[top, 1] = c, d
                        top += 1
    return label, count


@kernel
def component_table(
    depth: Float32, label: Int32, count: int, intrinsics: Float64, centre: Float64, core: float
) -> Float64:
    """[count + 1, 5] a component: pixels, pixels within `core` of the centre, mean, least and
    greatest depth. Row 0 stays empty."""
    fx, fy, cx, cy = intrinsics
    table = np.zeros((count + 1, 5))
    table[:, 3] = np.inf
    for v in range(label.shape[0]):
        for u in range(label.shape[1]):
            k = label[v, u]
            if k == 0:
                continue
            z = depth[v, u]
            dx, dy = (u - cx) / fx * z - centre[0], (v - cy) / fy * z - centre[1]
            table[k, 0] += 1
            table[k, 2] += z
            table[k, 3] = min(table[k, 3], z)
            table[k, 4] = max(table[k, 4], z)
            if dx * dx + dy * dy + (z - centre[2]) ** 2 < core * core:
                table[k, 1] += 1
    for k in range(1, count + 1):
        table[k, 2] /= table[k, 0]
    return table


# A finger behind another one stays part of the hand within this much depth.
_NEARER_M, _FURTHER_M = 0.04, 0.06
_LEAST_AREA_M2 = 6.0e-5


@kernel
def hand_components(
    label: Int32, table: Float64, main: int, around_main: UInt8, pixel_m: float
) -> UInt8:
    """Mask [h, w] of 255 of the main component and the parts that a finger in front cuts off.

    `around_main` is the main component, dilated by the reach within which a part may lie.
    """
    count = table.shape[0] - 1
    beside = np.zeros(count + 1)
    for v in range(label.shape[0]):
        for u in range(label.shape[1]):
            if around_main[v, u] > 0:
                beside[label[v, u]] += 1
    take = np.zeros(count + 1, np.uint8)
    least = max(6.0, _LEAST_AREA_M2 / (pixel_m * pixel_m))
    for k in range(1, count + 1):
        part = table[k]
        deep = table[main, 3] - _NEARER_M < part[2] < table[main, 4] + _FURTHER_M
        sized = least <= part[0] < 0.5 * table[main, 0]
        if deep and sized and beside[k] > 0.3 * part[0]:
            take[k] = 255
    take[main] = 255
    mask = np.zeros(label.shape, np.uint8)
    for v in range(label.shape[0]):
        for u in range(label.shape[1]):
            if label[v, u] > 0:
                mask[v, u] = take[label[v, u]]
    return mask


@kernel
def labelled_pixels(mask: UInt8, label: Int32) -> Float32:
    """Pixel (u, v) of each label that a distance transform gave the pixels of a mask,
    [labels + 1, 2]."""
    h, w = mask.shape
    largest = 0
    for v in range(h):
        for u in range(w):
            largest = max(largest, label[v, u])
    pixels = np.zeros((largest + 1, 2), np.float32)
    for v in range(h):
        for u in range(w):
            if mask[v, u] > 0:
                pixels[label[v, u], 0] = u
                pixels[label[v, u], 1] = v
    return pixels
