"""Frames and scenes made up for the window's tests: real hand model, invented numbers."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose
from engine.messages import Frame, FrameSet, HandState, Scene, Side
from tests.fakes.hands import state_of_pose

CAMERA = PinholeCamera(640, 480, 575.0, 575.0, 319.5, 239.5)
BACKGROUND_M = 1.1
UPRIGHT = rotation_from_axis_angle(np.array([np.pi, 0.0, 0.0]))
"""Fingers up, palm towards the camera for a right hand."""


def make_hand(
    side: Side = Side.RIGHT,
    phase: float = 0.0,
    position: tuple[float, float, float] = (0.0, 0.08, 0.45),
    captured_ns: int = 0,
    hand_id: int = 1,
    model: HandModel | None = None,
    residual_m: float = 0.0018,
    confidence: np.ndarray | None = None,
) -> HandState:
    """A hand that opens, closes and sways with `phase` in radians."""
    angles = np.zeros(22)
    angles[[6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21]] = 0.45 * (1 - np.cos(phase))
    sway = rotation_from_axis_angle(np.array([0.0, 0.35 * np.sin(phase * 0.7), 0.0]))
    place = np.array(position) + [0.03 * np.sin(phase), 0.0, 0.0]
    pose = HandPose(sway @ UPRIGHT, place, angles, np.zeros(10))
    sure = np.full(21, 0.9) if confidence is None else confidence
    return state_of_pose(
        pose,
        side,
        model,
        hand_id=hand_id,
        captured_ns=captured_ns,
        residual_m=residual_m,
        confidence=sure,
    )


def make_frame(hands: tuple[HandState, ...] = (), sequence: int = 1, captured_ns: int = 0) -> Frame:
    """A wall behind blobs of depth at each hand's vertices."""
    depth = np.full((CAMERA.height_px, CAMERA.width_px), BACKGROUND_M, np.float32)
    for hand in hands:
        u, v = np.round(CAMERA.project(hand.vertices)).astype(int).T
        for du in range(-4, 5):
            for dv in range(-4, 5):
                row = np.clip(v + dv, 0, CAMERA.height_px - 1)
                column = np.clip(u + du, 0, CAMERA.width_px - 1)
                np.minimum.at(depth, (row, column), hand.vertices[:, 2])
    depth[:, :8] = 0.0
    return Frame("test", sequence, captured_ns, CAMERA, depth)


def make_scene(hands: tuple[HandState, ...] = (), sequence: int = 1, captured_ns: int = 0) -> Scene:
    return Scene(
        sequence=sequence,
        captured_ns=captured_ns,
        hands=hands,
        published_ns=captured_ns + 8_000_000,
        stage_ms=MappingProxyType({"localise": 1.1, "network": 3.4, "fit": 2.9, "filter": 0.1}),
    )


def make_frame_set(frame: Frame) -> FrameSet:
    return FrameSet((frame,))
