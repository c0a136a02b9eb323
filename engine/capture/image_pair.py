"""`images:LEFT_DIR,RIGHT_DIR?rig=rig.toml`: two folders of pictures, paired in their order.

Further options: `fps` and `loop`, as of every recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from calibration.errors import CalibrationError
from calibration.picture_pairs import PicturePair, picture_pairs
from engine.capture.recorded import Playback, parse_playback, recording_uri
from engine.errors import EndOfStream, SourceError
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.stereo.camera import StereoCamera
from engine.stereo.opening import stereo_camera, take_rig, take_skew_ms, two_places
from engine.stereo.pair import PairInfo, Pixels, RawPair


def open_location(location: str, options: Mapping[str, str]) -> StereoCamera:
    """Open two folders.

    Raises:
        SourceError: no such folders, unequal counts, a bad picture, no rig or a wrong one.
    """
    left, right = two_places("images", location, "folders of pictures")
    rest = dict(options)
    stored, skew_ms = take_rig("images", rest), take_skew_ms(rest)
    playback = parse_playback(rest)
    try:
        pairs = picture_pairs(Path(left).expanduser(), Path(right).expanduser())
    except CalibrationError as error:
        raise SourceError(str(error).replace("Cannot calibrate", "Cannot open")) from error
    uri = recording_uri("images", location, options)
    return stereo_camera(ImagePairs(uri, pairs, playback), stored, skew_ms)


class ImagePairs:
    """Pictures of two folders."""

    def __init__(self, uri: str, pairs: tuple[PicturePair, ...], playback: Playback) -> None:
        self._pairs = pairs
        self._playback = playback
        self._sequence = 0
        left, right = read_picture(pairs[0].left), read_picture(pairs[0].right)
        self.info = PairInfo(
            uri=uri,
            name=_called(pairs[0].left.parent.name, pairs[0].right.parent.name),
            left_size_px=(left.shape[1], left.shape[0]),
            right_size_px=(right.shape[1], right.shape[0]),
            fps=playback.fps,
            live=False,
            frame_count=len(pairs),
        )

    def read_pair(self, timeout_s: float) -> RawPair:  # noqa: ARG002 - a file makes nobody wait
        """The next pair; see `engine.stereo.pair.PairSource.read_pair`."""
        if self._sequence >= len(self._pairs) and not self._playback.loop:
            raise EndOfStream(self.info.uri)
        pair = self._pairs[self._sequence % len(self._pairs)]
        left, right = read_picture(pair.left), read_picture(pair.right)
        check_size(pair.left, left, self.info.left_size_px)
        check_size(pair.right, right, self.info.right_size_px)
        now_ns, sequence = monotonic_ns(), self._sequence
        self._sequence += 1
        return RawPair(
            sequence=sequence,
            left=left,
            right=right,
            left_ns=now_ns,
            right_ns=now_ns,
            name=pair.name,
            source_ns=round(sequence * NS_PER_S / self._playback.fps),
        )

    def close(self) -> None:
        """Nothing to release."""


def read_picture(path: Path) -> Pixels:
    """[H, W, 3] RGB.

    Raises:
        SourceError: it cannot be read.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceError(f"{path}: not a readable picture; remove it and its partner.")
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)


def check_size(path: Path, picture: Pixels, size_px: tuple[int, int]) -> None:
    """
    Raises:
        SourceError: the picture has another size than the first one.
    """
    height, width = picture.shape[:2]
    if (width, height) != size_px:
        raise SourceError(
            f"{path}: expected {size_px[0]} x {size_px[1]} px like the first picture, found "
            f"{width} x {height} px; remove it and its partner."
        )


def _called(left: str, right: str) -> str:
    """Both folders, or the one that holds the pictures of both cameras."""
    return left if left == right else f"{left} + {right}"
