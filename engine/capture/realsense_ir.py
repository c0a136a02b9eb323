"""`realsense-ir:` or `realsense-ir:SERIAL`: the two infrared pictures of a RealSense, matched here.

Options as of `realsense:` (`?width=848,height=480,fps=60`). The device knows its own calibration.
Its own depth is not used: this is for comparing, and for estimators that want the pictures.
"""

from __future__ import annotations

from collections.abc import Mapping

from calibration.distorted_camera import DistortedCamera
from calibration.rig import StereoRig
from calibration.stored_rig import StoredRig
from engine.capture import realsense
from engine.capture.camera import Camera
from engine.errors import SourceError
from engine.messages import Frame, Picture
from engine.stereo.camera import StereoCamera
from engine.stereo.pair import PairInfo, RawPair

FIRST_FRAME_S = 5.0


def open_location(location: str, options: Mapping[str, str]) -> StereoCamera:
    """Open a device by its serial number (empty: the first one).

    Raises:
        SourceError: no SDK, no such device, it has no infrared pictures, or bad options.
    """
    if location.lower().endswith(realsense.RECORDING_SUFFIXES):
        raise SourceError(
            f"The source realsense-ir: needs a device, found the recording '{location}'; open "
            f"realsense:{location} for its depth."
        )
    if "infrared" in options:
        raise SourceError("The source realsense-ir: has no option 'infrared': it always has them.")
    camera = realsense.open_location(location, {**options, "infrared": "yes"})
    try:
        source = InfraredPairs(camera, options)
    except BaseException:
        camera.close()
        raise
    return StereoCamera(source, StoredRig(source.rig))


class InfraredPairs:
    """The infrared pictures of an open device."""

    def __init__(self, camera: Camera, options: Mapping[str, str]) -> None:
        """Waits for the first frame: the rig is read off its pictures."""
        self._camera = camera
        self._first: Frame | None = _first_frame(camera)
        left, right = _pictures(self._first)
        T_right_from_left = right.T_depth_from_picture.inverse() @ left.T_depth_from_picture
        cameras = (DistortedCamera(left.camera), DistortedCamera(right.camera))
        self.rig = StereoRig(cameras[0], cameras[1], T_right_from_left)
        serial = camera.info.uri.partition(":")[2].partition("?")[0]
        listed = ",".join(f"{key}={value}" for key, value in options.items())
        self.info = PairInfo(
            uri=f"realsense-ir:{serial}" + (f"?{listed}" if listed else ""),
            name=f"{camera.info.name} infrared",
            left_size_px=cameras[0].size_px,
            right_size_px=cameras[1].size_px,
            fps=camera.info.fps,
            live=True,
            device=camera.info.device,
            firmware=camera.info.firmware,
        )

    def read_pair(self, timeout_s: float) -> RawPair:
        """The next pair; see `engine.stereo.pair.PairSource.read_pair`."""
        first, self._first = self._first, None
        frame = first or self._camera.read(timeout_s)
        left, right = _pictures(frame)
        return RawPair(
            sequence=frame.sequence,
            left=left.pixels,
            right=right.pixels,
            left_ns=left.captured_ns,
            right_ns=right.captured_ns,
            source_ns=frame.source_ns,
        )

    def close(self) -> None:
        self._camera.close()


def _first_frame(camera: Camera) -> Frame:
    try:
        return camera.read(FIRST_FRAME_S)
    except TimeoutError as error:
        raise SourceError(
            f"{camera.info.name} has sent no frame for {FIRST_FRAME_S:g} s; check its cable."
        ) from error


def _pictures(frame: Frame) -> tuple[Picture, Picture]:
    named = {picture.name: picture for picture in frame.pictures}
    if not {"left", "right"} <= named.keys():
        raise SourceError(
            f"{frame.camera_id} gives no pair of infrared pictures in this mode; use a D400 camera "
            "on a USB 3 port, or realsense: for its depth alone."
        )
    return named["left"], named["right"]
