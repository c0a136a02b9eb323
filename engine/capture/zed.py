"""`zed:` or `zed:SERIAL`: a Stereolabs ZED camera; `zed:PATH.svo2`: a recording of one.

Options of a camera: `?resolution=HD720,fps=60`; of a recording: `loop`. The pictures are matched by
our own matcher, so that every stereo camera takes one path; the SDK rectifies them and knows the
calibration. pyzed comes with the ZED SDK and is imported here alone, when such a source is opened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.rig import StereoRig
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform
from engine.capture.camera import SourceInfo
from engine.capture.recorded import parse_playback, recording_uri
from engine.errors import CameraDisconnected, EndOfStream, SourceError
from engine.runtime.clock import monotonic_ns
from engine.stereo.camera import StereoCamera
from engine.stereo.opening import positive_whole, refuse_unknown
from engine.stereo.pair import PairInfo, Pixels, RawPair

RECORDING_SUFFIXES = (".svo", ".svo2")
RESOLUTIONS = ("VGA", "HD720", "HD1080", "HD1200", "SVGA")
DEFAULT_RESOLUTION, DEFAULT_FPS = "HD720", 60
SHORT_WAIT_S = 0.002
"""After a grab that brought no new picture."""


def open_location(location: str, options: Mapping[str, str]) -> StereoCamera:
    """Open a camera by serial number (empty: the first one) or a recording by its path.

    Raises:
        SourceError: no SDK, no such camera or file, it cannot be started, or bad options.
    """
    is_file = location.lower().endswith(RECORDING_SUFFIXES)
    sl = _import_sdk()
    source = _open_file(sl, location, options) if is_file else _open_device(sl, location, options)
    return StereoCamera(source, StoredRig(source.rig))


def find_devices() -> list[SourceInfo]:
    """The ZED cameras that are plugged in; none where the SDK is missing."""
    try:
        sl = _import_sdk()
    except SourceError:
        return []
    return [
        SourceInfo(f"zed:{d.serial_number}", f"{d.camera_model} ({d.serial_number})", live=True)
        for d in sl.Camera.get_device_list()
    ]


def _import_sdk() -> Any:
    try:
        import pyzed.sl as sl
    except ImportError as error:
        raise SourceError(
            "ZED sources need the ZED SDK, which is not installed; get it from "
            "stereolabs.com/developers and run its get_python_api.py (the package 'pyzed' of the "
            "package index is another one)."
        ) from error
    return sl


def _parameters(sl: Any) -> Any:
    """What both devices and files are opened with: no depth of the SDK's own, metres."""
    parameters = sl.InitParameters()
    parameters.depth_mode = sl.DEPTH_MODE.NONE
    parameters.coordinate_units = sl.UNIT.METER
    return parameters


def _open_device(sl: Any, serial: str, options: Mapping[str, str]) -> ZedPairs:
    refuse_unknown("zed", options, ("resolution", "fps"))
    resolution = options.get("resolution", DEFAULT_RESOLUTION)
    if resolution not in RESOLUTIONS:
        raise SourceError(
            f"The option resolution must be one of {', '.join(RESOLUTIONS)}, found '{resolution}'."
        )
    if serial and not serial.isdecimal():
        raise SourceError(
            f"A ZED camera is named by its serial number, found '{serial}'; use zed: for the "
            "first one, or zed:PATH.svo2 for a recording."
        )
    parameters = _parameters(sl)
    parameters.camera_resolution = getattr(sl.RESOLUTION, resolution)
    parameters.camera_fps = positive_whole("fps", options.get("fps", str(DEFAULT_FPS)))
    if serial:
        parameters.set_from_serial_number(int(serial))
    what = f"ZED camera {serial}" if serial else "A ZED camera"
    listed = ",".join(f"{key}={value}" for key, value in options.items())
    tail = f"?{listed}" if listed else ""
    return ZedPairs(sl, parameters, what, lambda number: f"zed:{number}{tail}")


def _open_file(sl: Any, location: str, options: Mapping[str, str]) -> ZedPairs:
    path = Path(location).expanduser()
    if not path.is_file():
        raise SourceError(f"{path}: expected a ZED recording, found nothing; check the path.")
    playback = parse_playback(options)
    parameters = _parameters(sl)
    parameters.set_from_svo_file(str(path))
    parameters.svo_real_time_mode = False
    uri = recording_uri("zed", location, options)
    return ZedPairs(sl, parameters, str(path), lambda _: uri, recorded=True, loop=playback.loop)


