"""One URI syntax for every source: `scheme:rest`.

| URI | opens |
|---|---|
| `sim:` or `sim:seed=3,hands=2` | the simulated camera |
| `sim-stereo:` or `sim-stereo:seed=3,baseline=90` | the simulated stereo camera |
| `folder:PATH` | 16-bit depth PNGs with a camera.json |
| `realsense:` or `realsense:SERIAL` | an Intel RealSense device |
| `realsense:PATH.bag` | a RealSense recording |
| `realsense-ir:` or `realsense-ir:SERIAL` | the infrared pictures of a RealSense device |
| `zed:`, `zed:SERIAL` or `zed:PATH.svo2` | a Stereolabs ZED camera, or a recording of one |
| `uvc:0,1?rig=rig.toml`, `uvc:0?rig=rig.toml` | two USB cameras; one that gives both pictures |
| `video:LEFT.mp4,RIGHT.mp4?rig=rig.toml` | two video files |
| `images:LEFT_DIR,RIGHT_DIR?rig=rig.toml` | two folders of pictures |
| `replay:PATH.mcap` | a session that was recorded with this program |
| `cvar:PATH`, `nyu:PATH`, `msra:PATH`, `icvl:PATH` | a data set in its published layout |

Recordings take options after a question mark: `folder:PATH?fps=15,loop=yes`.
A new kind of source is one file and one line in the table.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from engine.capture.camera import Camera, SourceInfo
from engine.errors import SourceError


def open_camera(uri: str) -> Camera:
    """Open the camera or recording of this URI.

    Raises:
        SourceError: unknown scheme, bad options, or the source cannot be opened; one sentence.
    """
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme not in _OPENERS:
        raise SourceError(_unknown(uri, scheme))
    return _OPENERS[scheme](rest)


def discover() -> list[SourceInfo]:
    """What could be opened now: attached devices first, then the simulated camera."""
    from engine.capture import realsense, zed

    simulated = SourceInfo(uri="sim:", name="Simulated camera", live=False)
    return [*realsense.find_devices(), *zed.find_devices(), simulated]


def parse_options(text: str) -> dict[str, str]:
    """`seed=3,hands=2` as a dictionary of strings.

    Raises:
        SourceError: an item is not of the form key=value.
    """
    options: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = item.partition("=")
        if not (equals and key and value):
            raise SourceError(
                f"Source options are written key=value,key=value; found '{item}'. "
                "Write for example sim:seed=3,hands=2 or folder:PATH?fps=15,loop=yes."
            )
        options[key.strip()] = value.strip()
    return options


def with_rig(uri: str, rig: str) -> str:
    """The URI of a stereo source with the rig file that was named beside it."""
    if not rig:
        return uri
    location, options = split_location(uri)
    listed = ",".join(f"{key}={value}" for key, value in {**options, "rig": rig}.items())
    return f"{location}?{listed}"


def split_location(rest: str) -> tuple[str, dict[str, str]]:
    """Path (or serial number) and options of `PATH?key=value,...`."""
    if "?" not in rest or Path(rest).exists():
        return rest, {}
    location, _, options = rest.rpartition("?")
    return location, parse_options(options)


def _unknown(uri: str, scheme: str) -> str:
    known = ", ".join(f"{name}:" for name in _OPENERS)
    sentence = f"Unknown source '{uri}'; a source begins with one of {known}."
    close = difflib.get_close_matches(scheme.lower(), _OPENERS, n=1)
    if close:
        return f"{sentence} Did you mean '{close[0]}:{uri.partition(':')[2]}'?"
    if uri.lower().endswith(".mcap"):
        return f"{sentence} For a recorded session write 'replay:{uri}'."
    if uri and Path(uri).is_dir():
        return f"{sentence} For a folder of depth images write 'folder:{uri}'."
    return f"{sentence} Use 'sim:' to try without a camera."


def _open_simulated(rest: str) -> Camera:
    module = import_module("engine.capture.simulated")
    return cast(Camera, module.open_simulated(parse_options(rest)))


def _open_simulated_stereo(rest: str) -> Camera:
    module = import_module("engine.capture.simulated_stereo")
    return cast(Camera, module.open_simulated_stereo(parse_options(rest)))


def _located(module_name: str) -> Callable[[str], Camera]:
    """An opener that imports `module_name` on first use and calls its `open_location`."""

    def open_located(rest: str) -> Camera:
        location, options = split_location(rest)
        module = import_module(module_name)
        return cast(Camera, module.open_location(location, options))

    return open_located


_OPENERS: Mapping[str, Callable[[str], Camera]] = {
    "sim": _open_simulated,
    "sim-stereo": _open_simulated_stereo,
    "folder": _located("engine.capture.folder"),
    "realsense": _located("engine.capture.realsense"),
    "realsense-ir": _located("engine.capture.realsense_ir"),
    "zed": _located("engine.capture.zed"),
    "uvc": _located("engine.capture.uvc"),
    "video": _located("engine.capture.video_pair"),
    "images": _located("engine.capture.image_pair"),
    "replay": _located("engine.capture.replay"),
    "cvar": _located("engine.datasets.cvar"),
    "nyu": _located("engine.datasets.nyu"),
    "msra": _located("engine.datasets.msra"),
    "icvl": _located("engine.datasets.icvl"),
}
"""Scheme -> opener of what follows the colon. Modules load when first used, so that no camera SDK
is needed for a source of another kind."""

SCHEMES = tuple(_OPENERS)
RIG_SCHEMES = ("uvc", "video", "images")
"""Pairs of cameras that do not know how they stand: they need a rig file."""
