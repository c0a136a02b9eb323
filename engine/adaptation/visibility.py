"""Which joints of a hand the sensor can see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.adaptation.patch import HandPatch

Float64 = npt.NDArray[np.float64]

FLESH_M = 0.012
"""How deep a joint lies below the skin, at most about."""
SOFT_M = 0.006


def joint_visibility(patch: HandPatch, keypoints: Float64) -> Float64:
    """[21] in 0..1: 1 where the surface seen at a joint is the joint's own, 0 where something
    stands well in front of it or nothing was measured."""
    pixel = np.rint(patch.camera.project(keypoints)).astype(int)
    height, width = patch.depth_m.shape
    column, row = np.clip(pixel[:, 0], 0, width - 1), np.clip(pixel[:, 1], 0, height - 1)
    seen = patch.depth_m[row, column].astype(np.float64)
    before = keypoints[:, 2] - seen - FLESH_M
    visible = 1.0 / (1.0 + np.exp((before - SOFT_M) / (0.5 * SOFT_M)))
    return np.where(seen > 0, visible, 0.5)
