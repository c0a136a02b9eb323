"""An MCAP file that grows chunk by chunk, and that can be ended well on a full disk.

`mcap.writer` cannot take a chunk back. Here every chunk is written whole or not at all, the last
ones can be given up to make room for the index, and each repeats the schemas and channels that it
uses: whatever becomes of its neighbours, it can be read. Records are those of the `mcap` package.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import zstandard
from mcap import records

from engine.recording.in_use import Hold
from engine.recording.layout import FRAME_TOPIC
from engine.recording.mcap_chunk import (
    Definition,
    Mark,
    PendingChunk,
    Times,
    WrittenChunk,
    record_bytes,
)
from engine.recording.mcap_ending import ending
from engine.recording.mcap_records import MAGIC
from engine.recording.schemas import schema_for

LEVEL = 1
"""As docs/decisions/0021 measured it."""


class McapFile:
    """Belongs to one thread. OSError from any method leaves a file of whole chunks."""

    def __init__(self, path: Path, library: str, level: int = LEVEL) -> None:
        """Make the file; FileExistsError where there is one."""
        self._file = path.open("xb", buffering=0)
        self._hold = Hold(path)
        self._end = Mark(position=0, crc=0)
        self._compressor = zstandard.ZstdCompressor(level=level)
        self._channels: dict[str, int] = {}
        self._definitions: dict[int, Definition] = {}
        self._metadata: list[records.MetadataIndex] = []
        self._chunks: list[WrittenChunk] = []
        self._pending = PendingChunk()
        try:
            self._write(MAGIC + record_bytes(records.Header("", library)))
        except OSError:
            self.abandon()
            path.unlink()
            raise

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._end.position

    @property
    def pending(self) -> int:
        """Bytes that wait for their chunk to be closed."""
        return self._pending.size

    def add_metadata(self, name: str, values: dict[str, str]) -> None:
        data = record_bytes(records.Metadata(name, values))
        index = records.MetadataIndex(self._end.position, len(data), name)
        self._write(data)
        self._metadata.append(index)

    def add(self, topic: str, times: Times, data: bytes) -> None:
        """A message for the chunk that is being filled."""
        self._pending.add(self._channel(topic), times, data, ends_frame=topic == FRAME_TOPIC)

    def close_chunk(self) -> None:
        """Put on disk what was added; after an OSError it waits still."""
        if self._pending.messages:
            parts, written = self._pending.sealed(self._end, self._definitions, self._compressor)
            self._write(*parts)
            self._chunks.append(written)
            self._pending = PendingChunk()

    def discard_pending(self) -> None:
        """Forget what was added since the last chunk."""
        self._pending = PendingChunk()

    @property
    def chunk_count(self) -> int:
        """Chunks on disk."""
        return len(self._chunks)

    def take_back_chunk(self) -> dict[str, int]:
        """Remove the last chunk from the disk; how many messages it held, by topic."""
        last = self._chunks.pop()
        self._rewind(last.start)
        names = {channel: topic for topic, channel in self._channels.items()}
        return {names[channel]: count for channel, count in last.counts.items()}

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Close the last chunk and write the index: the file is whole and closed."""
        self.close_chunk()
        definitions = list(self._definitions.values())
        self._write(ending(self._end, definitions, self._chunks, self._metadata))
        self.sync()
        self.abandon()

    def abandon(self) -> None:
        """Close without an index."""
        self._file.close()
        self._hold.release()

    def _channel(self, topic: str) -> int:
        if topic not in self._channels:
            number = len(self._channels) + 1
            stored = schema_for(topic)
            known = {s.name: s for s, _ in self._definitions.values()}
            schema = known.get(stored.name) or records.Schema(
                id=len(known) + 1, data=stored.data, encoding=stored.encoding, name=stored.name
            )
            channel = records.Channel(number, topic, stored.message_encoding, {}, schema.id)
            self._definitions[number] = (schema, channel)
            self._channels[topic] = number
        return self._channels[topic]

    def _write(self, *parts: bytes) -> None:
        """All of them, or nothing and an OSError."""
        start = self._end
        try:
            for part in parts:
                left = memoryview(part)
                while left:
                    left = left[self._file.write(left) or 0 :]
                end = self._end
                self._end = Mark(end.position + len(part), zlib.crc32(part, end.crc))
        except OSError:
            self._rewind(start)
            raise

    def _rewind(self, to: Mark) -> None:
        self._file.truncate(to.position)
        self._file.seek(to.position)
        self._end = to
