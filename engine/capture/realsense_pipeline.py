"""What a RealSense SDK pipeline gives, as metric frames; `rs` is the module pyrealsense2.

Depth keeps its own view and resolution; colour, where there is any, is aligned to it. Intrinsics
and the depth scale are read from the device.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.capture.undistort import DepthUndistorter
from engine.messages import Float32, Frame, Picture
from engine.runtime.clock import monotonic_ns


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
