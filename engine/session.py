"""Tracking from a source to scenes: builds, owns, starts and stops all threads of it.

    capture thread -> Slot[FrameSet] -> inference thread -> Slot[Scene]

Both hand-overs keep the newest value only, so a slow window never slows tracking and slow tracking
never slows the camera. The session knows nothing of Qt: a presenter polls it by timer. Every public
method may be called from the thread that made the session, and none but `stop` ever waits.
`run_offline` is the same path without threads, for evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from types import TracebackType
from typing import Self

from engine.capture import sources
from engine.capture.camera import Camera, CameraInfo
from engine.capture.capture_loop import CaptureLoop, CaptureState
from engine.errors import EndOfStream, SourceError
from engine.inference.estimator import Estimator
from engine.messages import Frame, FrameSet, Health, Scene
from engine.runtime.clock import NS_PER_S
from engine.runtime.slot import Slot
from engine.runtime.worker import StopSignal, Worker

FRAME_WAIT_S = 0.1
SILENCE_S = 5.0
"""`run_offline` gives up on a device that sends nothing for so long."""
FORGET_AFTER_NS = NS_PER_S
"""After a gap this long between frames, hands are looked for anew instead of followed."""


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

    @property
    def running(self) -> bool:
        """Whether the session's source delivers, or did when last heard of."""
        return self.state is SessionState.RUNNING


class TrackingSession:
    """Tracks hands in one source while open; make a new session for another source."""

    def __init__(
        self,
        uri: str,
        make_estimator: Callable[[], Estimator],
        open_camera: Callable[[str], Camera] = sources.open_camera,
    ) -> None:
        """`make_estimator` runs on the inference thread: loading and compiling block nobody."""
        self.uri = uri
        self._frames: Slot[FrameSet] = Slot()
        self._scenes: Slot[Scene] = Slot()
        self._tracker = _Tracker(make_estimator, self._frames, self._scenes)
        self._loop = CaptureLoop(
            uri, open_camera, self._frames, consumer_ready=lambda: self._tracker.ready
        )
        self._inference = Worker(
            "inference", self._tracker.step, setup=self._tracker.setup, dropped=self._drops
        )
        self._capture = Worker(
            "capture",
            self._loop.step,
            teardown=self._loop.close,
            dropped=lambda: self._loop.status.camera_drops,
        )
        self._state_asked = SessionState.IDLE

    def start(self) -> None:
        """Start the threads, sinks first. Returns at once; `status` tells what comes of it."""
        with ExitStack() as undo:
            for worker in (self._inference, self._capture):
                worker.start()
                undo.callback(worker.stop)
            undo.pop_all()
        self._state_asked = SessionState.RUNNING

    def request_stop(self) -> None:
        """Ask all threads to end, sources first; returns at once."""
        self._state_asked = SessionState.STOPPED
        self._capture.request_stop()
        self._inference.request_stop()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End all threads, sources first; False when one still hangs after `timeout_s`."""
        self.request_stop()
        return all([self._capture.stop(timeout_s), self._inference.stop(timeout_s)])

    @property
    def threads_running(self) -> bool:
        """Whether any thread is alive: after `request_stop`, whether the source is still held."""
        return self._capture.running or self._inference.running

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

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

    def health(self) -> tuple[Health, ...]:
        """Of the capture and the inference thread.

        The capture latency is the age of a frame when handed over; the inference latency runs from
        the frame in memory to its scene published.
        """
        return (self._capture.health(), self._inference.health())

    def status(self) -> SessionStatus:
        captured = self._loop.status
        return SessionStatus(
            state=self._state(),
            source_uri=self.uri,
            source_name=captured.info.name if captured.info else self.uri,
            sentence=self._failure() or captured.sentence,
            reconnecting_since_ns=captured.reconnecting_since_ns,
            frames=captured.frames,
            drops=self._drops(),
            camera_drops=captured.camera_drops,
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


class _Tracker:
    """The inference thread's work: the newest frame set in, its scene out."""

    def __init__(
        self,
        make_estimator: Callable[[], Estimator],
        frames: Slot[FrameSet],
        scenes: Slot[Scene],
    ) -> None:
        self._make_estimator = make_estimator
        self._frames = frames
        self._scenes = scenes
        self._estimator: Estimator | None = None
        self._version = 0
        self._captured_ns = 0
        self.drops_before_ready = 0

    @property
    def ready(self) -> bool:
        return self._estimator is not None

    def setup(self) -> None:
        estimator = self._make_estimator()
        self.drops_before_ready = self._frames.overwritten
        self._estimator = estimator

    def step(self, stop: StopSignal) -> int | None:  # noqa: ARG002 - waits at most FRAME_WAIT_S
        newer = self._frames.take_newer(self._version, FRAME_WAIT_S)
        if newer is None or self._estimator is None:
            return None
        self._version, frame_set = newer
        if frame_set.captured_ns - self._captured_ns > FORGET_AFTER_NS:
            self._estimator.reset()
        self._captured_ns = frame_set.captured_ns
        scene = self._estimator.estimate(frame_set)
        self._scenes.put(scene)
        return scene.published_ns - scene.captured_ns


def run_offline(
    camera: Camera, estimator: Estimator, max_frames: int | None = None
) -> Iterator[tuple[Frame, Scene]]:
    """Every frame of a source with its scene, without threads, as fast as both go.

    Ends with the recording or after `max_frames`. The caller opens and closes the camera.

    Raises:
        SourceError: the source cannot be read, or sends nothing for SILENCE_S.
    """
    for index in count():
        if max_frames is not None and index >= max_frames:
            return
        try:
            frame = camera.read(SILENCE_S)
        except EndOfStream:
            return
        except TimeoutError as error:
            raise SourceError(
                f"{camera.info.name} has sent no frame for {SILENCE_S:g} s; check its cable and "
                "try again."
            ) from error
        yield frame, estimator.estimate(FrameSet((frame,)))
