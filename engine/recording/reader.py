"""A recorded session, read at any place: its frames, its scenes, its events.

A session that was split is one: `SessionReader(NAME.mcap)` goes on with NAME_001.mcap and so on;
naming one of those opens that file alone. Every chunk is checked against its checksum each time it
is read: what comes out is what went in, or a SessionError.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.hand.model import HandModel
from engine.messages import Frame, Scene
from engine.recording.frame_group import FrameGroup
from engine.recording.layout import EVENTS_TOPIC, HANDS_TOPIC, Event, SessionError, SessionHeader
from engine.recording.place import numbered
from engine.recording.scene_messages import decode_event, decode_scene
from engine.recording.session_file import ChunkPlace, SessionFile
from engine.runtime.clock import NS_PER_S
from engine.runtime.contexts import CloseOnExit

Int64 = npt.NDArray[np.int64]
GAP_SEARCHED = 100
"""How many files may be missing in a row and still be missed."""
SCENE_WITHIN = 24
"""A scene is written so many chunks behind its frame at most: half a second of 848 x 480 at 60
frames a second, with two pictures."""


class SessionReader(CloseOnExit):
    """Belongs to the thread that opened it. Memory holds one chunk, however long the session."""

    def __init__(self, path: Path) -> None:
        """Raises SessionError where it is no readable session, or a file of it is missing."""
        self._files = _open_all(path)
        self._starts = np.cumsum([0] + [len(file.frames) for file in self._files])
        self.times_ns: Int64 = np.concatenate([file.frames.times_ns for file in self._files])
        """[N] `Frame.time_ns` of every frame: the original timing."""
        self.captured_ns: Int64 = np.concatenate([f.frames.captured_ns for f in self._files])
        """[N] host monotonic clock."""
        self.sequences: Int64 = np.concatenate([file.frames.sequences for file in self._files])
        """[N] the number by which a scene names its frame."""
        self._cached: tuple[int, int, list[FrameGroup]] | None = None
        self._scenes: OrderedDict[tuple[Path, int], Mapping[int, bytes]] = OrderedDict()

    @property
    def header(self) -> SessionHeader:
        """Of the first file."""
        return self._files[0].header

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of the session, in order."""
        return tuple(file.path for file in self._files)

    @property
    def frame_count(self) -> int:
        return int(self._starts[-1])

    @property
    def duration_s(self) -> float:
        """From the first to the last frame."""
        if not self.frame_count:
            return 0.0
        return float(self.times_ns[-1] - self.times_ns[0]) / NS_PER_S

    def index_at(self, time_s: float) -> int:
        """The frame that is shown at a time from the start: the last one not later."""
        at_ns = self.times_ns[0] + round(max(time_s, 0.0) * NS_PER_S)
        return max(int(np.searchsorted(self.times_ns, at_ns, side="right")) - 1, 0)

    def frame(self, index: int) -> Frame:
        """The frame as it was captured.

        Raises:
            IndexError: there are not so many.
            SessionError: it is damaged.
        """
        number, row = self._row(index)
        file = self._files[number]
        place = int(file.frames.chunks[row])
        first = int(np.searchsorted(file.frames.chunks, place))
        group = self._group(number, place)
        if row - first >= len(group):
            raise file.damaged("a chunk holds fewer frames than the table of frames says")
        found = group[row - first]
        expected = file.frames.captured_ns[row], file.frames.times_ns[row]
        if (found.last.log_time, found.last.publish_time) != expected:
            raise file.damaged("the table of frames and a chunk differ")
        return found.decode()

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """All frames from the one of index `start` on."""
        for index in range(start, self.frame_count):
            yield self.frame(index)

    def scene_of(self, index: int, model: HandModel | None = None) -> Scene | None:
        """What was tracked in a frame while recording; None where that is not in the session.

        Raises:
            IndexError: there are not so many frames.
            SessionError: it is damaged.
        """
        number, row = self._row(index)
        captured_ns = int(self.captured_ns[index])
        begin = int(self._files[number].frames.chunks[row])
        for file, chunk in islice(self._chunks_from(number, begin), SCENE_WITHIN):
            data = self._hands(file, chunk).get(captured_ns)
            if data is not None:
                return decode_scene(data, model)
        return None

    def scenes(self, model: HandModel | None = None) -> Iterator[Scene]:
        """What was tracked while recording, in order. `model` is the right hand of the model that
        it was tracked with; without it hands have no vertices."""
        for data in self._of_topic(HANDS_TOPIC):
            yield decode_scene(data, model)

    def events(self) -> Iterator[Event]:
        """What happened while recording, in order."""
        for data in self._of_topic(EVENTS_TOPIC):
            yield decode_event(data)

    def close(self) -> None:
        """May be called twice."""
        for file in self._files:
            file.close()

    def _row(self, index: int) -> tuple[int, int]:
        """The number of a frame's file, and its row in the table there."""
        if not 0 <= index < self.frame_count:
            raise IndexError(f"frame {index} of {self.frame_count}")
        number = int(np.searchsorted(self._starts, index, side="right")) - 1
        return number, index - int(self._starts[number])

    def _chunks_from(self, number: int, offset: int) -> Iterator[tuple[SessionFile, ChunkPlace]]:
        """From a place in a file on, and through the files behind it."""
        first = bisect_left(self._files[number].chunks, offset, key=lambda chunk: chunk.offset)
        for file in self._files[number:]:
            for row in range(first, len(file.chunks)):
                yield file, file.chunks[row]
            first = 0

    def _hands(self, file: SessionFile, chunk: ChunkPlace) -> Mapping[int, bytes]:
        """The scenes of a chunk by their log times; those of the last chunks asked for are kept."""
        key = file.path, chunk.offset
        if HANDS_TOPIC not in chunk.topics:
            return {}
        if key not in self._scenes:
            found = file.messages(chunk)
            self._scenes[key] = {m.log_time: m.data for topic, m in found if topic == HANDS_TOPIC}
            while len(self._scenes) > SCENE_WITHIN:
                self._scenes.popitem(last=False)
        return self._scenes[key]

    def _group(self, number: int, place: int) -> list[FrameGroup]:
        """The frames of a chunk; the last one asked for is kept."""
        if self._cached is None or self._cached[:2] != (number, place):
            self._cached = number, place, self._files[number].frame_groups(place)
        return self._cached[2]

    def _of_topic(self, topic: str) -> Iterator[bytes]:
        for file in self._files:
            for chunk in file.chunks:
                if topic in chunk.topics:
                    for found, message in file.messages(chunk):
                        if found == topic:
                            yield message.data


