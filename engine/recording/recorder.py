"""Records a session beside whatever else goes on: it never makes anybody wait.

Frames, scenes and events go into a bounded queue; a thread of the recorder's own writes them. What
does not fit is counted, shown and written into the file. A disk that fails or fills up ends the
recording with whole files and one sentence; tracking knows nothing of it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from engine.messages import Frame, FrameSet, Scene
from engine.recording.describe import Describe
from engine.recording.disk import GB, DiskLimits, DiskOutlook, DiskWatch, check_room
from engine.recording.frame_queue import FrameQueue, Item, QueueCapacity
from engine.recording.gaps import gap_before
from engine.recording.layout import Event, EventKind, SessionError
from engine.recording.place import checked_target
from engine.recording.recording_status import RecordingState, RecordingStatus
from engine.recording.writer import SessionWriter
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.runtime.worker import Finished, StopSignal, Worker

WAIT_S = 0.05
WATCH_NS = NS_PER_S // 20
LOOK_NS = NS_PER_S
"""How often the disk is looked at."""
NICENESS = 5
"""About a third of the share of a thread that does not give way."""
REPORT_NS = NS_PER_S // 2
"""Drops are put together for so long before they become an event."""


class Recorder:
    """One recording. `offer_...` may be called from any thread and returns at once."""

    def __init__(
        self,
        path: Path,
        describe: Describe,
        *,
        watch: Callable[[], Iterable[Event]] = tuple,
        limits: DiskLimits | None = None,
        capacity: QueueCapacity | None = None,
    ) -> None:
        """`watch` is asked about once in 50 ms, in the recorder's thread, for what else happened.

        Raises:
            SessionError: the name is taken or none for a session, or the disk is full already.
        """
        self._limits = limits or DiskLimits()
        self._path = checked_target(path)
        check_room(path, self._limits)
        self._describe = describe
        self._watch = watch
        self._queue = FrameQueue(capacity or QueueCapacity())
        self._worker = Worker(
            "recording",
            self._step,
            setup=_give_way,
            teardown=self._end,
            dropped=lambda: self._queue.frames_dropped,
        )
        self._disk = DiskWatch(path.parent, self._limits)
        self._outlook = DiskOutlook()
        self._looked_ns = self._reported_ns = self._watched_ns = monotonic_ns()
        self._reported = (0, 0)
        self._writer: SessionWriter | None = None
        self._frames = self._left_behind = self._camera_drops = 0
        self._span_ns: tuple[int, int] | None = None
        self._state = RecordingState.WAITING
        self._sentence = ""

    def start(self) -> None:
        self._worker.start()

    def offer_frame_set(self, frame_set: FrameSet, missing: int = 0) -> None:
        """`missing` frames before it were counted by the device and never delivered."""
        if missing:
            self._queue.put(gap_before(frame_set, missing))
        for frame in frame_set.frames:
            self._queue.put(frame)

    def offer_scene(self, scene: Scene) -> None:
        self._queue.put(scene)

    def request_stop(self) -> None:
        """Take in nothing more and finish; returns at once."""
        self._queue.close()
        self._worker.request_stop()

    def stop(self, timeout_s: float = 30.0) -> bool:
        """Finish the file; False when that still lasts after `timeout_s`."""
        self.request_stop()
        return self._worker.stop(timeout_s)

    @property
    def running(self) -> bool:
        """Whether its thread is alive."""
        return self._worker.running

    def status(self) -> RecordingStatus:
        writer, outlook, span = self._writer, self._outlook, self._span_ns
        lost = writer.frames_lost if writer else 0
        failure = self._worker.failure
        return RecordingStatus(
            state=RecordingState.FAILED if failure else self._state,
            path=self._path,
            paths=writer.paths if writer else (),
            seconds=(span[1] - span[0]) / NS_PER_S if span else 0.0,
            frames=self._frames - lost,
            bytes_written=writer.bytes_written if writer else 0,
            bytes_per_s=outlook.bytes_per_s,
            camera_drops=self._camera_drops,
            queue_drops=self._queue.frames_dropped,
            disk_drops=lost + self._left_behind,
            seconds_left=outlook.seconds_left,
            free_bytes=outlook.free_bytes,
            warning=outlook.sentence,
            sentence=failure.sentence if failure else self._sentence,
        )

    def _step(self, stop: StopSignal) -> int | None:  # noqa: ARG002 - waits at most WAIT_S
        item = self._queue.take(WAIT_S)
        try:
            if item is not None:
                self._write(item)
            self._look_after()
        except SessionError as error:
            self._fail(error)
        return monotonic_ns() - item.captured_ns if isinstance(item, Frame) else None

    def _write(self, item: Item) -> None:
        if isinstance(item, Frame):
            self._write_frame(item)
        elif self._writer is None or self._span_ns is None:
            return  # Nothing belongs to a session before its first frame.
        elif isinstance(item, Event):
            if item.kind is EventKind.GAP:
                self._camera_drops += round(item.figures["frames"])
            self._writer.add_event(item)
        elif item.captured_ns >= self._span_ns[0]:
            self._writer.add_scene(item)

    def _write_frame(self, frame: Frame) -> None:
        if self._writer is None:
            self._writer = SessionWriter(self._path, self._describe(frame))
            self._state = RecordingState.RECORDING
        self._frames += 1
        self._writer.add_frame(frame)
        began_ns = self._span_ns[0] if self._span_ns else frame.captured_ns
        self._span_ns = began_ns, frame.captured_ns

    def _look_after(self) -> None:
        """What is due whether or not something came."""
        if self._writer is None:
            return
        now_ns = monotonic_ns()
        if now_ns - self._watched_ns >= WATCH_NS:
            self._watched_ns = now_ns
            for event in self._watch():
                self._writer.add_event(event)
        if now_ns - self._reported_ns >= REPORT_NS:
            self._reported_ns = now_ns
            self._report_drops()
        self._writer.tick()
        if now_ns - self._looked_ns >= LOOK_NS:
            self._looked_ns = now_ns
            self._outlook = self._disk.look(now_ns, self._writer.bytes_written)
            if self._outlook.full:
                self._end_on_full_disk(self._writer)

    def _report_drops(self) -> None:
        now = self._queue.frames_dropped, self._queue.scenes_dropped
        frames, scenes = (new - old for new, old in zip(now, self._reported, strict=True))
        self._reported = now
        if self._writer is not None and frames + scenes:
            text = f"{frames} frames and {scenes} scenes came faster than they could be written."
            figures = {"frames": float(frames), "scenes": float(scenes)}
            self._writer.add_event(Event(monotonic_ns(), EventKind.DROP, text, figures))

    def _end_on_full_disk(self, writer: SessionWriter) -> None:
        left = (self._outlook.free_bytes or 0) / GB
        text = f"The recording ended because only {left:.1f} GB are left on the disk"
        writer.add_event(Event(monotonic_ns(), EventKind.NOTE, f"{text}."))
        raise SessionError(f"{text}; what was recorded by then is whole.")

    def _fail(self, error: SessionError) -> None:
        self._sentence = str(error)
        self._queue.close()
        self._left_behind = self._queue.frames_waiting()
        raise Finished

    def _end(self) -> None:
        """Write what waits, unless the disk has failed, and finish the file."""
        if not self._sentence and self._worker.failure is None:
            self._state = RecordingState.FINISHING
            self._write_the_rest()
        try:
            if self._writer is not None:
                self._writer.close()
        except SessionError as error:
            self._sentence = self._sentence or str(error)
        self._state = RecordingState.FAILED if self._sentence else RecordingState.FINISHED

    def _write_the_rest(self) -> None:
        self._queue.close()
        try:
            while (item := self._queue.take(0.0)) is not None:
                self._write(item)
            self._report_drops()
        except SessionError as error:
            self._sentence = str(error)
            self._left_behind = self._queue.frames_waiting()


def _give_way() -> None:
    """Let tracking go first where both want a core: what is to be recorded can wait in the queue.
    Only Linux knows priorities of single threads; elsewhere they stay equal."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
