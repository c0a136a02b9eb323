"""`folder:PATH`: 16-bit grey depth PNGs beside a camera.json.

    {"width": 640, "height": 480, "fx": 476.007, "fy": 476.007, "cx": 313.683, "cy": 242.755,
     "depth_unit_m": 0.000125, "no_data": [0]}

Lengths in pixels; `depth_unit_m` is the metres of one raw step; `no_data` (may be left out) lists
the raw values that mean "nothing measured", 0 always does. `fps` may be given; more keys are
ignored. The images must be free of distortion and hold z-depth. They are played in the order of the
last number in their names: 9.png before 10.png.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibration.camera_model import PinholeCamera
from engine.capture.depth_png import metric_depth, read_depth_png
from engine.capture.recorded import (
    RecordedCamera,
    RecordedImage,
    Recording,
    open_recording,
    parse_playback,
    recording_uri,
)
from engine.errors import SourceError

_REQUIRED = ("width", "height", "fx", "fy", "cx", "cy", "depth_unit_m")


@dataclass(frozen=True, slots=True)
class FolderCamera:
    """What camera.json says."""

    camera: PinholeCamera
    depth_unit_m: float
    no_data: tuple[int, ...] = (0,)
    fps: float = 30.0


def open_location(location: str, options: Mapping[str, str]) -> RecordedCamera:
    """Open a folder of depth PNGs; options `fps` and `loop`.

    Raises:
        SourceError: missing or empty folder, bad camera.json or options.
    """
    folder = Path(location).expanduser()
    images = find_images(folder)
    camera = read_camera_json(folder / "camera.json")
    playback = parse_playback(options, camera.fps)

    def load(index: int) -> RecordedImage:
        raw = read_depth_png(images[index], camera.camera)
        depth_m = metric_depth(raw, camera.depth_unit_m, camera.no_data)
        return RecordedImage(depth_m, images[index].name)

    recording = Recording(
        uri=recording_uri("folder", location, options),
        name=folder.resolve().name,
        camera=camera.camera,
        count=len(images),
        load=load,
    )
    return open_recording(recording, playback)


def find_images(folder: Path) -> list[Path]:
    """The folder's PNGs, by number.

    Raises:
        SourceError: no such folder, or no PNG in it.
    """
    if not folder.is_dir():
        what = "a file" if folder.exists() else "nothing"
        raise SourceError(
            f"{folder}: expected a folder of depth PNGs, found {what}; check the path."
        )
    images = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() == ".png"), key=_by_number
    )
    if not images:
        raise SourceError(
            f"{folder}: expected 16-bit depth PNGs, found none; give the folder that holds them."
        )
    return images


def _by_number(path: Path) -> tuple[int, str]:
    numbers = re.findall(r"\d+", path.stem)
    return (int(numbers[-1]) if numbers else -1, path.name)


def read_camera_json(path: Path) -> FolderCamera:
    """Intrinsics and depth unit.

    Raises:
        SourceError: missing file, bad JSON, missing key or a value that cannot be.
    """
    values = _read_object(path)
    missing = [key for key in _REQUIRED if key not in values]
    if missing:
        raise SourceError(
            f"{path}: '{missing[0]}' is missing; expected the keys {', '.join(_REQUIRED)}."
        )
    numbers = {key: _number(path, values, key) for key in _REQUIRED}
    for key in ("width", "height", "fx", "fy", "depth_unit_m"):
        _require_positive(path, key, numbers[key])
    camera = PinholeCamera(
        width_px=int(numbers["width"]),
        height_px=int(numbers["height"]),
        **{key: numbers[key] for key in ("fx", "fy", "cx", "cy")},
    )
    fps = _number(path, values, "fps") if "fps" in values else 30.0
    _require_positive(path, "fps", fps)
    return FolderCamera(camera, numbers["depth_unit_m"], _no_data(path, values), fps)


def _read_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceError(
            f"{path} is missing; expected the camera's intrinsics: a JSON object with the keys "
            f"{', '.join(_REQUIRED)}."
        ) from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise SourceError(f"{path}: expected a JSON object, found an error: {error}.") from error
    if not isinstance(values, dict):
        raise SourceError(f"{path}: expected a JSON object, found {type(values).__name__}.")
    return values


def _number(path: Path, values: Mapping[str, Any], key: str) -> float:
    value = values[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SourceError(f"{path}: '{key}' must be a number, found {json.dumps(value)}.")
    return float(value)


def _require_positive(path: Path, key: str, value: float) -> None:
    if value <= 0:
        raise SourceError(f"{path}: '{key}' must be positive, found {value:g}.")


def _no_data(path: Path, values: Mapping[str, Any]) -> tuple[int, ...]:
    found = values.get("no_data", [0])
    listed = found if isinstance(found, list) else [found]
    for value in listed:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
            raise SourceError(
                f"{path}: 'no_data' must list raw values from 0 to 65535, found "
                f"{json.dumps(found)}."
            )
    return tuple(listed)
