"""RealSense devices and recordings while they stream; `rs` is the module pyrealsense2.

A device that goes away is recognised by the SDK's error, by its own word (`is_connected`), or by
repeating an old frame (librealsense issue 9884); opening it again is the caller's business.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from engine.capture.camera import CameraInfo
from engine.capture.realsense_pipeline import DepthPipeline
from engine.errors import CameraDisconnected, EndOfStream, SourceError
from engine.messages import Frame
from engine.runtime.contexts import CloseOnExit

END_SILENCE_S = 0.5
"""A recording has ended when nothing came for so long after the SDK had read all of the file: its
last frames are still under way then."""


class RealSenseCamera(CloseOnExit):
    """A RealSense device while it streams."""

    def __init__(self, rs: Any, pipeline: Any, config: Any, uri: str) -> None:
        """Start streaming; raises the SDK's RuntimeError where that fails."""
        self._stream = DepthPipeline(rs, pipeline, config)
        self._last_sequence = -1
        self.info = CameraInfo(
            uri=uri,
            name=self._stream.name,
            camera=self._stream.camera,
            fps=self._stream.fps,
            live=True,
            has_truth=False,
            device=self._stream.identity,
            firmware=self._stream.firmware,
        )

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame; see `engine.capture.camera.Camera.read`."""
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            frame = self._next(left_s)
            if frame is not None and frame.sequence != self._last_sequence:
                self._last_sequence = frame.sequence
                return frame
        if not self._connected():
            raise self._disconnected()
        raise TimeoutError(f"{self.info.name} sent no new frame within {timeout_s:.1f} s")

    def close(self) -> None:
        self._stream.stop()

    def _next(self, timeout_s: float) -> Frame | None:
        try:
            arrival = self._stream.wait(timeout_s)
            return self._stream.frame(self.info.uri, *arrival) if arrival else None
        except RuntimeError as error:
            raise self._disconnected() from error

    def _connected(self) -> bool:
        try:
            return bool(self._stream.device.is_connected())
        except RuntimeError:
            return False

    def _disconnected(self) -> CameraDisconnected:
        return CameraDisconnected(
            f"{self.info.name} was unplugged; plug it in again, tracking goes on by itself."
        )


class RealSenseFile(CloseOnExit):
    """A recording of a RealSense device, frame by frame and without dropping any."""

    def __init__(self, rs: Any, pipeline: Any, config: Any, uri: str, fps: float | None) -> None:
        """Start reading; raises the SDK's RuntimeError where that fails."""
        self._rs = rs
        # Before the start: a recording that begins in real time loses its first frames.
        resolved = config.resolve(rs.pipeline_wrapper(pipeline))
        resolved.get_device().as_playback().set_real_time(False)
        self._stream = DepthPipeline(rs, pipeline, config)
        self._playback = self._stream.device.as_playback()
        self._sequence = 0
        self._last_ns = self._later_ns = 0
        self.info = CameraInfo(
            uri=uri,
            name=f"{self._stream.name} (recording)",
            camera=self._stream.camera,
            fps=fps or self._stream.fps,
            live=False,
            has_truth=False,
            device=self._stream.identity,
            firmware=self._stream.firmware,
        )

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame; see `engine.capture.camera.Camera.read`."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            stopped = self._playback.current_status() == self._rs.playback_status.stopped
            frame = self._next(END_SILENCE_S if stopped else 0.1)
            if frame is not None:
                return frame
            if stopped:
                raise EndOfStream(self.info.uri)
        raise TimeoutError(f"{self.info.name} gave no frame within {timeout_s:.1f} s")

    def close(self) -> None:
        self._stream.stop()

    def _next(self, timeout_s: float) -> Frame | None:
        """A frame, or None when none came in time. Frames are numbered here: the device's numbers
        start anywhere, and start again when the recording loops."""
        try:
            arrival = self._stream.wait(timeout_s)
            frame = self._stream.frame(self.info.uri, *arrival) if arrival else None
        except RuntimeError as error:
            raise SourceError(
                f"{self.info.uri}: the recording cannot be read ({error})."
            ) from error
        if arrival is None or frame is None:
            return None
        self._sequence += 1
        time_ns = self._time_ns(arrival[1].get_depth_frame().get_timestamp())
        return replace(frame, sequence=self._sequence - 1, source_ns=time_ns)

    def _time_ns(self, device_ms: float) -> int:
        """The device's own time, which goes on where the recording loops."""
        at_ns = round(device_ms * 1e6)
        if at_ns + self._later_ns < self._last_ns:
            self._later_ns = self._last_ns - at_ns + round(1e9 / self.info.fps)
        self._last_ns = at_ns + self._later_ns
        return self._last_ns