def session_paths(path: Path) -> tuple[Path, ...]:
    """The files of the session that begins with this one, in order.

    Raises:
        SessionError: one is missing while a later one is there.
    """
    following: list[Path] = []
    while (later := numbered(path, len(following) + 1)).exists():
        following.append(later)
    for ahead in range(2, GAP_SEARCHED):
        if (beyond := numbered(path, len(following) + ahead)).exists():
            raise SessionError(
                f"{later}: expected here, because the session goes on with '{beyond.name}', found "
                "nothing. Put it back, or open the later files on their own."
            )
    return (path, *following)


def _open_all(path: Path) -> list[SessionFile]:
    files = [SessionFile(path)]
    try:
        if files[0].header.part == 0:
            for later in session_paths(path)[1:]:
                files.append(SessionFile(later))
                _check_continues(files)
    except BaseException:
        for file in files:
            file.close()
        raise
    return files


def _check_continues(files: list[SessionFile]) -> None:
    """Whether the last file is the next part of the same session."""
    first, last = files[0], files[-1]
    same = last.header.created == first.header.created
    if not same or last.header.part != len(files) - 1:
        raise SessionError(
            f"{last.path}: expected part {len(files) - 1} of the session '{first.path.name}', "
            f"found part {last.header.part} of the one of {last.header.created}. Put the files of "
            "one session into a folder of their own, under their own names."
        )
