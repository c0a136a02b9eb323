"""The capture thread's work: one camera, opened, paced, and opened again when it went away.

A device that is unplugged while running is tried again by its own URI (serial number), with
growing pauses, until it returns or the loop is closed. The first opening is not repeated: a source
that was never there is a mistake to report, not a state to wait in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.capture.camera import Attentive, Camera, CameraInfo
from engine.capture.playback import LATE_NS, PlaybackControl, Seekable
from engine.errors import CameraDisconnected, EndOfStream, SourceError
from engine.messages import Frame, FrameSet, Scene
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.runtime.slot import Slot
from engine.runtime.worker import Finished, StopSignal, Worker
from engine.sinks import FrameSinks
from engine.stereo.status import StereoStatus

READ_TIMEOUT_S = 0.2
"""Bounds the time that a stop request waits for a silent device."""
STALL_NS = 2 * NS_PER_S
"""A live device that sends nothing for so long is treated as unplugged: drivers are known to go
silent, or to repeat an old frame, instead of raising (librealsense issues 9884, 10543)."""
FIRST_FRAME_NS = 5 * NS_PER_S
"""The same before the first frame: devices take a second or two to begin."""
BACKOFF_S = (0.25, 0.5, 1.0)
"""Pauses between attempts to open a lost device; the last one repeats."""


class CaptureState(StrEnum):
    OPENING = "opening"
    RUNNING = "running"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    """What the capture thread does, as seen from any other."""

    state: CaptureState = CaptureState.OPENING
    info: CameraInfo | None = None
    """Of the camera that is or was open; None before the first opening."""
    sentence: str = ""
    """Why it reconnects; empty while well."""
    reconnecting_since_ns: int | None = None
    frames: int = 0
    camera_drops: int = 0
    """Frames that a live device counted and we never got."""
    stereo: StereoStatus | None = None
    """How the pairs of a stereo camera come; None of any other."""


class CaptureLoop:
    """Puts the frames of one source into a slot. All but `status`, `frame_sinks`
    and `offer_scene` belongs to the capture thread."""

    def __init__(
        self,
        uri: str,
        open_camera: Callable[[str], Camera],
        output: Slot[FrameSet],
        consumer_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        """A recording stands at its first frame until `consumer_ready`: none of it is lost."""
        self._uri = uri
        self._open_camera = open_camera
        self._output = output
        self._consumer_ready = consumer_ready
        self._camera: Camera | None = None
        self._seekable: Seekable | None = None
        """The same camera, where one can move about in it."""
        self._attentive: Attentive | None = None
        """The same, where it wants to know of hands."""
        self._attempts = 0
        self._due_ns = 0
        self._heard_ns = 0
        self._last_sequence: int | None = None
        self._status = CaptureStatus()
        self.playback = PlaybackControl()
        """Of a recording in which one can move about; any thread may use it."""
        self.frame_sinks = FrameSinks()
        """Those who get every frame set besides; any thread may add to them."""

    def worker(self) -> Worker:
        """The capture thread, not started yet."""
        return Worker(
            "capture",
            self.step,
            teardown=self.close,
            dropped=lambda: self.status.camera_drops,
        )

    @property
    def status(self) -> CaptureStatus:
        """A frozen value, replaced whole: safe to read from any thread."""
        return self._status

    def step(self, stop: StopSignal) -> int | None:
        """Open the camera or hand over one frame; its age in nanoseconds when handed over.

        Raises:
            Finished: the recording has ended.
            SourceError: the source cannot be opened at first, or a recording cannot be read.
        """
        if self._camera is None:
            self._open(stop)
            return None
        if not self._await_turn(self._camera.info, stop):
            return None
        frame = self._read(self._camera)
        if frame is None:
            return None
        self._hand_over(frame)
        return monotonic_ns() - frame.captured_ns

    def offer_scene(self, scene: Scene) -> None:
        """Tell the camera where hands are now, if it wants to know. For the thread that tracks."""
        attentive = self._attentive
        if attentive is not None:
            attentive.expect(scene)

    def close(self) -> None:
        """Release the camera, if one is open."""
        camera, self._camera, self._attentive = self._camera, None, None
        if camera is not None:
            camera.close()

    def _open(self, stop: StopSignal) -> None:
        reconnecting = self._status.state is CaptureState.RECONNECTING
        if reconnecting and stop.wait(BACKOFF_S[min(self._attempts, len(BACKOFF_S) - 1)]):
            return
        self._attempts += 1
        try:
            self._camera = self._open_camera(self._uri)
        except SourceError:
            if not reconnecting:
                raise
            return
        self._heard_ns = self._due_ns = monotonic_ns()
        self._last_sequence = None
        self._status = replace(self._status, info=self._camera.info)
        self._seekable = self._camera if isinstance(self._camera, Seekable) else None
        self._attentive = self._camera if isinstance(self._camera, Attentive) else None
        if self._seekable is not None:
            self.playback.opened(self._seekable)
        self._uri = self._camera.info.uri  # "The first camera" becomes this very one.
        if not reconnecting:
            self._status = replace(self._status, state=CaptureState.RUNNING)

    def _await_turn(self, info: CameraInfo, stop: StopSignal) -> bool:
        """Keep a recording to its pace; whether it is time to read."""
        if info.live:
            return True
        if self._status.frames > 0 and not self._consumer_ready():
            stop.wait(0.02)
            self._due_ns = monotonic_ns()
            self.playback.postpone()
            return False
        if self._seekable is not None:
            return self.playback.await_turn(self._seekable, stop)
        now_ns = monotonic_ns()
        wait_ns = self._due_ns - now_ns
        if wait_ns > 0 and stop.wait(wait_ns / NS_PER_S):
            return False
        start_ns = now_ns if -wait_ns > LATE_NS else self._due_ns
        self._due_ns = start_ns + round(NS_PER_S / info.fps)
        return True

    def _read(self, camera: Camera) -> Frame | None:
        try:
            return camera.read(READ_TIMEOUT_S)
        except TimeoutError:
            limit_ns = FIRST_FRAME_NS if self._last_sequence is None else STALL_NS
            if camera.info.live and monotonic_ns() - self._heard_ns > limit_ns:
                self._lose(
                    f"{camera.info.name} has sent no frame for {limit_ns // NS_PER_S} s; "
                    "trying to open it again. Check its cable."
                )
        except CameraDisconnected as error:
            self._lose(str(error))
        except EndOfStream:
            self._status = replace(self._status, state=CaptureState.ENDED)
            if self._seekable is None:
                raise Finished from None
            self.playback.end()  # Somebody may wind it back.
        return None

    def _lose(self, sentence: str) -> None:
        """The device went away: release it and go on trying."""
        since_ns = self._status.reconnecting_since_ns or monotonic_ns()
        self._status = replace(
            self._status,
            state=CaptureState.RECONNECTING,
            sentence=sentence,
            reconnecting_since_ns=since_ns,
        )
        if self._last_sequence is not None:  # It worked in between: begin with short pauses again.
            self._attempts = 0
        self.close()

    def _hand_over(self, frame: Frame) -> None:
        frame_set = FrameSet((frame,), frame.skew_ns)
        lost = 0
        if self._status.info is not None and self._status.info.live:
            expected = frame.sequence if self._last_sequence is None else self._last_sequence + 1
            lost = max(0, frame.sequence - expected)
        self.frame_sinks.offer_frame_set(frame_set, lost)  # Before tracking: see FromFirstFrame.
        self._output.put(frame_set)
        self._heard_ns = monotonic_ns()
        self._last_sequence = frame.sequence
        self._status = replace(
            self._status,
            state=CaptureState.RUNNING,
            sentence="",
            reconnecting_since_ns=None,
            frames=self._status.frames + 1,
            camera_drops=self._status.camera_drops + lost,
            stereo=getattr(self._camera, "stereo", None),
        )
