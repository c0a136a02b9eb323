"""Made-up takes with smooth motion, whose meshes and joints are known exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.export.take import Take
from engine.export.take_builder import build_take
from engine.hand.articulation import LOWER, UPPER
from engine.hand.model import HandModel, hand_of
from engine.hand.skinning import HandPose
from engine.messages import HandState, Scene, Side
from engine.runtime.clock import NS_PER_S
from tests.fakes.hands import state_of_pose

FPS = 30.0
START_NS = 7_000_000_000
CAMERA = PinholeCamera(640, 480, 550.0, 540.0, 320.0, 241.0)
SHAPE = np.array([0.8, -0.5, 1.2, 0.0, -0.7, 0.3, 0.0, 0.5, -0.2, 0.1])


def model() -> HandModel:
    return hand_of(Side.RIGHT)


def pose_at(time_s: float, side: Side = Side.RIGHT, shape: np.ndarray = SHAPE) -> HandPose:
    """A hand that turns about several axes, more than once around, while its fingers wave."""
    phase = np.linspace(0.0, 4.0, len(LOWER))
    swing = 0.5 + 0.45 * np.sin(2.0 * time_s + phase)
    x = 0.1 if side is Side.RIGHT else -0.1
    return HandPose(
        rotation_from_axis_angle(np.array([2.5, 1.0, -1.5]) * time_s + [0.3, -0.4, 2.9]),
        np.array([x + 0.05 * np.sin(time_s), 0.02 * time_s, 0.5 + 0.1 * np.cos(time_s)]),
        LOWER + swing * (UPPER - LOWER),
        shape,
    )


def state_at(
    time_s: float, side: Side = Side.RIGHT, hand_id: int = 0, shape: np.ndarray = SHAPE
) -> HandState:
    return state_of_pose(
        pose_at(time_s, side, shape),
        side,
        hand_id=hand_id,
        captured_ns=START_NS + round(time_s * NS_PER_S),
        confidence=np.linspace(0.5, 1.0, 21),
        residual_m=0.002,
        presence=0.97,
    )


def scenes(
    count: int,
    sides: Sequence[Side] = (Side.RIGHT,),
    unseen: Sequence[int] = (),
    fps: float = FPS,
) -> Iterator[tuple[int, Scene]]:
    """Frames with their times; the hand has a new id after every frame in which it is unseen."""
    for index in range(count):
        time_s = index / fps
        lost = sum(frame < index for frame in unseen)
        hands = tuple(state_at(time_s, side, 10 * lost + order) for order, side in enumerate(sides))
        time_ns = START_NS + round(time_s * NS_PER_S)
        yield time_ns, Scene(100 + index, time_ns, () if index in unseen else hands)


def take(
    count: int = 20,
    sides: Sequence[Side] = (Side.RIGHT,),
    unseen: Sequence[int] = (),
    fps: float = FPS,
) -> Take:
    return build_take(
        "made-up", scenes(count, sides, unseen, fps), hand_of(Side.RIGHT), camera=CAMERA
    )
