"""What sensors do to a perfect depth image, one effect a function.

Depth is float32 metres [H, W], 0 = no data; sensors.py puts the effects together.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Depth = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
FAR_M = 99.0
_3x3 = np.ones((3, 3), np.uint8)


def depth_edges(depth: Depth, step_m: float = 0.012) -> Mask:
    """Pixels with data beside a depth step or beside no data."""
    nearest, farthest = cv2.erode(_far_where_empty(depth), _3x3), cv2.dilate(depth, _3x3)
    beside_nothing = cv2.erode(depth, _3x3) == 0
    return (((farthest - nearest) > step_m) | beside_nothing) & (depth > 0)


def white_noise(depth: Depth, sigma_m: float, rng: np.random.Generator) -> Depth:
    noise = sigma_m * rng.standard_normal(depth.shape, np.float32)
    return np.where(depth > 0, depth + noise, 0).astype(np.float32)


def correlated_noise(
    depth: Depth, sigma_m: float, rng: np.random.Generator, finest: int = 4
) -> Depth:
    """Noise whose grain is `finest` pixels or coarser, as matching windows and optics make it."""
    side = max(depth.shape)
    cells = int(rng.integers(4, max(side // finest, 6)))
    grain = rng.standard_normal((cells, cells), np.float32)
    noise = cv2.resize(grain, depth.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(depth > 0, depth + sigma_m * noise, 0).astype(np.float32)


def quantised(depth: Depth, step_m: float) -> Depth:
    return np.round(depth / step_m).astype(np.float32) * np.float32(step_m)


def disparity_quantised(depth: Depth, step_at_half_metre_m: float) -> Depth:
    """Steps that grow with the square of the distance, as those of a disparity do."""
    step = step_at_half_metre_m / 0.25
    inverse = np.where(depth > 0, 1.0 / np.maximum(depth, 1e-3), 0.0)
    inverse = np.round(inverse / step) * step
    return np.where(inverse > 0, 1.0 / np.maximum(inverse, 1e-3), 0.0).astype(np.float32)


def dropped(depth: Depth, where: Mask, share: float, rng: np.random.Generator) -> Depth:
    lost = where & (rng.random(depth.shape, np.float32) < share)
    return np.where(lost, 0, depth).astype(np.float32)


def flying_pixels(depth: Depth, edge: Mask, share: float, rng: np.random.Generator) -> Depth:
    """Edge pixels that see both surfaces report something in between."""
    behind = cv2.dilate(depth, _3x3)
    mixing = 0.7 * rng.random(depth.shape, np.float32)
    flying = edge & (depth > 0) & (rng.random(depth.shape, np.float32) < share)
    return np.where(flying, depth + (behind - depth) * mixing, depth).astype(np.float32)


def rounded_silhouette(depth: Depth, reach_m: float, rng: np.random.Generator) -> Depth:
    """The outline of objects in front of nothing is pulled to the far side."""
    outline = (cv2.erode(depth, _3x3) == 0) & (depth > 0)
    pull = reach_m * rng.random(depth.shape, np.float32)
    return np.where(outline, depth + pull, depth).astype(np.float32)


def smoothed(depth: Depth, sigma_px: float, keep_edges: bool) -> Depth:
    """Gaussian blur over pixels with data; with `keep_edges`, not across depth steps."""
    weight = (depth > 0).astype(np.float32)
    blurred = cv2.GaussianBlur(depth, (0, 0), sigma_px)
    norm = cv2.GaussianBlur(weight, (0, 0), sigma_px)
    usable = (depth > 0) & (norm > 0.2)
    if keep_edges:
        usable &= ~depth_edges(depth)
    return np.where(usable, blurred / np.maximum(norm, 1e-3), depth).astype(np.float32)


def slant_dropout(depth: Depth, strength: float, rng: np.random.Generator) -> Depth:
    """Surfaces seen at a grazing angle return little light."""
    slope = cv2.magnitude(
        cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=0.125),
        cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=0.125),
    )
    chance = strength * np.clip(slope / 0.006 - 0.5, 0, 1)
    return np.where(rng.random(depth.shape, np.float32) < chance, 0, depth).astype(np.float32)


def projector_shadow(depth: Depth, width_px: float, rng: np.random.Generator) -> Depth:
    """A band without data beside near objects, on the side away from the projector."""
    shift = round(width_px)
    if shift == 0:
        return depth
    direction = 1 if rng.random() < 0.5 else -1
    near = _far_where_empty(depth)
    occluder = np.minimum.reduce(
        [np.roll(near, direction * k, axis=1) for k in range(1, shift + 1)]
    )
    return np.where(occluder < depth - 0.03, 0, depth).astype(np.float32)


def fattened(depth: Depth, rng: np.random.Generator) -> Depth:
    """Stereo windows spread the nearer surface over the outline by a pixel or two."""
    size = int(rng.integers(2, 4))
    nearest = cv2.erode(_far_where_empty(depth), np.ones((size, size), np.uint8))
    return np.where(nearest < FAR_M / 2, nearest, 0).astype(np.float32)


def webbed(depth: Depth, growth_px: float, gap_px: float, rng: np.random.Generator) -> Depth:
    """The nearer surface grows over the outline by up to half of `growth_px` on each side, here
    more and there less, and fills gaps up to `gap_px`: a window that sees two surfaces gives both
    the nearer one's distance."""
    near = _far_where_empty(depth)
    grown = cv2.erode(near, _disc(growth_px))
    closed = cv2.dilate(cv2.erode(near, _disc(gap_px)), _disc(gap_px))
    webs = np.where(_patches(depth.shape, rng) > -0.6, grown, near)
    webs = np.where(_patches(depth.shape, rng) > 0, np.minimum(closed, webs), webs)
    return np.where(webs < FAR_M / 2, webs, 0).astype(np.float32)


