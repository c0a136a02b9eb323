"""Pictures as an .mp4 file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from engine.atomic_file import OutputError, replacing
from engine.runtime.contexts import CloseOnExit

Image = npt.NDArray[np.uint8]

FFMPEG_QUIET = "-8"
"""AV_LOG_QUIET."""


class VideoWriter(CloseOnExit):
    """Appends RGB pictures [H, W, 3] of one size to a file."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._fps = fps
        self._writer: cv2.VideoWriter | None = None
        self.count = 0

    def write(self, picture: Image) -> None:
        if self._writer is None:
            self._writer = self._open(picture)
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self.count += 1

    def _open(self, picture: Image) -> cv2.VideoWriter:
        # OpenCV and FFmpeg would say in their own words what `_check_whole` says in a sentence.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", FFMPEG_QUIET)
        height, width = picture.shape[:2]
        # MPEG-4 part 2: the one codec that every build of OpenCV can write.
        codec = cv2.VideoWriter.fourcc(*"mp4v")
        return cv2.VideoWriter(str(self._path), codec, self._fps, (width, height))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.release()


@contextmanager
def video_file(target: Path, fps: float) -> Iterator[VideoWriter]:
    """A writer whose file appears at `target` when the block ends well.

    Raises:
        OutputError: the file cannot be written whole.
    """
    with replacing(target) as partial:
        with VideoWriter(partial, fps) as writer:
            yield writer
        _check_whole(target, partial, writer.count)


def _check_whole(target: Path, partial: Path, count: int) -> None:
    """OpenCV does not say when writing failed, so count what can be read back."""
    capture = cv2.VideoCapture(str(partial))
    try:
        written = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    finally:
        capture.release()
    if written < count or count == 0:
        raise OutputError(
            f"Cannot write '{target}': {count} frames were given and {written} arrived in the "
            "file, as happens on a full disk. Nothing was changed; free some space or name a "
            "place on another disk, ending in .mp4."
        )
