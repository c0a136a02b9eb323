"""The values that flow: Frame -> FrameSet -> HandState -> Scene, and Health beside them.

Frozen, slotted, arrays read-only. Metres, integer nanoseconds, OpenCV camera axes. `captured_ns`
(monotonic, read before any processing) travels to the end, so the age of what is on screen is one
subtraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

KEYPOINT_COUNT = 21


class Side(StrEnum):
    """Which hand of the person."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


@dataclass(frozen=True, slots=True)
class HandTruth:
    """Ground truth of one hand, where a source knows it (simulation, data sets)."""

    side: Side
    joints: Float64
    """[21, 3] metres, camera frame; NaN rows where the data set has no such joint."""
    vertices: Float64 | None = None
    """[V, 3] metres, camera frame; None where the source has no mesh."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Another image of a frame's moment: an infrared imager, one half of a stereo pair."""

    name: str
    """Stable within a source: "left", "right"."""
    captured_ns: int
    """Host monotonic clock."""
    camera: PinholeCamera
    T_depth_from_picture: RigidTransform
    """From this imager's frame to the depth image's."""
    pixels: npt.NDArray[np.uint8]
    """[H, W] grey or [H, W, 3] RGB."""

    def __post_init__(self) -> None:
        self.pixels.setflags(write=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of one camera."""

    camera_id: str
    sequence: int
    captured_ns: int
    """Host monotonic clock, read as soon as the frame is in memory."""
    camera: PinholeCamera
    depth_m: Float32
    """[H, W] z-depth in metres; exactly 0 where there is no data."""
    color: npt.NDArray[np.uint8] | None = None
    """[H, W, 3] RGB, aligned to depth."""
    truth: tuple[HandTruth, ...] = ()
    name: str = ""
    """File name or other label of a recorded frame."""
    source_ns: int | None = None
    """Time on the source's own timeline (recordings, simulation); None where there is only the
    host's clock."""
    depth_unit_m: float = 0.0
    """Depth is a whole number (below 65,536) of these, as the device measured it; 0 where depth is
    not quantised."""
    pictures: tuple[Picture, ...] = ()
    """Other images of the same moment, each with a name of its own."""

    @property
    def time_ns(self) -> int:
        """When the picture was taken, for anything that depends on motion. Unlike `captured_ns` it
        does not depend on how fast a recording is read."""
        return self.captured_ns if self.source_ns is None else self.source_ns

    @property
    def skew_ns(self) -> int:
        """How far apart in time its pictures were taken; 0 where there are none."""
        times = [picture.captured_ns for picture in self.pictures]
        return max(times) - min(times) if times else 0

    def __post_init__(self) -> None:
        self.depth_m.setflags(write=False)


@dataclass(frozen=True, slots=True)
class FrameSet:
    """Frames of one moment, one per camera. A depth camera gives sets of one."""

    frames: tuple[Frame, ...]
    skew_ns: int = 0
    """Largest difference of capture times within the set."""

    @property
    def captured_ns(self) -> int:
        return min(frame.captured_ns for frame in self.frames)

    @property
    def sequence(self) -> int:
        return self.frames[0].sequence


@dataclass(frozen=True, slots=True)
class HandState:
    """One tracked hand at one moment, in the camera's frame."""

    hand_id: int
    """Stable while the hand is followed."""
    side: Side
    captured_ns: int
    wrist_rotation: Float64
    """[3, 3]: R_camera_from_hand of the model's wrist."""
    wrist_position: Float64
    """[3] metres."""
    angles: Float64
    """[22] radians: the anatomical angles of engine.hand.articulation."""
    shape: Float64
    """[10] shape coefficients in standard deviations."""
    joints: Float64
    """[21, 3] metres: the 21-keypoint standard of engine.hand.keypoints."""
    vertices: Float32
    """[V, 3] metres."""
    confidence: Float64
    """[21] in 0..1."""
    network_joints: Float64
    """[21, 3] metres: the network alone, before fitting."""
    residual_m: float
    """Mean distance of observed hand points to the mesh surface, metres."""
    presence: float = 1.0
    """Probability in 0..1 that this is a hand."""
    weights_revision: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that was seen in one frame set. `hands` is empty where there is no hand."""

    sequence: int
    captured_ns: int
    hands: tuple[HandState, ...]
    published_ns: int = 0
    stage_ms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Time of each stage by name, in the order in which they ran."""

    @property
    def latency_ms(self) -> float:
        """Frame in memory to scene published."""
        return (self.published_ns - self.captured_ns) / 1e6


@dataclass(frozen=True, slots=True)
class Health:
    """How one worker does."""

    name: str
    rate_hz: float
    latency_median_ms: float
    latency_p95_ms: float
    dropped: int
    failure: str = ""
    """Empty while well; otherwise the sentence to show."""
