"""A source that is recorded and not tracked: `TrackingSession` without its inference thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.capture import sources
from engine.capture.camera import Camera
from engine.capture.capture_loop import CaptureLoop, CaptureState
from engine.messages import FrameSet, Health
from engine.recording.recording_status import RecordingStatus
from engine.recording.session_recording import SessionRecording
from engine.runtime.contexts import StopOnExit
from engine.runtime.slot import Slot
from engine.session_status import SessionState, SessionStatus
from engine.sinks import SceneSinks


class UntrackedSession(StopOnExit):
    """Captures one source while open, for recording."""

    def __init__(
        self, uri: str, open_camera: Callable[[str], Camera] = sources.open_camera
    ) -> None:
        self.uri = uri
        frames: Slot[FrameSet] = Slot()
        self._loop = CaptureLoop(uri, open_camera, frames)
        self._capture = self._loop.worker()
        self._recording = SessionRecording(
            self._loop.frame_sinks,
            SceneSinks(),
            lambda: self._loop.status.info,
            self.status,
            tracked_with=None,
        )
        self._state = SessionState.IDLE

    def start(self) -> None:
        """Returns at once; `status` tells what comes of it."""
        self._capture.start()
        self._state = SessionState.RUNNING

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End capture and recording; False when one still hangs."""
        ended = self._capture.stop(timeout_s)
        self._state = SessionState.STOPPED
        return self._recording.stop() and ended

    def start_recording(self, path: Path) -> None:
        """As `TrackingSession.start_recording`."""
        self._recording.start(path)

    def stop_recording(self) -> None:
        self._recording.request_stop()

    def recording(self) -> RecordingStatus | None:
        return self._recording.status()

    def health(self) -> tuple[Health, ...]:
        return (self._capture.health(),)

    def status(self) -> SessionStatus:
        captured, failure = self._loop.status, self._capture.failure
        return SessionStatus(
            state=SessionState.FAILED if failure else self._state_of(captured.state),
            source_uri=self.uri,
            source_name=captured.info.name if captured.info else self.uri,
            sentence=failure.sentence if failure else captured.sentence,
            reconnecting_since_ns=captured.reconnecting_since_ns,
            frames=captured.frames,
            camera_drops=captured.camera_drops,
            stereo=captured.stereo,
        )

    def _state_of(self, captured: CaptureState) -> SessionState:
        if self._state is not SessionState.RUNNING:
            return self._state
        if captured is CaptureState.OPENING:
            return SessionState.STARTING
        return SessionState(captured.value)
