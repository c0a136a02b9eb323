"""Rectified pictures, fast: a rectification's maps in the form that OpenCV applies quickest."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from calibration.rectification import Rectification
from engine.stereo.pair import Pixels


class Rectifier:
    """Turns the raw pictures of a rig into rows that match."""

    def __init__(self, rectification: Rectification) -> None:
        self.rectification = rectification
        left, right = rectification.maps()
        self._left = cv2.convertMaps(*left, cv2.CV_16SC2)
        self._right = cv2.convertMaps(*right, cv2.CV_16SC2)
        self.left_seen = _seen(left, rectification.rig.left.size_px)
        """[H, W]: where the rectified left picture shows something."""
        self.right_seen = _seen(right, rectification.rig.right.size_px)

    def left(self, picture: Pixels) -> Pixels:
        """The left picture, rectified; 0 where the camera sees nothing."""
        return np.asarray(cv2.remap(picture, *self._left, cv2.INTER_LINEAR), np.uint8)

    def right(self, picture: Pixels) -> Pixels:
        """The right picture, rectified."""
        return np.asarray(cv2.remap(picture, *self._right, cv2.INTER_LINEAR), np.uint8)


def grey(picture: Pixels) -> Pixels:
    """[H, W] of a grey or RGB picture."""
    if picture.ndim == 2:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _seen(
    maps: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], size_px: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    u, v = maps
    return (u >= 0) & (u <= size_px[0] - 1) & (v >= 0) & (v <= size_px[1] - 1)
