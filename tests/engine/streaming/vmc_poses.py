"""What a VMC receiver reads of a hand."""

from __future__ import annotations

import numpy as np

from calibration.transforms import rotation_from_quaternion
from engine.messages import HandState
from engine.streaming.skeleton import Skeletons
from engine.streaming.vmc import VmcMessages


def bone_rotations(messages: VmcMessages, hand: HandState) -> np.ndarray:
    """[15, 3, 3] as a receiver reads them."""
    return rotation_from_quaternion(poses(messages, hand)[1:, 3:])


def poses(messages: VmcMessages, hand: HandState) -> np.ndarray:
    return messages.poses(hand, Skeletons().rotations([hand])[0])
