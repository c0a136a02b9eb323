"""An MCAP file that grows chunk by chunk, and that can be ended well on a full disk.

`mcap.writer` cannot take a chunk back. Here every chunk is written whole or not at all, the last
ones can be given up to make room for the index, and each repeats the schemas and channels that it
uses: whatever becomes of its neighbours, it can be read. Records are those of the `mcap` package.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import zstandard
from mcap import records
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode

from engine.recording.frame_table import FrameTable, table_of, to_attachment
from engine.recording.in_use import Hold
from engine.recording.layout import FRAME_TOPIC
from engine.recording.schemas import schema_for

MAGIC = b"\x89MCAP0\r\n"
COMPRESSION = "zstd"
LEVEL = 1
"""As docs/decisions/0021 measured it."""
_MESSAGE = struct.Struct("<BQHIQQ")
_CHUNK = struct.Struct(f"<BQQQQII{len(COMPRESSION)}sQ")
"""All of a Chunk record but its data, which is too large to be copied again and again."""
_FOOTER_FOR_CRC = struct.Struct("<BQQQ")


@dataclass(frozen=True, slots=True)
class Times:
    """Of a message: log and publish time in nanoseconds, and its sequence number."""

    log_ns: int
    publish_ns: int
    sequence: int


@dataclass(slots=True)
class _Pending:
    """The chunk that is being filled."""

    messages: list[bytes] = field(default_factory=list)
    size: int = 0
    offsets: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Channel -> log time and offset behind the definitions."""
    frames: list[Times] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One that is on disk, and what it takes to take it back."""

    start: int
    """Place in the file, bytes."""
    times: tuple[int, int]
    """Of the first and the last message, ns."""
    index: bytes
    """Its ChunkIndex record; made at once, because at the end there may be thousands."""
    counts: Counter[int]
    frames: tuple[Times, ...]
    crc_before: int


class McapFile:
    """Belongs to one thread. OSError from any method leaves a file of whole chunks."""

    def __init__(self, path: Path, library: str, level: int = LEVEL) -> None:
        """Make the file; FileExistsError where there is one."""
        self._file = path.open("xb", buffering=0)
        self._hold = Hold(path)
        self._position = 0
        self._crc = 0
        self._compressor = zstandard.ZstdCompressor(level=level)
        self._channels: dict[str, int] = {}
        self._definitions: dict[int, tuple[records.Schema, records.Channel]] = {}
        self._metadata: list[records.MetadataIndex] = []
        self._chunks: list[_Chunk] = []
        self._pending = _Pending()
        try:
            self._write(MAGIC + _bytes(records.Header("", library)))
        except OSError:
            self.abandon()
            path.unlink()
            raise

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._position

    @property
    def pending(self) -> int:
        """Bytes that wait for their chunk to be closed."""
        return self._pending.size

    def add_metadata(self, name: str, values: dict[str, str]) -> None:
        data = _bytes(records.Metadata(name, values))
        index = records.MetadataIndex(self._position, len(data), name)
        self._write(data)
        self._metadata.append(index)

    def add(self, topic: str, times: Times, data: bytes) -> None:
        """A message for the chunk that is being filled."""
        channel = self._channel(topic)
        length = _MESSAGE.size - 9 + len(data)
        sequence = times.sequence & 0xFFFFFFFF
        head = _MESSAGE.pack(
            Opcode.MESSAGE, length, channel, sequence, times.log_ns, times.publish_ns
        )
        pending = self._pending
        pending.offsets.setdefault(channel, []).append((times.log_ns, pending.size))
        pending.messages += (head, data)
        if topic == FRAME_TOPIC:
            pending.frames.append(times)
        pending.size += len(head) + len(data)

    def close_chunk(self) -> None:
        """Put on disk what was added; after an OSError it waits still."""
        pending = self._pending
        if not pending.messages:
            return
        definitions = b"".join(
            _bytes(record) for channel in pending.offsets for record in self._definitions[channel]
        )
        content = b"".join((definitions, *pending.messages))
        times = [log_ns for offsets in pending.offsets.values() for log_ns, _ in offsets]
        begin_ns, end_ns = min(times), max(times)
        compressed = self._compressor.compress(content)
        head = _CHUNK.pack(
            Opcode.CHUNK,
            _CHUNK.size - 9 + len(compressed),
            begin_ns,
            end_ns,
            len(content),
            zlib.crc32(content),
            len(COMPRESSION),
            COMPRESSION.encode(),
            len(compressed),
        )
        indices, places = [], {}
        at = self._position + len(head) + len(compressed)
        for channel, offsets in pending.offsets.items():
            shifted = [(log_ns, len(definitions) + offset) for log_ns, offset in offsets]
            indices.append(_bytes(records.MessageIndex(channel, shifted)))
            places[channel] = at
            at += len(indices[-1])
        index = records.ChunkIndex(
            chunk_length=len(head) + len(compressed),
            chunk_start_offset=self._position,
            compression=COMPRESSION,
            compressed_size=len(compressed),
            message_end_time=end_ns,
            message_index_length=sum(map(len, indices)),
            message_index_offsets=places,
            message_start_time=begin_ns,
            uncompressed_size=len(content),
        )
        made = _Chunk(
            start=self._position,
            times=(begin_ns, end_ns),
            index=_bytes(index),
            counts=Counter({channel: len(offsets) for channel, offsets in pending.offsets.items()}),
            frames=tuple(pending.frames),
            crc_before=self._crc,
        )
        self._write(head, compressed, *indices)
        self._chunks.append(made)
        self._pending = _Pending()

    def discard_pending(self) -> None:
        """Forget what was added since the last chunk."""
        self._pending = _Pending()

    @property
    def chunk_count(self) -> int:
        """Chunks on disk."""
        return len(self._chunks)

    def take_back_chunk(self) -> dict[str, int]:
        """Remove the last chunk from the disk; how many messages it held, by topic."""
        last = self._chunks.pop()
        self._rewind(last.start, last.crc_before)
        names = {channel: topic for topic, channel in self._channels.items()}
        return {names[channel]: count for channel, count in last.counts.items()}

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Close the last chunk and write the index: the file is whole and closed."""
        self.close_chunk()
        self._write(self._ending())
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

    def _ending(self) -> bytes:
        """Everything behind the last chunk."""
        attachment = to_attachment(self._frame_table())
        attached = _bytes(attachment)
        attached_index = records.AttachmentIndex(
            offset=self._position,
            length=len(attached),
            log_time=attachment.log_time,
            create_time=attachment.create_time,
            data_size=len(attachment.data),
            name=attachment.name,
            media_type=attachment.media_type,
        )
        data_end = attached + _bytes(records.DataEnd(zlib.crc32(attached, self._crc)))
        start = self._position + len(data_end)
        schemas = {schema.id: schema for schema, _ in self._definitions.values()}
        channels = [channel for _, channel in self._definitions.values()]
        groups: list[tuple[Opcode, bytes]] = [
            (Opcode.SCHEMA, b"".join(map(_bytes, schemas.values()))),
            (Opcode.CHANNEL, b"".join(map(_bytes, channels))),
            (Opcode.STATISTICS, _bytes(self._statistics(len(schemas)))),
            (Opcode.CHUNK_INDEX, b"".join(chunk.index for chunk in self._chunks)),
            (Opcode.ATTACHMENT_INDEX, _bytes(attached_index)),
            (Opcode.METADATA_INDEX, b"".join(map(_bytes, self._metadata))),
        ]
        summary, offsets = b"", b""
        for opcode, data in groups:
            if data:
                offset = records.SummaryOffset(opcode, start + len(summary), len(data))
                offsets += _bytes(offset)
            summary += data
        offset_start = start + len(summary)
        summary += offsets
        fixed = _FOOTER_FOR_CRC.pack(Opcode.FOOTER, 20, start, offset_start)
        crc = zlib.crc32(fixed, zlib.crc32(summary))
        return data_end + summary + _bytes(records.Footer(start, offset_start, crc)) + MAGIC

    def _frame_table(self) -> FrameTable:
        return table_of(
            [
                (times.sequence, times.log_ns, times.publish_ns, chunk.start)
                for chunk in self._chunks
                for times in chunk.frames
            ]
        )

    def _statistics(self, schema_count: int) -> records.Statistics:
        counts: Counter[int] = Counter()
        for chunk in self._chunks:
            counts.update(chunk.counts)
        times = [chunk.times for chunk in self._chunks]
        return records.Statistics(
            attachment_count=1,
            channel_count=len(self._channels),
            channel_message_counts=dict(counts),
            chunk_count=len(times),
            message_count=counts.total(),
            message_end_time=max((end for _, end in times), default=0),
            message_start_time=min((start for start, _ in times), default=0),
            metadata_count=len(self._metadata),
            schema_count=schema_count,
        )

    def _write(self, *parts: bytes) -> None:
        """All of them, or nothing and an OSError."""
        position, crc = self._position, self._crc
        try:
            for part in parts:
                left = memoryview(part)
                while left:
                    left = left[self._file.write(left) or 0 :]
                self._position += len(part)
                self._crc = zlib.crc32(part, self._crc)
        except OSError:
            self._rewind(position, crc)
            raise

    def _rewind(self, position: int, crc: int) -> None:
        self._file.truncate(position)
        self._file.seek(position)
        self._position, self._crc = position, crc


def _bytes(record: records.McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    data: bytes = builder.end()  # type: ignore[no-untyped-call]
    return data
