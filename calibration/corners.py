"""Placing corners of a pattern to some hundredths of a pixel.

Where two black squares touch, brightness is a saddle. OpenCV's corner search comes near it by the
gradients around; then a quadratic surface is fitted to the smoothed picture (Lucchese and Mitra
2002), whose saddle point is the corner. In rendered boards that leaves a third of the error. The
window must hold nothing but the corner: the next corner's edges, or those of a marker, draw it
towards themselves.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.float64]

CLEAR_SHARE = 0.3
"""How far around a corner nothing else is seen, by the distance of two corners, also of a board
that is seen at a slant."""
WINDOW_PX = (2, 16)
"""Half width of the window of gradients."""
SADDLE_PX = (2, 5)
"""Half width of the fitted surface: further out it is no quadratic one."""
SMOOTHING_PX = 1.0
FITS = 3
LARGEST_STEP_PX = 1.0


def refine_corners(
    gray: Gray, pixels: Pixels, clear_share: float = CLEAR_SHARE
) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """Corners [N, 2] to sub-pixel accuracy, each in a window that fits its surroundings.

    Also which of them [N] have a saddle; the others are as the gradients say.
    """
    clear = clear_share * _spacing(pixels)
    near = _by_gradients(gray, pixels, np.clip(clear.astype(int), *WINDOW_PX))
    return _by_saddle(gray, near, np.clip(clear.astype(int), *SADDLE_PX))


def _by_gradients(gray: Gray, pixels: Pixels, windows: npt.NDArray[np.int_]) -> Pixels:
    refined = pixels.astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)
    for window in np.unique(windows):
        chosen = np.flatnonzero(windows == window)
        part = refined[chosen].reshape(-1, 1, 2).copy()
        size = (int(window), int(window))
        refined[chosen] = cv2.cornerSubPix(gray, part, size, (-1, -1), stop)[:, 0]
    moved = np.linalg.norm(refined - pixels, axis=1)
    # What wandered off found another corner, or none.
    return np.where((moved <= windows)[:, None], refined, pixels).astype(np.float64)


def _by_saddle(
    gray: Gray, pixels: Pixels, radii: npt.NDArray[np.int_]
) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    smooth = np.asarray(cv2.GaussianBlur(gray.astype(np.float32), (0, 0), SMOOTHING_PX), np.float32)
    refined, exact = pixels.copy(), np.zeros(len(pixels), bool)
    for radius in np.unique(radii):
        chosen = np.flatnonzero(radii == radius)
        refined[chosen], exact[chosen] = _saddles(smooth, pixels[chosen], int(radius))
    return refined, exact


def _saddles(
    smooth: npt.NDArray[np.floating], pixels: Pixels, radius: int
) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """Saddle points [N, 2] near pixels, and where there is one; elsewhere the pixels stay."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float64)
    disc = x**2 + y**2 <= (radius + 0.5) ** 2
    x, y = x[disc], y[disc]
    fit = np.linalg.pinv(np.stack([x * x, x * y, y * y, x, y, np.ones_like(x)], -1))
    place, good = pixels.copy(), np.ones(len(pixels), bool)
    for _ in range(FITS):
        u = (place[:, :1] + x).astype(np.float32)
        v = (place[:, 1:] + y).astype(np.float32)
        values = cv2.remap(smooth, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        a, b, c, d, e, _ = fit @ np.asarray(values, np.float64).T
        bend = 4 * a * c - b * b
        good &= bend < 0
        safe = np.where(good, bend, -1.0)
        step = np.stack([b * e - 2 * c * d, b * d - 2 * a * e], -1) / safe[:, None]
        good &= np.abs(step).max(-1) <= LARGEST_STEP_PX
        place = np.where(good[:, None], place + step, place)
    good &= np.linalg.norm(place - pixels, axis=1) <= radius
    return np.where(good[:, None], place, pixels), good


def _spacing(pixels: Pixels) -> Pixels:
    """Distance [N] of each point to the nearest other."""
    apart = np.linalg.norm(pixels[:, None] - pixels[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return apart.min(1)
