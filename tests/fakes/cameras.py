"""Cameras made up for tests: a live one whose faults are scripted, and constant frames."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.capture.camera import Camera, CameraInfo
from engine.errors import CameraDisconnected, EndOfStream, SourceError
from engine.messages import Frame
from engine.runtime.clock import monotonic_ns
from engine.runtime.contexts import CloseOnExit

SMALL = PinholeCamera(width_px=16, height_px=12, fx=20.0, fy=20.0, cx=7.5, cy=5.5)


def plane_frame(
    sequence: int, depth_m: float = 0.5, size: tuple[int, int] = (SMALL.width_px, SMALL.height_px)
) -> Frame:
    """A frame that looks at a wall; `size` is width and height."""
    camera = replace(SMALL, width_px=size[0], height_px=size[1])
    depth = np.full((size[1], size[0]), depth_m, np.float32)
    return Frame("fake", sequence, monotonic_ns(), camera, depth)


def frames(n: int | None = None) -> Iterator[Frame]:
    """`n` of them, or without end."""
    return (plane_frame(i) for i in (count() if n is None else range(n)))


class ScriptedCamera(CloseOnExit):
    """Gives the frames of an iterable; an exception in it is raised instead of a frame.

    Asserts the rule of the Camera protocol: read and closed by the thread that opened it.
    """

    def __init__(
        self,
        script: Iterable[Frame | Exception],
        live: bool = True,
        fps: float = 100.0,
        pause_s: float = 0.0,
    ) -> None:
        self._script = iter(script)
        self._pause_s = pause_s
        self._thread = threading.current_thread()
        self.closed = False
        self.info = CameraInfo("fake:", "Fake camera", SMALL, fps, live=live, has_truth=False)

    def read(self, timeout_s: float = 1.0) -> Frame:
        assert threading.current_thread() is self._thread, "read by a thread that did not open it"
        assert not self.closed, "read after close"
        time.sleep(self._pause_s)
        item = next(self._script, None)
        if item is None:
            raise EndOfStream("fake:")
        if isinstance(item, Exception):
            if isinstance(item, TimeoutError):
                time.sleep(min(timeout_s, 0.01))
            raise item
        return replace(item, captured_ns=monotonic_ns())

    def close(self) -> None:
        assert threading.current_thread() is self._thread, "closed by another thread"
        self.closed = True


def live(n: int | None = None) -> ScriptedCamera:
    """A camera that gives `n` frames at its own pace, or goes on for ever."""
    return ScriptedCamera(frames(n), pause_s=0.002)


class HungCamera(CloseOnExit):
    """Hangs in `read`, as a driver may, until released."""

    def __init__(self) -> None:
        self.reading = threading.Event()
        self.release = threading.Event()
        self.info = CameraInfo("fake:", "Hung camera", SMALL, 30.0, live=True, has_truth=False)

    def read(self, timeout_s: float = 1.0) -> Frame:
        self.reading.set()
        self.release.wait(30)
        raise TimeoutError(f"hung for longer than {timeout_s} s")


@dataclass
class FaultySource:
    """Wraps a camera and spoils its frames on schedule; every number counts frames read.

    Faults: `drop_every` loses every n-th frame (its number is skipped), `stall_after` goes silent,
    `unplug_after` raises CameraDisconnected, `zero_every` and `nan_every` spoil the depth,
    `clock_jump_at` shifts the capture time by `clock_jump_ns` from that frame on.
    """

    inner: Camera
    drop_every: int = 0
    stall_after: int = 0
    unplug_after: int = 0
    zero_every: int = 0
    nan_every: int = 0
    clock_jump_at: int = 0
    clock_jump_ns: int = 0
    reads: int = field(default=0, init=False)

    @property
    def info(self) -> CameraInfo:
        return replace(self.inner.info, live=True)

    def __enter__(self) -> FaultySource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.inner.close()

    def read(self, timeout_s: float = 1.0) -> Frame:
        self.reads += 1
        if self.unplug_after and self.reads > self.unplug_after:
            raise CameraDisconnected("The fake camera was unplugged; plug it in again.")
        if self.stall_after and self.reads > self.stall_after:
            time.sleep(min(timeout_s, 0.02))
            raise TimeoutError("stalled")
        if self._due(self.drop_every):
            self.inner.read(timeout_s)
        return self._spoiled(self.inner.read(timeout_s))

    def _spoiled(self, frame: Frame) -> Frame:
        if self._due(self.zero_every):
            frame = replace(frame, depth_m=np.zeros_like(frame.depth_m))
        if self._due(self.nan_every):
            depth = frame.depth_m.copy()
            depth[::2] = np.nan
            frame = replace(frame, depth_m=depth)
        if self.clock_jump_at and self.reads >= self.clock_jump_at:
            frame = replace(frame, captured_ns=frame.captured_ns + self.clock_jump_ns)
        return frame

    def _due(self, every: int) -> bool:
        return every > 0 and self.reads % every == 0


def reopening(*attempts: Callable[[], Camera] | Exception) -> Callable[[str], Camera]:
    """An `open_camera` whose successive calls follow `attempts`; the last one repeats."""
    calls = iter(range(10_000))

    def open_camera(_uri: str) -> Camera:
        attempt = attempts[min(next(calls), len(attempts) - 1)]
        if isinstance(attempt, Exception):
            raise attempt
        return attempt()

    return open_camera


NO_SUCH_DEVICE = SourceError("No such device; plug it in.")
