"""`realsense:` cameras and recordings of Intel RealSense, through pyrealsense2.

`realsense:` opens the first camera, `realsense:SERIAL` that one, `realsense:PATH.bag` (or the .db3
of newer SDKs) a recording. Options of a camera: `?width=848,height=480,fps=60,infrared=yes` (the
pictures of both infrared imagers, where the device has them); of a recording: `fps` and `loop`.

Here are finding and opening; reading is in realsense_streams.py. pyrealsense2 is imported when such
a source is opened or looked for, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.capture.camera import SourceInfo
from engine.capture.realsense_streams import RealSenseCamera, RealSenseFile
from engine.capture.recorded import parse_playback, recording_uri, yes_or_no
from engine.errors import SourceError

RECORDING_SUFFIXES = (".bag", ".db3")


@dataclass(frozen=True, slots=True)
class StreamMode:
    """What is asked of a device; every D400, the L515 and the SR305 offer the default."""

    width_px: int = 640
    height_px: int = 480
    fps: int = 30
    infrared: bool = False


def open_location(location: str, options: Mapping[str, str]) -> RealSenseCamera | RealSenseFile:
    """Open a camera by serial number (empty: the first one) or a recording by its path.

    Raises:
        SourceError: no SDK, no such camera or file, it cannot be started, or bad options.
    """
    rs = _import_sdk()
    if location.lower().endswith(RECORDING_SUFFIXES):
        return _open_file(rs, location, options)
    return _open_device(rs, location, _parse_mode(options))


def find_devices() -> list[SourceInfo]:
    """The RealSense cameras that are plugged in; none where the SDK is missing or cannot look."""
    try:
        attached = _attached(_import_sdk())
    except (SourceError, RuntimeError):
        return []
    return [SourceInfo(f"realsense:{serial}", name, live=True) for serial, name in attached]


def _import_sdk() -> Any:
    try:
        import pyrealsense2
    except ImportError as error:
        raise SourceError(
            "RealSense sources need the package pyrealsense2, which is not installed; install it "
            "with 'pip install pyrealsense2'."
        ) from error
    return pyrealsense2


@lru_cache(maxsize=1)
def _context(rs: Any) -> Any:
    """One for the process: each context watches the USB bus with threads of its own."""
    return rs.context()


def _attached(rs: Any) -> list[tuple[str, str]]:
    """Serial number and name of every device that answers."""
    found = []
    for device in _context(rs).query_devices():
        try:
            serial = str(device.get_info(rs.camera_info.serial_number))
            found.append((serial, f"{device.get_info(rs.camera_info.name)} ({serial})"))
        except RuntimeError:
            continue  # It is being plugged in or out this moment.
    return found


def _open_device(rs: Any, serial: str, mode: StreamMode) -> RealSenseCamera:
    attached = _attached(rs)
    if not attached:
        raise SourceError(
            "No RealSense camera found; plug one in, into a USB 3 port, or use 'sim:'."
        )
    if serial and serial not in [number for number, _ in attached]:
        names = ", ".join(name for _, name in attached)
        raise SourceError(
            f"No RealSense camera with serial number {serial} found; attached: {names}."
        )
    serial = serial or attached[0][0]
    failures: list[str] = []
    for with_color, mode_tried in _attempts(mode):
        config = _device_config(rs, serial, mode_tried, with_color)
        try:
            return RealSenseCamera(rs, rs.pipeline(_context(rs)), config, _device_uri(serial, mode))
        except RuntimeError as error:
            failures.append(str(error))
    raise SourceError(
        f"{dict(attached)[serial]} cannot be started at {mode.width_px} x {mode.height_px} px, "
        f"{mode.fps} fps ({failures[0]}); close other programs that use it, use a USB 3 port and, "
        "on Linux, install the RealSense udev rules."
    )


def _attempts(mode: StreamMode) -> Iterator[tuple[bool, StreamMode]]:
    """Some devices have no colour camera; some have no infrared imagers, or only slower ones."""
    for tried in (mode, replace(mode, infrared=False)) if mode.infrared else (mode,):
        yield from ((with_color, tried) for with_color in (True, False))


def _device_uri(serial: str, mode: StreamMode) -> str:
    """Opens the same device in the same mode, whatever else is plugged in by then."""
    options = f"width={mode.width_px},height={mode.height_px},fps={mode.fps}"
    if mode.infrared:
        options += ",infrared=yes"
    return f"realsense:{serial}" if mode == StreamMode() else f"realsense:{serial}?{options}"


def _device_config(rs: Any, serial: str, mode: StreamMode, with_color: bool) -> Any:
    config = rs.config()
    config.enable_device(serial)
    size = (mode.width_px, mode.height_px)
    config.enable_stream(rs.stream.depth, *size, rs.format.z16, mode.fps)
    if with_color:
        config.enable_stream(rs.stream.color, *size, rs.format.rgb8, mode.fps)
    if mode.infrared:
        for number in (1, 2):
            config.enable_stream(rs.stream.infrared, number, *size, rs.format.y8, mode.fps)
    return config


def _open_file(rs: Any, location: str, options: Mapping[str, str]) -> RealSenseFile:
    path = Path(location).expanduser()
    if not path.is_file():
        raise SourceError(
            f"{path}: expected a RealSense recording (.bag or .db3), found nothing; check the path."
        )
    playback = parse_playback(options)
    config = rs.config()
    try:
        config.enable_device_from_file(str(path), playback.loop)
        fps = playback.fps if "fps" in options else None
        uri = recording_uri("realsense", location, options)
        return RealSenseFile(rs, rs.pipeline(), config, uri, fps)
    except RuntimeError as error:
        raise SourceError(f"{path}: not a readable RealSense recording ({error}).") from error


def _parse_mode(options: Mapping[str, str]) -> StreamMode:
    numbers = {"width": "width_px", "height": "height_px", "fps": "fps"}
    values: dict[str, Any] = {}
    for key, text in options.items():
        if key == "infrared":
            values["infrared"] = yes_or_no(key, text)
        elif key not in numbers:
            known = ", ".join((*numbers, "infrared"))
            raise SourceError(f"A RealSense camera has no option '{key}'; expected {known}.")
        elif not text.isdecimal() or int(text) == 0:
            raise SourceError(f"The option {key} must be a positive whole number, found '{text}'.")
        else:
            values[numbers[key]] = int(text)
    return StreamMode(**values)