def _disc(size_px: float) -> npt.NDArray[np.uint8]:
    size = max(round(size_px), 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def _patches(shape: tuple[int, ...], rng: np.random.Generator) -> Depth:
    """[H, W] smooth noise, some ten grains across, with a standard deviation below 1."""
    grain = rng.standard_normal((12, 16)).astype(np.float32)
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(grain, size, interpolation=cv2.INTER_LINEAR), np.float32)


def occlusion_band(depth: Depth, scale_px_m: float) -> Mask:
    """What the right camera of a pair does not see: left of near things, as wide as disparities
    differ. `scale_px_m` is focal length times baseline: disparity is that by depth."""
    disparity = np.where(depth > 0, scale_px_m / np.maximum(depth, 1e-3), 0).astype(np.float32)
    u = np.arange(depth.shape[1], dtype=np.float32)[None]
    seen_at = np.where(depth > 0, u - disparity, np.float32(np.inf))
    from_right = np.minimum.accumulate(seen_at[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((seen_at > from_right + 1.0) & (depth > 0), np.bool_)


def pixel_locked(depth: Depth, scale_px_m: float, strength: float) -> Depth:
    """Disparities are drawn to whole pixels, as by a parabola through three costs."""
    disparity = scale_px_m / np.maximum(depth, 1e-3)
    drawn = disparity - strength * np.sin(2 * np.pi * disparity) / (2 * np.pi)
    return np.where(depth > 0, scale_px_m / np.maximum(drawn, 1e-3), 0).astype(np.float32)


def missing_regions(depth: Depth, chance: float, rng: np.random.Generator) -> Depth:
    """Blobs without data (dark skin patches, rings, glare) and scattered lost pixels."""
    if rng.random() < chance:
        hole = np.zeros(depth.shape, np.uint8)
        rows, columns = np.nonzero(depth > 0)
        for _ in range(int(rng.integers(1, 5)) if len(rows) else 0):
            k = rng.integers(len(rows))
            radii = rng.uniform(0.01, 0.06, 2) * max(depth.shape) + 1
            cv2.ellipse(
                hole,
                (int(columns[k]), int(rows[k])),
                (int(radii[0]), int(radii[1])),
                rng.uniform(0, 180),
                0,
                360,
                1,
                -1,
            )
        depth = np.where(hole > 0, 0, depth).astype(np.float32)
    if rng.random() < 0.15:
        depth = dropped(depth, depth > 0, rng.uniform(0, 0.08), rng)
    return depth


def _far_where_empty(depth: Depth) -> Depth:
    return np.where(depth > 0, depth, FAR_M).astype(np.float32)
