"""Where exported hands come from: a session as it was recorded, or a source, tracked now."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np

from app.commands.known_person import estimator_for, open_profile
from app.commands.stereo_text import stereo_of, warn_of_drift
from app.commands.tracking_run import TrackingRun
from app.progress import progress
from calibration.camera_model import PinholeCamera
from engine.adaptation.profile import hand_model_hash
from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.export.take import ExportError
from engine.hand.model import load_hand_model
from engine.messages import Frame, Scene
from engine.recording.layout import PART_SUFFIX, SUFFIX, SessionHeader
from engine.recording.reader import SessionReader


class Origin(Protocol):
    """Scenes with their times in nanoseconds. Iterate over one of both, once."""

    name: str
    camera: PinholeCamera
    fps: float
    failures: list[SourceError]
    """What went wrong on the way; what came before can still be exported."""

    def scenes(self, meshes: bool = False) -> Iterator[tuple[int, Scene]]:
        """Without `meshes`, hands may come without their vertices, which is faster."""
        ...

    def pictures(self) -> Iterator[tuple[int, tuple[Frame, Scene]]]: ...


@contextmanager
def open_origin(text: str, max_frames: int | None, profile: str | None) -> Iterator[Origin]:
    """A session where `text` is a file, else a source to track.

    Raises:
        UserError: it cannot be opened, or a profile is named for what is tracked already.
    """
    if not _is_file(text):
        person = open_profile(profile)
        with open_camera(text) as camera:
            tracking = TrackingRun(camera, estimator_for(person), max_frames, "tracking")
            yield _Tracked(text, camera.info.camera, camera.info.fps, tracking)
            warn_of_drift(stereo_of(camera))
        return
    if profile is not None:
        raise ExportError(
            f"'{text}' is a session, which is exported as it was tracked; --profile is for "
            f"sources. To track it anew as '{profile}', name it as replay:{text}."
        )
    _refuse_arrays(text)
    with SessionReader(Path(text)) as reader:
        yield _Recorded(text, reader, max_frames)


def _is_file(text: str) -> bool:
    # A colon from the third letter on makes a URI; before that it is a drive of Windows.
    named_so = text.endswith((SUFFIX, PART_SUFFIX)) and ":" not in text[2:]
    return named_so or Path(text).is_file()


def _refuse_arrays(text: str) -> None:
    if text.endswith(".npz"):
        raise ExportError(
            f"'{text}' holds joints and meshes without the angles between them; a session "
            "(.mcap) or a source such as sim: is expected. Export from where it was tracked."
        )


class _Recorded:
    """The states of a session, and its images; nothing is tracked."""

    def __init__(self, name: str, reader: SessionReader, max_frames: int | None) -> None:
        """Raises ExportError for a session that was tracked with another hand model."""
        _check_hand_model(name, reader.header)
        self.name = name
        self.camera = reader.header.camera
        self.fps = reader.header.fps
        self.failures: list[SourceError] = []
        self._reader = reader
        self._max_frames = max_frames

    def scenes(self, meshes: bool = False) -> Iterator[tuple[int, Scene]]:
        for scene in self._recorded("reading", meshes):
            index = self._frame_near(scene)
            after_ns = scene.captured_ns - int(self._reader.captured_ns[index])
            yield int(self._reader.times_ns[index]) + after_ns, scene

    def pictures(self) -> Iterator[tuple[int, tuple[Frame, Scene]]]:
        for scene in self._recorded("drawing", meshes=True):
            index = self._frame_near(scene)
            # Its own frame may have been dropped by the recorder: then there is nothing to show.
            if int(self._reader.captured_ns[index]) == scene.captured_ns:
                frame = self._reader.frame(index)
                yield frame.time_ns, (frame, scene)

    def _recorded(self, label: str, meshes: bool) -> Iterator[Scene]:
        if not self._reader.frame_count:
            return
        scenes = self._reader.scenes(load_hand_model() if meshes else None)
        total = min(self._reader.frame_count, self._max_frames or self._reader.frame_count)
        yield from progress(islice(scenes, self._max_frames), total, label)

    def _frame_near(self, scene: Scene) -> int:
        """The last frame that was not captured after a scene's."""
        later = np.searchsorted(self._reader.captured_ns, scene.captured_ns, side="right")
        return max(int(later) - 1, 0)


def _check_hand_model(name: str, header: SessionHeader) -> None:
    expected, found = hand_model_hash(), header.hand_model_sha256
    if found and found != expected:
        raise ExportError(
            f"'{name}' was tracked with another hand model ({header.hand_model}, {found[:8]}) than "
            f"this program has ({expected[:8]}), so its poses would mean something else. Track it "
            f"anew by naming it as replay:{name}."
        )


class _Tracked:
    """A source through the tracker. Ctrl-C ends it, as does a frame that cannot be read."""

    def __init__(self, name: str, camera: PinholeCamera, fps: float, tracking: TrackingRun) -> None:
        self.name = name
        self.camera = camera
        self.fps = fps
        self.failures: list[SourceError] = []
        self._tracking = tracking

    def scenes(self, meshes: bool = False) -> Iterator[tuple[int, Scene]]:  # noqa: ARG002
        for time_ns, (_, scene) in self.pictures():
            yield time_ns, scene

    def pictures(self) -> Iterator[tuple[int, tuple[Frame, Scene]]]:
        try:
            for frame, scene in self._tracking:
                yield frame.time_ns, (frame, scene)
        except KeyboardInterrupt:
            print("\nStopped; exporting what was tracked so far.", file=sys.stderr)
        except SourceError as error:
            if not self._tracking.frames:
                raise
            print(f"\nExporting the {self._tracking.frames} frames so far.", file=sys.stderr)
            self.failures.append(error)
