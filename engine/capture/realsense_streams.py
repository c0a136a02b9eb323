"""RealSense devices and recordings while they stream; `rs` is the module pyrealsense2.

Depth keeps its own view and resolution; colour, where there is any, is aligned to it. Intrinsics
and the depth scale are read from the device. A device that goes away is recognised by the SDK's
error, by its own word (`is_connected`), or by repeating an old frame (librealsense issue 9884);
opening it again is the caller's business.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.capture.camera import CameraInfo
from engine.capture.undistort import DepthUndistorter
from engine.errors import CameraDisconnected, EndOfStream, SourceError
from engine.messages import Float32, Frame, Picture
from engine.runtime.clock import monotonic_ns
from engine.runtime.contexts import CloseOnExit

END_SILENCE_S = 0.5
"""A recording has ended when nothing came for so long after the SDK had read all of the file: its
last frames are still under way then."""


class DepthPipeline:
    """A started SDK pipeline: its camera, and its frames as metric images."""

    def __init__(self, rs: Any, pipeline: Any, config: Any) -> None:
        """Start it; raises the SDK's RuntimeError where that fails."""
        self._rs = rs
        self._pipeline = pipeline
        profile = pipeline.start(config)
        try:
            self.device = profile.get_device()
            self.name = str(self.device.get_info(rs.camera_info.name))
            serial = _told(self.device, rs.camera_info.serial_number)
            self.identity = f"{self.name} {serial}".strip()
            self.firmware = _told(self.device, rs.camera_info.firmware_version)
            depth = profile.get_stream(rs.stream.depth).as_video_stream_profile()
            self.camera = pinhole_camera(depth.get_intrinsics())
            self._undistort = _undistorter(self.camera, depth.get_intrinsics())
            self.fps = float(depth.fps())
            self._scale = np.float32(self.device.first_depth_sensor().get_depth_scale())
            self._imagers = tuple(_imagers(rs, profile))
        except BaseException:
            pipeline.stop()
            raise
        self._align = rs.align(rs.stream.depth)

    def wait(self, timeout_s: float) -> tuple[int, Any] | None:
        """Arrival time and frames, or None when none came in time."""
        arrived, frames = self._pipeline.try_wait_for_frames(max(1, round(timeout_s * 1000)))
        return (monotonic_ns(), frames) if arrived else None

    def frame(self, uri: str, captured_ns: int, frames: Any) -> Frame | None:
        """The frame of SDK frames; None when they hold no depth."""
        if not frames.get_depth_frame():
            return None
        pictures = [imager.picture(frames, captured_ns) for imager in self._imagers]
        if frames.get_color_frame():  # Aligning would bend the infrared pictures too.
            frames = self._align.process(frames)
        depth = frames.get_depth_frame()
        return Frame(
            camera_id=uri,
            sequence=int(depth.get_frame_number()),
            captured_ns=captured_ns,
            camera=self.camera,
            depth_m=self._metres(depth),
            color=_copied_color(frames.get_color_frame()),
            depth_unit_m=float(self._scale),
            pictures=tuple(picture for picture in pictures if picture is not None),
        )

    def stop(self) -> None:
        with suppress(RuntimeError):  # It has stopped by itself where the device is gone.
            self._pipeline.stop()

    def _metres(self, depth: Any) -> Float32:
        raw: npt.NDArray[np.uint16] = np.asanyarray(depth.get_data())
        if self._undistort is not None:
            raw = self._undistort(raw)
        return np.multiply(raw, self._scale, dtype=np.float32)


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


def _told(device: Any, key: Any) -> str:
    """What the device says of itself; empty where it says nothing."""
    try:
        return str(device.get_info(key))
    except RuntimeError:
        return ""


def _imagers(rs: Any, profile: Any) -> Iterator[InfraredImager]:
    """The infrared imagers that stream, as the SDK numbers them: 1 is the left one, 2 the right."""
    depth = profile.get_stream(rs.stream.depth)
    for name, number in (("left", 1), ("right", 2)):
        try:
            stream = profile.get_stream(rs.stream.infrared, number)
        except RuntimeError:
            continue  # Not asked for, or the device has none.
        video = stream.as_video_stream_profile()
        place = stream.get_extrinsics_to(depth)
        yield InfraredImager(
            name,
            number,
            pinhole_camera(video.get_intrinsics()),
            rigid_transform(place.rotation, place.translation),
        )


@dataclass(frozen=True, slots=True)
class InfraredImager:
    """One of the two that a stereo device measures depth with. Its pictures come rectified."""

    name: str
    number: int
    camera: PinholeCamera
    T_depth_from_picture: RigidTransform

    def picture(self, frames: Any, captured_ns: int) -> Picture | None:
        """Out of the SDK's memory, which it uses again for the next frame; None where it is not
        among these frames."""
        frame = frames.get_infrared_frame(self.number)
        if not frame:
            return None
        pixels = np.array(frame.get_data(), np.uint8)
        return Picture(self.name, captured_ns, self.camera, self.T_depth_from_picture, pixels)


def rigid_transform(rotation: Any, translation: Any) -> RigidTransform:
    """Of SDK extrinsics, whose rotation is listed column by column."""
    columns = np.array(rotation, np.float64).reshape(3, 3)
    return RigidTransform(columns.T.copy(), np.array(translation, np.float64))


def pinhole_camera(intrinsics: Any) -> PinholeCamera:
    """The pinhole part of SDK intrinsics; pixel centres lie at integers there too."""
    return PinholeCamera(
        width_px=int(intrinsics.width),
        height_px=int(intrinsics.height),
        fx=float(intrinsics.fx),
        fy=float(intrinsics.fy),
        cx=float(intrinsics.ppx),
        cy=float(intrinsics.ppy),
    )


def _undistorter(camera: PinholeCamera, intrinsics: Any) -> DepthUndistorter | None:
    """None where depth comes without distortion, as from every stereo device."""
    if not any(intrinsics.coeffs):
        return None
    return DepthUndistorter(camera, intrinsics.coeffs)


def _copied_color(color: Any) -> npt.NDArray[np.uint8] | None:
    """[H, W, 3] RGB out of the SDK's memory, which it uses again for the next frame."""
    return np.array(color.get_data(), np.uint8) if color else None
