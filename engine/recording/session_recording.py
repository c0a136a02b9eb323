"""The recording of a running session: attached to its frames and scenes, and taken off again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.capture.camera import CameraInfo
from engine.recording.recording_status import RecordingStatus
from engine.session_status import SessionStatus
from engine.sinks import FrameSink, FrameSinks, FromFirstFrame, SceneSinks

if TYPE_CHECKING:  # They load for a second, and the window imports this file.
    from engine.recording.recorder import Recorder
    from engine.recording.tracked_with import TrackedWith

FINISH_S = 30.0
"""How long a recorder may take to write what waits, when the session ends."""


class SessionRecording:
    """One recording at a time. Belongs to the thread that made the session."""

    def __init__(
        self,
        frames: FrameSinks,
        scenes: SceneSinks,
        info: Callable[[], CameraInfo | None],
        status: Callable[[], SessionStatus],
        tracked_with: TrackedWith | None,
        begin: Callable[[int], None] = lambda _captured_ns: None,
    ) -> None:
        """`info` and `status` are asked in the recorder's thread; `begin` is told when the first
        frame of a recording was captured, before anybody tracks it."""
        self._frames, self._scenes = frames, scenes
        self._info, self._session_status = info, status
        self._tracked_with = tracked_with
        self._begin = begin
        self._recorder: Recorder | None = None
        self._recorded: FrameSink | None = None

    def start(self, path: Path) -> None:
        """See `TrackingSession.start_recording`."""
        from engine.recording.describe import description
        from engine.recording.layout import SessionError
        from engine.recording.recorder import Recorder
        from engine.recording.session_watch import SessionWatch

        if self._recorder is not None and self._recorder.running:
            raise SessionError(
                f"Cannot record to '{path}': '{self._recorder.status().path}' is being recorded; "
                "end that first."
            )
        describe = description(self._info, self._tracked_with)
        recorder = Recorder(path, describe, watch=SessionWatch(self._session_status))
        recorder.start()
        self._recorder = recorder
        self._recorded = FromFirstFrame(recorder, self._begin)
        self._frames.add(self._recorded)
        self._scenes.add(recorder)

    def request_stop(self) -> None:
        """End the recording; returns at once."""
        if self._recorder is not None and self._recorded is not None:
            self._frames.remove(self._recorded)
            self._scenes.remove(self._recorder)
            self._recorder.request_stop()

    def stop(self) -> bool:
        """End the recording and wait for its file; False where that takes too long."""
        self.request_stop()
        return self._recorder is None or self._recorder.stop(FINISH_S)

    @property
    def running(self) -> bool:
        """Whether a recording is written or finished at present."""
        return self._recorder is not None and self._recorder.running

    def status(self) -> RecordingStatus | None:
        return None if self._recorder is None else self._recorder.status()
