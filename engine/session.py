"""Tracking from a source to scenes: builds, owns, starts and stops all threads of it.

    capture thread -> Slot[FrameSet] -> inference thread -> Slot[Scene]

Both hand-overs keep the newest value only, so a slow window never slows tracking and slow tracking
never slows the camera. Beside them, where wanted: an adaptation that is offered what was seen and
gives other weights between two frames, meters that look at every scene, and a recorder that gets
all frames and scenes. The session knows nothing of Qt: a presenter polls it by timer. Every public
method may be called from the thread that made the session, and none but `stop` ever waits.
`engine.offline` is the same path without threads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from engine.capture import sources
from engine.capture.camera import Camera, CameraInfo
from engine.capture.capture_loop import CaptureLoop, CaptureState
from engine.capture.playback import PlaybackControl
from engine.errors import RigError
from engine.inference.estimator import Estimator
from engine.messages import FrameSet, Health, Scene
from engine.recording.layout import DamagedSessionError
from engine.recording.recording_status import RecordingStatus
from engine.recording.session_recording import SessionRecording
from engine.runtime.contexts import StopOnExit
from engine.runtime.slot import Slot
from engine.runtime.worker import Worker
from engine.session_status import SessionState, SessionStatus
from engine.sinks import SceneSink
from engine.tracker import Tracker

if TYPE_CHECKING:  # They load for seconds, and the window imports this file.
    from engine.adaptation.service import AdaptationService
    from engine.inference.meters import TruthMeters, TruthReadings
    from engine.inference.sighting import Sighting
    from engine.recording.tracked_with import TrackedWith


class TrackingSession(StopOnExit):
    """Tracks hands in one source while open; make a new session for another source."""

    def __init__(
        self,
        uri: str,
        make_estimator: Callable[[], Estimator],
        open_camera: Callable[[str], Camera] = sources.open_camera,
        *,
        adaptation: AdaptationService | None = None,
        make_meters: Callable[[], TruthMeters] | None = None,
        tracked_with: TrackedWith | None = None,
    ) -> None:
        """`make_estimator` and `make_meters` run on the inference thread: loading and compiling
        block nobody. With `adaptation`, which is the session's from now on, the estimator must be
        an AdaptiveEstimator that begins with the adaptation's weights. `tracked_with` is what a
        recording says of them."""
        self.uri = uri
        self.adaptation = adaptation
        self._frames: Slot[FrameSet] = Slot()
        self._scenes: Slot[Scene] = Slot()
        self._tracker = Tracker(make_estimator, self._frames, self._scenes, adaptation, make_meters)
        self._loop = CaptureLoop(
            uri, open_camera, self._frames, consumer_ready=lambda: self._tracker.ready
        )
        self._tracker.scene_sinks.add(self._loop)
        self._inference = Worker(
            "inference", self._tracker.step, setup=self._tracker.setup, dropped=self._drops
        )
        self._capture = self._loop.worker()
        self._recording = SessionRecording(
            self._loop.frame_sinks,
            self._tracker.scene_sinks,
            self.camera_info,
            self.status,
            tracked_with,
            self._tracker.begin_anew,
        )
        self._state_asked = SessionState.IDLE

    def start(self) -> None:
        """Start the threads, sinks first. Returns at once; `status` tells what comes of it."""
        with ExitStack() as undo:
            for part in self._sinks_first:
                part.start()
                undo.callback(part.stop)
            undo.pop_all()
        self._state_asked = SessionState.RUNNING

    def request_stop(self) -> None:
        """Ask all threads to end, sources first; returns at once."""
        self._state_asked = SessionState.STOPPED
        for part in reversed(self._sinks_first):
            part.request_stop()
        self.stop_recording()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End all threads, sources first; False when one still hangs after `timeout_s`."""
        self.request_stop()
        ended = [part.stop(timeout_s) for part in reversed(self._sinks_first)]
        return all([*ended, self._recording.stop()])

    @property
    def threads_running(self) -> bool:
        """Whether any thread is alive: after `request_stop`, whether the source is still held or a
        recording still written."""
        return self._recording.running or any(part.running for part in self._sinks_first)

    @property
    def _sinks_first(self) -> tuple[Worker | AdaptationService, ...]:
        """All that runs, in the order in which it starts."""
        learning = () if self.adaptation is None else (self.adaptation,)
        return (*learning, self._inference, self._capture)

    def latest_scene(self) -> Scene | None:
        """The newest scene; its `sequence` names the frame set that it belongs to."""
        latest = self._scenes.peek()
        return latest[1] if latest else None

    def latest_frame_set(self) -> FrameSet | None:
        """The newest frame set, perhaps newer than the newest scene."""
        latest = self._frames.peek()
        return latest[1] if latest else None

    def camera_info(self) -> CameraInfo | None:
        """Of the source; None until it is open."""
        return self._loop.status.info

    def add_scene_sink(self, sink: SceneSink) -> None:
        """Hand every scene from now on to `sink` too, which its owner starts and stops."""
        self._tracker.scene_sinks.add(sink)

    def start_recording(self, path: Path) -> None:
        """Record every frame set and every scene from now on; `recording` tells how it goes. Hands
        are looked for anew in the first one: the scenes follow from the recording alone, so that a
        replay gives the same.

        Raises:
            SessionError: one is being recorded, the name is taken, or the disk is full already.
        """
        self._recording.start(path)

    def stop_recording(self) -> None:
        """End the recording with a whole file; returns at once, and is no matter without one."""
        self._recording.request_stop()

    def recording(self) -> RecordingStatus | None:
        """How the newest recording goes, or how it ended; None before the first."""
        return self._recording.status()

    @property
    def playback(self) -> PlaybackControl:
        """Seek, pause, step, speed: its `status()` is None where the source is no such recording.
        After the end (`SessionState.ENDED`) a recording can be wound back."""
        return self._loop.playback

    def latest_sightings(self) -> tuple[Sighting, ...]:
        """What was seen of the hands in the newest scene, or in one just after it."""
        return self._tracker.sightings

    def readings(self) -> TruthReadings | None:
        """Of the truth meters; None without them and while the estimator loads."""
        meters = self._tracker.meters
        return None if meters is None else meters.readings()

    def health(self) -> tuple[Health, ...]:
        """Of the capture and the inference thread, and of the adaptation's where there is one.

        The capture latency is the age of a frame when handed over; the inference latency runs from
        the frame in memory to its scene published.
        """
        return tuple(part.health() for part in reversed(self._sinks_first))

    def status(self) -> SessionStatus:
        captured, failure = self._loop.status, self._capture.failure
        error = None if failure is None else failure.error
        cause = None if error is None else error.__cause__  # A camera raises SourceErrors only.
        return SessionStatus(
            state=self._state(),
            source_uri=self.uri,
            source_name=captured.info.name if captured.info else self.uri,
            sentence=self._failure() or captured.sentence,
            reconnecting_since_ns=captured.reconnecting_since_ns,
            frames=captured.frames,
            drops=self._drops(),
            camera_drops=captured.camera_drops,
            adaptation=None if self.adaptation is None else self.adaptation.status(),
            camera=captured.info,
            rig_failed=isinstance(error, RigError),
            damaged=cause if isinstance(cause, DamagedSessionError) else None,
            stereo=captured.stereo,
        )

    def failure_traceback(self) -> str:
        """For the log: the traceback of the failure that ended a thread; empty while well."""
        failure = self._capture.failure or self._inference.failure
        return failure.traceback if failure else ""

    def _failure(self) -> str:
        failure = self._capture.failure or self._inference.failure
        return failure.sentence if failure else ""

    def _state(self) -> SessionState:
        if self._failure():
            return SessionState.FAILED
        if self._state_asked is not SessionState.RUNNING:
            return self._state_asked
        loop_state = self._loop.status.state
        if loop_state is CaptureState.OPENING or not self._tracker.ready:
            return SessionState.STARTING
        return SessionState(loop_state.value)

    def _drops(self) -> int:
        return self._frames.overwritten - self._tracker.drops_before_ready
