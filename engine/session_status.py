"""What a session does and how it does, computed from facts when asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.adaptation.status import AdaptationStatus
from engine.capture.camera import CameraInfo
from engine.recording.layout import DamagedSessionError
from engine.stereo.status import StereoStatus


class SessionState(StrEnum):
    """What a session does, in the order in which it usually happens."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """One look at a session, computed from facts when asked."""

    state: SessionState
    source_uri: str
    source_name: str
    """For people; the URI until the source is open."""
    sentence: str = ""
    """What is wrong and what to do; empty while well."""
    reconnecting_since_ns: int | None = None
    """Monotonic clock."""
    frames: int = 0
    """Frames read from the source."""
    drops: int = 0
    """Frames that came faster than the tracker could take them."""
    camera_drops: int = 0
    """Frames that the device counted and never delivered."""
    adaptation: AdaptationStatus | None = None
    """None where nothing adapts."""
    camera: CameraInfo | None = None
    """What is known of the source; None until it is open."""
    rig_failed: bool = False
    """Whether it failed for want of a rig that fits: then calibrating the cameras helps."""
    damaged: DamagedSessionError | None = None
    """The session file that it failed on, where repairing that helps."""
    stereo: StereoStatus | None = None
    """How the pairs of a stereo camera come; None of any other."""

    @property
    def running(self) -> bool:
        """Whether the session's source delivers, or did when last heard of."""
        return self.state is SessionState.RUNNING