class ZedPairs:
    """An open ZED camera or recording; gives pictures that the SDK has rectified."""

    def __init__(
        self,
        sl: Any,
        parameters: Any,
        what: str,
        uri_of: Callable[[int], str],
        recorded: bool = False,
        loop: bool = False,
    ) -> None:
        """`uri_of` makes the URI out of the serial number.

        Raises:
            SourceError: the SDK cannot open it.
        """
        self._sl = sl
        self._recorded, self._loop = recorded, loop
        self._camera = sl.Camera()
        status = self._camera.open(parameters)
        if status != sl.ERROR_CODE.SUCCESS:
            self._camera.close()
            raise SourceError(
                f"{what} cannot be opened by the ZED SDK ({status}); check its cable, that no "
                "other program uses it, and the file's name."
            )
        self._runtime = sl.RuntimeParameters()
        self._images = (sl.Mat(), sl.Mat())
        self._sequence = 0
        self._first_ns: int | None = None
        known = self._camera.get_camera_information()
        self.rig = _rig(known.camera_configuration)
        self.info = _info(known, self.rig, uri_of(known.serial_number), recorded, self._count())

    def read_pair(self, timeout_s: float) -> RawPair:
        """The next pair; see `engine.stereo.pair.PairSource.read_pair`."""
        arrived_ns = self._grab(time.monotonic() + timeout_s)
        views = (self._sl.VIEW.LEFT, self._sl.VIEW.RIGHT)
        left, right = (
            self._picture(image, view) for image, view in zip(self._images, views, strict=True)
        )
        sequence = self._sequence
        self._sequence += 1
        return RawPair(
            sequence, left, right, arrived_ns, arrived_ns, source_ns=self._time_since_first_ns()
        )

    def close(self) -> None:
        self._camera.close()

    def _grab(self, deadline: float) -> int:
        """Wait for a pair; the time of its arrival."""
        codes = self._sl.ERROR_CODE
        while True:
            status = self._camera.grab(self._runtime)
            if status == codes.SUCCESS:
                return monotonic_ns()
            if self._recorded and status == codes.END_OF_SVOFILE_REACHED:
                if not self._loop:
                    raise EndOfStream(self.info.uri)
                self._camera.set_svo_position(0)
            elif not self._recorded and status in (
                codes.CAMERA_NOT_DETECTED,
                codes.CAMERA_REBOOTING,
            ):
                raise CameraDisconnected(
                    f"{self.info.name} was unplugged; plug it in again, tracking goes on by itself."
                )
            elif self._recorded:
                raise SourceError(f"{self.info.uri}: the recording cannot be read ({status}).")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.info.name} sent no new picture ({status})")
            time.sleep(SHORT_WAIT_S)

    def _picture(self, image: Any, view: Any) -> Pixels:
        """[H, W, 3] RGB out of the SDK's BGRA memory, which it uses again."""
        self._camera.retrieve_image(image, view)
        return np.ascontiguousarray(image.get_data()[..., 2::-1], np.uint8)

    def _time_since_first_ns(self) -> int | None:
        """On a recording's own timeline; None for a device, whose pictures come as they come."""
        if not self._recorded:
            return None
        now = self._camera.get_timestamp(self._sl.TIME_REFERENCE.IMAGE).get_nanoseconds()
        if self._first_ns is None:
            self._first_ns = int(now)
        return int(now) - self._first_ns

    def _count(self) -> int | None:
        return int(self._camera.get_svo_number_of_frames()) if self._recorded else None


def _rig(configuration: Any) -> StereoRig:
    """The rig of the rectified pictures: two pinholes side by side."""
    calibration = configuration.calibration_parameters
    width, height = configuration.resolution.width, configuration.resolution.height
    left, right = (
        DistortedCamera(PinholeCamera(int(width), int(height), c.fx, c.fy, c.cx, c.cy))
        for c in (calibration.left_cam, calibration.right_cam)
    )
    baseline = abs(float(calibration.get_camera_baseline()))
    return StereoRig(left, right, RigidTransform(np.eye(3), np.array([-baseline, 0.0, 0.0])))


def _info(known: Any, rig: StereoRig, uri: str, recorded: bool, count: int | None) -> PairInfo:
    configuration = known.camera_configuration
    model = str(known.camera_model)
    return PairInfo(
        uri=uri,
        name=f"Stereolabs {model}" + (" (recording)" if recorded else ""),
        left_size_px=rig.left.size_px,
        right_size_px=rig.right.size_px,
        fps=float(configuration.fps),
        live=not recorded,
        frame_count=count,
        device=f"{model} {known.serial_number}",
        firmware=str(configuration.firmware_version),
    )
