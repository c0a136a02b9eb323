"""What stands where in a session file.

A session is an MCAP file (https://mcap.dev/spec). In this order:

1. a metadata record "handtune": the `SessionHeader`, as text values;
2. the calibration and the place of every imager, in one chunk of their own;
3. chunks of messages. A frame is never spread over two chunks: its images, then `/frame`.

| topic | schema | holds |
|---|---|---|
| /camera/depth | foxglove.RawImage | "16UC1": in the frame's depth unit; "32FC1": in metres |
| /camera/color, /camera/left, ... | foxglove.RawImage | "rgb8" or "mono8" |
| /camera/depth/calibration, ... | foxglove.CameraCalibration | intrinsics |
| /tf | foxglove.FrameTransform | where the other imagers stand in the depth image's frame |
| /frame | handtune.Frame (JSON) | all else of a frame; without it the images are not whole |
| /truth | handtune.Truth (JSON) | ground truth, where the source has it |
| /hands | handtune.Scene (JSON) | what was tracked; vertices follow from the hand model |
| /events | handtune.Event (JSON) | drops, gaps, reconnections, decisions |

Log time is the host's monotonic clock when a frame was captured, publish time the source's own. All
messages of a frame stand side by side with one log time, their sequence number that of the frame.
Every chunk repeats the schemas and channels that it uses, so that each can be read without any
other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.errors import UserError

FORMAT_VERSION = 1
SUFFIX = ".mcap"
PART_SUFFIX = ".mcap.part"
"""Of a file that is being written, or whose writer died."""
METADATA_NAME = "handtune"

DEPTH = "depth"
COLOR = "color"
FRAME_TOPIC = "/frame"
TRUTH_TOPIC = "/truth"
HANDS_TOPIC = "/hands"
EVENTS_TOPIC = "/events"
TRANSFORMS_TOPIC = "/tf"

RAW_IMAGE = "foxglove.RawImage"
CALIBRATION = "foxglove.CameraCalibration"
TRANSFORM = "foxglove.FrameTransform"
FRAME = "handtune.Frame"
TRUTH = "handtune.Truth"
SCENE = "handtune.Scene"
EVENT = "handtune.Event"


def image_topic(stream: str) -> str:
    """Of `DEPTH`, `COLOR` or the name of a picture."""
    return f"/camera/{stream}"


def calibration_topic(stream: str) -> str:
    return f"/camera/{stream}/calibration"


def schema_of(topic: str) -> str:
    """The schema's name of any topic of a session; ValueError for another topic."""
    fixed = {
        FRAME_TOPIC: FRAME,
        TRUTH_TOPIC: TRUTH,
        HANDS_TOPIC: SCENE,
        EVENTS_TOPIC: EVENT,
        TRANSFORMS_TOPIC: TRANSFORM,
    }
    if topic in fixed:
        return fixed[topic]
    if not topic.startswith("/camera/"):
        raise ValueError(f"no topic of a session: {topic}")
    return CALIBRATION if topic.endswith("/calibration") else RAW_IMAGE


class SessionError(UserError):
    """A session file cannot be written, read or understood; one sentence."""


class DamagedSessionError(SessionError):
    """A session file is damaged or was never finished; repairing it helps."""

    def __init__(self, path: Path, problem: str, gains: str) -> None:
        """`problem`: what is wrong, as half a sentence; `gains`: what a repair writes."""
        self.path, self.problem, self.gains = path, problem, gains
        command = f'`python main.py repair "{path}"`'
        super().__init__(f"{path}: {problem}. {command} writes {gains}.")

    @property
    def advice(self) -> str:
        """The same for who has a button for it."""
        return f"{self.path.name}: {self.problem}. Repairing writes {self.gains}."


class NewerSessionError(SessionError):
    """A session of a newer program."""


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """An imager beside the depth image."""

    name: str
    camera: PinholeCamera
    T_depth_from_picture: RigidTransform


@dataclass(frozen=True, slots=True)
class SessionHeader:
    """What holds for a whole session. Text is empty where something is not known."""

    program_version: str
    created: str
    """UTC, ISO 8601."""
    started_ns: int
    """The host's monotonic clock at `created`: ties log times to the calendar."""
    source_uri: str
    source_name: str
    camera: PinholeCamera
    """Of the depth image."""
    fps: float
    """Nominal frames a second."""
    depth_unit_m: float = 0.0
    """See `engine.messages.Frame`."""
    pictures: tuple[PictureInfo, ...] = ()
    live: bool = True
    """Whether the source set the pace."""
    has_truth: bool = False
    device: str = ""
    """Model and serial number."""
    firmware: str = ""
    hand_model: str = ""
    """Name of the hand model."""
    hand_model_sha256: str = ""
    weights_sha256: str = ""
    """Of the network that the tracking began with."""
    profile: str = ""
    """Name of the person's profile."""
    part: int = 0
    """Which file of a session that was split: 0, 1, ..."""
    format_version: int = FORMAT_VERSION


class EventKind(StrEnum):
    """What an event is about."""

    DROP = "drop"
    """Frames that were captured and are not in the file, or that were not tracked."""
    GAP = "gap"
    """Frames that the device counted and never delivered."""
    DISCONNECT = "disconnect"
    RESUME = "resume"
    ADAPTATION = "adaptation"
    """A decision on other weights."""
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened while recording."""

    time_ns: int
    """Host monotonic clock."""
    kind: EventKind
    text: str
    """One sentence."""
    figures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
