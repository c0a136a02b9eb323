"""One file of a session, for reading at any place; `reader.py` joins the files of a session.

A finished file opens at once by the table at its end. Where that or the summary is damaged, or
another program wrote the file's end anew, all of it is scanned instead. Nothing is handed out that
was not checked against its checksum, and a chunk is only ever in memory while it is in use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from mcap.records import Attachment, Chunk, Message, Metadata, Schema

from engine.recording.damage import Damage
from engine.recording.foreign import checked_topics, no_header, refuse_foreign
from engine.recording.frame_group import FrameGroup, group_frames
from engine.recording.frame_table import FrameTable, from_attachment, table_of
from engine.recording.header_messages import decode_header
from engine.recording.layout import (
    FRAME_TOPIC,
    METADATA_NAME,
    PART_SUFFIX,
    DamagedSessionError,
    SessionError,
    SessionHeader,
)
from engine.recording.mcap_records import (
    MAGIC,
    ChunkContent,
    DamagedRecord,
    content_of,
    record_at,
    unpack,
)
from engine.recording.record_reading import GoodChunk, GoodMetadata
from engine.recording.scan import Scan
from engine.recording.summary import Summary, read_summary


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """Where a chunk stands, in bytes, and which topics are in it."""

    offset: int
    length: int
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What is known of a file without its images."""

    header: SessionHeader
    chunks: tuple[ChunkPlace, ...]
    frames: FrameTable
    topics: Mapping[int, str]


class SessionFile:
    """Belongs to the thread that opened it."""

    def __init__(self, path: Path) -> None:
        """Raises SessionError where the file cannot be read as a session; one sentence."""
        self.path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise SessionError(
                f"{path}: cannot be opened ({error.strerror or error}); a recorded session "
                "(.mcap) is expected. Check the path."
            ) from error
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            contents = self._contents()
        except BaseException:
            self._file.close()
            raise
        self.header = contents.header
        self.chunks = contents.chunks
        self.frames = contents.frames
        self._topics = contents.topics
        self._places = {chunk.offset: chunk for chunk in contents.chunks}

    def close(self) -> None:
        self._file.close()

    def messages(self, chunk: ChunkPlace) -> list[tuple[str, Message]]:
        """The messages of a chunk with their topics, in the order of the file."""
        content = self._checked(chunk)
        topics = dict(self._topics) | {channel.id: channel.topic for channel in content.channels}
        try:
            found = [(topics[item.message.channel_id], item.message) for item in content.messages]
        except KeyError:
            self._damaged("a chunk holds messages that belong to no topic")
        return found

    def frame_groups(self, offset: int) -> list[FrameGroup]:
        """Every frame of the chunk at a place."""
        place = self._places.get(offset)
        if place is None:
            self._damaged("the table of frames names a chunk that is not there")
        return group_frames(self.messages(place))

    def damaged(self, problem: str) -> DamagedSessionError:
        """The sentence for damage in this file."""
        gains = "a new file with all of it that is whole"
        return DamagedSessionError(self.path, f"the session is damaged ({problem})", gains)

    def _contents(self) -> Contents:
        try:
            return self._by_table(read_summary(self._file))
        except DamagedRecord:
            return self._by_scan()

    def _by_table(self, summary: Summary) -> Contents:
        """Raises DamagedRecord where something at the end of the file is not as we wrote it."""
        if self._read(0, len(MAGIC)) != MAGIC:
            raise DamagedRecord("the first bytes are not a session's")
        topics = checked_topics(summary.channels.values(), summary.schemas, self.path)
        entry = next((index for index in summary.metadata if index.name == METADATA_NAME), None)
        if entry is None:
            raise no_header(self.path)
        metadata = self._record(entry.offset, entry.length)
        attached = next(iter(summary.attachments), None)
        if attached is None:
            raise DamagedRecord("there is no table of frames")
        attachment = self._record(attached.offset, attached.length)
        if not isinstance(metadata, Metadata) or not isinstance(attachment, Attachment):
            raise DamagedRecord("the summary names other records")
        try:
            table = from_attachment(attachment)
        except ValueError as error:
            raise DamagedRecord(str(error)) from error
        chunks = tuple(
            ChunkPlace(
                chunk.chunk_start_offset,
                chunk.chunk_length,
                frozenset(topics[c] for c in chunk.message_index_offsets if c in topics),
            )
            for chunk in summary.chunks
        )
        return Contents(self._header(metadata), chunks, table, topics)

    def _by_scan(self) -> Contents:
        """Everything read, because the end of the file does not say what is in it."""
        refuse_foreign(self._read(0, len(MAGIC)), self.path)
        if self.path.name.endswith(PART_SUFFIX):
            gains = "a session from all of it that is there"
            raise DamagedSessionError(self.path, "this recording was never finished", gains)
        topics: dict[int, str] = {}
        schemas: dict[int, Schema] = {}
        chunks: list[ChunkPlace] = []
        rows: list[tuple[int, int, int, int]] = []
        header: SessionHeader | None = None
        for found in Scan(self._file):
            if isinstance(found, Damage) and found.loses:
                self._damaged(str(found))
            if isinstance(found, GoodMetadata) and found.metadata.name == METADATA_NAME:
                header = header or self._header(found.metadata)
            if isinstance(found, GoodChunk):
                schemas |= {schema.id: schema for schema in found.content.schemas}
                topics |= checked_topics(found.content.channels, schemas, self.path)
                place, frames = _indexed(found, topics)
                chunks.append(place)
                rows += frames
        if header is None:
            raise no_header(self.path)
        return Contents(header, tuple(chunks), table_of(rows), topics)

    def _header(self, metadata: Metadata) -> SessionHeader:
        try:
            return decode_header(metadata.metadata)
        except SessionError as error:
            raise SessionError(f"{self.path}: {error}") from error

    def _checked(self, chunk: ChunkPlace) -> ChunkContent:
        try:
            record = self._record(chunk.offset, chunk.length)
            if not isinstance(record, Chunk):
                raise DamagedRecord("another record stands where a chunk should be")
            return content_of(unpack(record))
        except DamagedRecord as error:
            self._damaged(f"the chunk at byte {chunk.offset}: {error}")

    def _record(self, offset: int, length: int) -> object:
        """Raises DamagedRecord where these bytes are not one whole record."""
        if not 0 <= offset <= offset + length <= self._size:
            raise DamagedRecord("the summary names places outside the file")
        record, end = record_at(self._read(offset, length), 0)
        if end != length:
            raise DamagedRecord("a record has another length than the summary says")
        return record

    def _read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def _damaged(self, problem: str) -> NoReturn:
        raise self.damaged(problem)


def _indexed(
    chunk: GoodChunk, topics: Mapping[int, str]
) -> tuple[ChunkPlace, list[tuple[int, int, int, int]]]:
    """A scanned chunk's place, and its rows in the table of frames."""
    named = [(topics.get(m.message.channel_id, ""), m.message) for m in chunk.content.messages]
    rows = [
        (message.sequence, message.log_time, message.publish_time, chunk.offset)
        for topic, message in named
        if topic == FRAME_TOPIC
    ]
    place = ChunkPlace(chunk.offset, chunk.chunk_length, frozenset(topic for topic, _ in named))
    return place, rows
