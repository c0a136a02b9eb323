"""Stereo sources as raw pairs, without a rig: what a calibration is made from.

Cameras that know their own calibration (ZED, RealSense) need none and are not opened here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from calibration.errors import CalibrationError
from calibration.picture_pairs import picture_pairs
from engine.capture.image_pair import ImagePairs
from engine.capture.recorded import parse_playback
from engine.capture.sources import split_location
from engine.capture.uvc import SideBySide, TwoCameras, UvcMode
from engine.capture.video_pair import VideoPairs
from engine.errors import SourceError
from engine.stereo.opening import positive_whole, refuse_unknown, two_places
from engine.stereo.pair import PairSource


def open_pairs(uri: str) -> PairSource:
    """Open `uvc:LEFT,RIGHT`, `uvc:DEVICE`, `images:LEFT,RIGHT` or `video:LEFT,RIGHT`.

    Raises:
        SourceError: another kind of source, bad options, or it cannot be opened; one sentence.
    """
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme not in _OPENERS:
        raise SourceError(
            f"'{uri}' gives no pairs to calibrate from; two webcams are uvc:0,1, folders of "
            "pictures images:LEFT_DIR,RIGHT_DIR and films video:LEFT,RIGHT. ZED and RealSense "
            "cameras know their own calibration."
        )
    location, options = split_location(rest)
    return _OPENERS[scheme](uri, location, {k: v for k, v in options.items() if k not in _OTHERS})


def _open_uvc(uri: str, location: str, options: Mapping[str, str]) -> PairSource:
    refuse_unknown("uvc", options, ("width", "height", "fps"))
    wanted = {key: positive_whole(key, text) for key, text in options.items()}
    usual = UvcMode()
    mode = UvcMode(
        wanted.get("width", usual.width_px),
        wanted.get("height", usual.height_px),
        wanted.get("fps", usual.fps),
    )
    if "," in location:
        return TwoCameras(uri, two_places("uvc", location, "cameras"), mode)
    return SideBySide(uri, location, mode)


def _open_images(uri: str, location: str, options: Mapping[str, str]) -> PairSource:
    left, right = two_places("images", location, "folders of pictures")
    playback = parse_playback(options)
    try:
        pairs = picture_pairs(Path(left).expanduser(), Path(right).expanduser())
    except CalibrationError as error:
        raise SourceError(str(error)) from error
    return ImagePairs(uri, pairs, playback)


def _open_video(uri: str, location: str, options: Mapping[str, str]) -> PairSource:
    left, right = two_places("video", location, "video files")
    playback = parse_playback(options)
    fps = playback.fps if "fps" in options else 0.0
    return VideoPairs(uri, Path(left).expanduser(), Path(right).expanduser(), playback.loop, fps)


_OTHERS = ("rig", "skew")
"""Options of tracking."""
_OPENERS: Mapping[str, Callable[[str, str, Mapping[str, str]], PairSource]] = MappingProxyType(
    {"uvc": _open_uvc, "images": _open_images, "video": _open_video}
)
