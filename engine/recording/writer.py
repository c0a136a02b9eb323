"""Writes a session: frames, scenes and events in; files that survive a crash out.

What was added is on its way to the disk within CHUNK_NS, and on it within SYNC_NS more: `kill -9`
or a power cut at any moment costs at most that. A disk that fails or is full ends the session with
whole files of all that came before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from engine.messages import Frame, Scene
from engine.recording.frame_messages import encode_frame
from engine.recording.header_messages import encode_calibrations, encode_header
from engine.recording.layout import (
    FRAME_TOPIC,
    METADATA_NAME,
    Event,
    EventKind,
    SessionError,
    SessionHeader,
)
from engine.recording.mcap_chunk import Times
from engine.recording.mcap_file import McapFile
from engine.recording.place import checked_target, finished, interrupted, numbered, part_of, refused
from engine.recording.scene_messages import encode_event, encode_scene
from engine.runtime.clock import NS_PER_S, monotonic_ns

CHUNK_BYTES = 1 << 20
"""A chunk is closed behind the frame that reaches this; docs/decisions/0021."""
CHUNK_NS = NS_PER_S // 4
"""And at this age, however little is in it."""
SYNC_NS = NS_PER_S // 2
SPLIT_BYTES = 4_000_000_000
"""Below the 4 GiB that FAT32 can hold in one file."""
SPLIT_NS = 600 * NS_PER_S


@dataclass(frozen=True, slots=True)
class SplitRule:
    """When the next file begins."""

    bytes: int = SPLIT_BYTES
    duration_ns: int = SPLIT_NS


class SessionWriter:
    """One session, in one file or in several. Belongs to one thread.

    Every method but `close` raises SessionError where the disk fails, and the session is closed
    then: all that was written by then is in whole files.
    """

    def __init__(
        self,
        path: Path,
        header: SessionHeader,
        split: SplitRule | None = None,
        chunk_ns: int = CHUNK_NS,
    ) -> None:
        """Raises SessionError where nothing can be written at `path`, or something is there."""
        self._longest_chunk_ns = chunk_ns
        self._path = checked_target(path)
        self.header = header
        """Of the first file; the others differ in `part`."""
        self._split = split or SplitRule()
        self._former_bytes = 0
        self._chunk_ns = self._sync_ns = self._part_ns = 0
        self._unsynced = False
        self._frames_in_chunk = 0
        """Frames in all files so far."""
        self.frames_lost = 0
        """Frames that were added and that the disk did not take."""
        self.paths: tuple[Path, ...] = ()
        """Whole files so far, in order."""
        try:
            self._file: McapFile | None = self._open()
        except OSError as error:
            raise SessionError(refused(self._path, error)) from error

    @property
    def bytes_written(self) -> int:
        """On disk, in all files."""
        file = self._file
        return self._former_bytes + (file.size if file else 0)

    @property
    def closed(self) -> bool:
        return self._file is None

    def add_frame(self, frame: Frame) -> None:
        file = self._current()
        times = Times(frame.captured_ns, frame.time_ns, frame.sequence)
        for message in encode_frame(frame):
            file.add(message.topic, times, message.data)
        self._frames_in_chunk += 1
        self.tick()

    def add_scene(self, scene: Scene) -> None:
        message = encode_scene(scene)
        times = Times(scene.captured_ns, scene.published_ns, scene.sequence)
        self._current().add(message.topic, times, message.data)

    def add_event(self, event: Event) -> None:
        message = encode_event(event)
        self._current().add(message.topic, Times(event.time_ns, event.time_ns, 0), message.data)

    def tick(self) -> None:
        """Close a chunk, wait for the disk, or begin the next file, where it is time to. To be
        called every 0.1 s or so also while nothing is added."""
        file, now_ns = self._current(), monotonic_ns()
        if file.pending == 0:
            self._chunk_ns = now_ns
        try:
            if file.pending >= CHUNK_BYTES or now_ns - self._chunk_ns >= self._longest_chunk_ns:
                self._close_chunk(file)
            if self._unsynced and now_ns - self._sync_ns >= SYNC_NS:
                file.sync()
                self._unsynced, self._sync_ns = False, monotonic_ns()
            if file.size >= self._split.bytes or now_ns - self._part_ns >= self._split.duration_ns:
                self._next_part(file)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """End the session with whole files. May be called twice.

        Raises:
            SessionError: the disk did not take the end; the files are whole without it, or can be
                repaired.
        """
        if self._file is None:
            return
        try:
            self._finish(self._file)
        except OSError as error:
            raise self._failed(error) from error
        self._file = None

    def _current(self) -> McapFile:
        if self._file is None:
            raise ValueError("the session is closed")
        return self._file

    def _open(self) -> McapFile:
        """The next file, with header and calibration on disk."""
        part = len(self.paths)
        target = self._path if part == 0 else checked_target(numbered(self._path, part))
        header = replace(self.header, part=part)
        file = McapFile(part_of(target), f"handtune {header.program_version}")
        try:
            file.add_metadata(METADATA_NAME, encode_header(header))
            for message in encode_calibrations(header):
                at_ns = header.started_ns
                file.add(message.topic, Times(at_ns, at_ns, 0), message.data)
            file.close_chunk()
            file.sync()
        except OSError:
            file.abandon()
            part_of(target).unlink(missing_ok=True)
            raise
        self._chunk_ns = self._sync_ns = self._part_ns = monotonic_ns()
        self._unsynced = False
        return file

    def _close_chunk(self, file: McapFile) -> None:
        if file.pending:
            file.close_chunk()
            self._frames_in_chunk = 0
            self._unsynced = True
        self._chunk_ns = monotonic_ns()

    def _next_part(self, file: McapFile) -> None:
        self._finish(file)
        self._file = None
        self._file = self._open()

    def _finish(self, file: McapFile) -> None:
        self._close_chunk(file)
        file.finish()
        self._keep(file)

    def _keep(self, file: McapFile) -> None:
        self._former_bytes += file.size
        target = numbered(self._path, len(self.paths))
        self.paths = (*self.paths, finished(part_of(target), target))

    def _failed(self, error: OSError) -> SessionError:
        """End with what the disk has; the sentence that says so."""
        file, self._file = self._file, None
        sentence = interrupted(error)
        if file is None:  # The last file is whole, and the next one could not be begun.
            return SessionError(f"{sentence}; all up to '{self.paths[-1]}' is whole.")
        self.frames_lost += self._frames_in_chunk
        self._frames_in_chunk = 0
        try:
            self._salvage(file, sentence)
        except OSError:
            part = part_of(numbered(self._path, len(self.paths)))
            return SessionError(
                f"{sentence}; what was recorded by then is in '{part}': free some space and run "
                f'`python main.py repair "{part}"`.'
            )
        return SessionError(
            f"{sentence}; '{self.paths[-1]}' is whole and holds all but the last "
            f"{self.frames_lost} frames. Free some space or record to another disk."
        )

    def _salvage(self, file: McapFile, sentence: str) -> None:
        """Finish the file, giving up its last chunks where that makes the room for its index."""
        while True:
            whole = file.chunk_count
            text = f"{sentence}: {self.frames_lost} frames are missing at the end."
            figures = {"frames": float(self.frames_lost)}
            note = encode_event(Event(monotonic_ns(), EventKind.DROP, text, figures))
            file.discard_pending()
            file.add(note.topic, Times(monotonic_ns(), monotonic_ns(), 0), note.data)
            try:
                file.finish()
                return self._keep(file)
            except OSError:
                if whole == 0:
                    file.abandon()
                    raise
            while file.chunk_count >= whole:
                self._give_up(file.take_back_chunk().get(FRAME_TOPIC, 0))

    def _give_up(self, frames: int) -> None:
        self.frames_lost += frames
