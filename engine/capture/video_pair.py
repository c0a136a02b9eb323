"""`video:LEFT.mp4,RIGHT.mp4?rig=rig.toml`: two video files, paired by the times in them.

Further options: `loop`; `skew`, how many milliseconds the pictures of a pair may be apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from engine.capture.recorded import parse_playback, recording_uri
from engine.errors import EndOfStream, SourceError
from engine.runtime.clock import NS_PER_MS, NS_PER_S, monotonic_ns
from engine.stereo.camera import StereoCamera
from engine.stereo.opening import stereo_camera, take_rig, take_skew_ms, two_places
from engine.stereo.pair import PairInfo, RawPair
from engine.stereo.pairing import Pairing, Timed


def open_location(location: str, options: Mapping[str, str]) -> StereoCamera:
    """Open two video files.

    Raises:
        SourceError: no such files, not videos, bad options, no rig or a wrong one.
    """
    left, right = two_places("video", location, "video files")
    rest = dict(options)
    stored, skew_ms = take_rig("video", rest), take_skew_ms(rest)
    loop = parse_playback(rest).loop
    fps = parse_playback(rest).fps if "fps" in rest else 0.0
    uri = recording_uri("video", location, options)
    source = VideoPairs(uri, Path(left).expanduser(), Path(right).expanduser(), loop, fps)
    return stereo_camera(source, stored, skew_ms)


class VideoFile:
    """One open video file, read from its beginning to its end."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise SourceError(f"{path}: expected a video file, found nothing; check the path.")
        self.path = path
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceError(f"{path}: not a video that can be read; expected .mp4, .avi or .mkv.")
        self.fps = float(self._capture.get(cv2.CAP_PROP_FPS)) or 30.0
        self.count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.size_px = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )

    def next(self) -> Timed:
        """The next picture, with its time in the file; EndOfStream behind the last."""
        found, picture = self._capture.read()
        if not found:
            raise EndOfStream(str(self.path))
        time_ns = round(self._capture.get(cv2.CAP_PROP_POS_MSEC) * NS_PER_MS)
        return Timed(time_ns, np.ascontiguousarray(picture[..., ::-1], np.uint8))

    def rewind(self) -> None:
        """Back to the first picture."""
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)

    def close(self) -> None:
        self._capture.release()


class VideoPairs:
    """Two video files that began together."""

    def __init__(self, uri: str, left: Path, right: Path, loop: bool, fps: float = 0.0) -> None:
        """`fps`: to play at another rate than that of the files; 0 keeps it."""
        self._left = VideoFile(left)
        try:
            self._right = VideoFile(right)
        except SourceError:
            self._left.close()
            raise
        self._loop = loop
        self._sequence = 0
        self._pairing = self._new_pairing()
        self.info = PairInfo(
            uri=uri,
            name=f"{left.name} + {right.name}",
            left_size_px=self._left.size_px,
            right_size_px=self._right.size_px,
            fps=fps or self._left.fps,
            live=False,
        )

    def read_pair(self, timeout_s: float) -> RawPair:  # noqa: ARG002 - a file makes nobody wait
        """The next pair; see `engine.stereo.pair.PairSource.read_pair`."""
        try:
            left, right = self._pairing.next()
        except EndOfStream:
            if not self._loop or not self._sequence:
                raise
            self._left.rewind()
            self._right.rewind()
            self._pairing = self._new_pairing()
            left, right = self._pairing.next()
        now_ns, sequence = monotonic_ns(), self._sequence
        self._sequence += 1
        earlier_ns = min(left.time_ns, right.time_ns)
        return RawPair(
            sequence=sequence,
            left=left.pixels,
            right=right.pixels,
            left_ns=now_ns + left.time_ns - earlier_ns,
            right_ns=now_ns + right.time_ns - earlier_ns,
            source_ns=round(sequence * NS_PER_S / self.info.fps),
        )

    def close(self) -> None:
        self._left.close()
        self._right.close()

    def _new_pairing(self) -> Pairing:
        return Pairing(self._left.next, self._right.next, round(NS_PER_S / self._left.fps))
