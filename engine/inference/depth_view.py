"""One depth image as a right hand would like to see it.

Network and fitting know right hands only. A left hand is looked at in the mirror: the image flipped
left to right and the camera with it, so that x changes its sign and nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.skinning import HandPose
from engine.messages import Frame, Side

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class DepthView:
    """A depth image and its camera, mirrored or not."""

    depth_m: Float32
    """[H, W] metres, 0 = no data."""
    camera: PinholeCamera


def view_for(frame: Frame, side: Side) -> DepthView:
    """The frame as seen for a hand of `side`."""
    if side is Side.RIGHT:
        return DepthView(frame.depth_m, frame.camera)
    camera = replace(frame.camera, cx=frame.camera.width_px - 1 - frame.camera.cx)
    return DepthView(np.ascontiguousarray(frame.depth_m[:, ::-1]), camera)


class FrameViews:
    """A frame as seen for either side, made when first asked for."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._made: dict[Side, DepthView] = {}

    def __getitem__(self, side: Side) -> DepthView:
        if side not in self._made:
            self._made[side] = view_for(self._frame, side)
        return self._made[side]


def mirror_points(points: Float64, side: Side) -> Float64:
    """Points [..., 3] between the view of `side` and the camera frame; its own inverse."""
    return points if side is Side.RIGHT else points * MIRROR


def mirror_pose(pose: HandPose, side: Side) -> HandPose:
    """A pose between the view of `side` and the camera frame; its own inverse.

    Angles and shape keep their meaning; a left hand's rotation belongs to the mirrored model.
    """
    if side is Side.RIGHT:
        return pose
    rotation = MIRROR[:, None] * pose.wrist_rotation * MIRROR
    return replace(pose, wrist_rotation=rotation, wrist_position=pose.wrist_position * MIRROR)
