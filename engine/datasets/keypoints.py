"""From the joints of a data set to the 21-keypoint standard.

A mapping lists what each keypoint is taken from; a keypoint that the data set lacks stays NaN, so
that no figure counts it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import KEYPOINT_NAMES
from engine.messages import KEYPOINT_COUNT, Float64

KeypointMapping = Mapping[str, tuple[int, ...]]
"""Keypoint name -> joints of the data set whose mean it is (nearly always one)."""


def standard_keypoints(joints: npt.NDArray[np.floating], mapping: KeypointMapping) -> Float64:
    """Keypoints [..., 21, 3] of data set joints [..., J, 3]; NaN where not mapped."""
    keypoints = np.full((*joints.shape[:-2], KEYPOINT_COUNT, 3), np.nan)
    for name, sources in mapping.items():
        keypoint = KEYPOINT_NAMES.index(name)
        keypoints[..., keypoint, :] = joints[..., list(sources), :].mean(axis=-2)
    return keypoints


def finger_mapping(finger: str, joints: tuple[str, ...], first: int) -> dict[str, tuple[int, ...]]:
    """Mapping of consecutive joints, from `first` on, of one finger: `finger_mapping("index",
    ("mcp", "pip", "dip", "tip"), 1)`."""
    return {f"{finger}_{joint}": (first + k,) for k, joint in enumerate(joints)}
