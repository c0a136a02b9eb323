"""One chunk of an MCAP file: filled message by message, then sealed into bytes."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import zstandard
from mcap import records
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode

COMPRESSION = "zstd"
Definition = tuple[records.Schema, records.Channel]
_MESSAGE = struct.Struct("<BQHIQQ")
_CHUNK = struct.Struct(f"<BQQQQII{len(COMPRESSION)}sQ")
"""All of a Chunk record but its data, which is too large to be copied again and again."""


@dataclass(frozen=True, slots=True)
class Times:
    """Of a message: log and publish time in nanoseconds, and its sequence number."""

    log_ns: int
    publish_ns: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file."""

    position: int
    """Bytes."""
    crc: int
    """Of all bytes before it."""


@dataclass(frozen=True, slots=True)
class WrittenChunk:
    """What the index says of a chunk, and what it takes to take it back."""

    start: Mark
    times: tuple[int, int]
    """Of the first and the last message, ns."""
    index: bytes
    """Its ChunkIndex record; made at once, because at the end there may be thousands."""
    counts: Counter[int]
    """Messages of each channel."""
    frames: tuple[Times, ...]


@dataclass(slots=True)
class PendingChunk:
    """The chunk that is being filled."""

    messages: list[bytes] = field(default_factory=list)
    size: int = 0
    offsets: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Channel -> log time and offset behind the definitions."""
    frames: list[Times] = field(default_factory=list)

    def add(self, channel: int, times: Times, data: bytes, ends_frame: bool) -> None:
        length = _MESSAGE.size - 9 + len(data)
        sequence = times.sequence & 0xFFFFFFFF
        head = _MESSAGE.pack(
            Opcode.MESSAGE, length, channel, sequence, times.log_ns, times.publish_ns
        )
        self.offsets.setdefault(channel, []).append((times.log_ns, self.size))
        self.messages += (head, data)
        if ends_frame:
            self.frames.append(times)
        self.size += len(head) + len(data)

    def sealed(
        self,
        start: Mark,
        definitions: Mapping[int, Definition],
        compressor: zstandard.ZstdCompressor,
    ) -> tuple[list[bytes], WrittenChunk]:
        """What is to be written at `start`: the chunk with the definitions of all its channels,
        and its message indices."""
        defined = b"".join(
            record_bytes(record) for channel in self.offsets for record in definitions[channel]
        )
        content = b"".join((defined, *self.messages))
        compressed = compressor.compress(content)
        span = self._span_ns()
        head = _CHUNK.pack(
            Opcode.CHUNK,
            _CHUNK.size - 9 + len(compressed),
            *span,
            len(content),
            zlib.crc32(content),
            len(COMPRESSION),
            COMPRESSION.encode(),
            len(compressed),
        )
        length = len(head) + len(compressed)
        indices = self._message_indices(len(defined))
        index = records.ChunkIndex(
            chunk_length=length,
            chunk_start_offset=start.position,
            compression=COMPRESSION,
            compressed_size=len(compressed),
            message_end_time=span[1],
            message_index_length=sum(map(len, indices.values())),
            message_index_offsets=_places(start.position + length, indices),
            message_start_time=span[0],
            uncompressed_size=len(content),
        )
        written = WrittenChunk(
            start=start,
            times=span,
            index=record_bytes(index),
            counts=Counter({channel: len(offsets) for channel, offsets in self.offsets.items()}),
            frames=tuple(self.frames),
        )
        return [head, compressed, *indices.values()], written

    def _span_ns(self) -> tuple[int, int]:
        times = [log_ns for offsets in self.offsets.values() for log_ns, _ in offsets]
        return min(times), max(times)

    def _message_indices(self, behind: int) -> dict[int, bytes]:
        """A MessageIndex record for each channel; messages begin `behind` the definitions."""
        return {
            channel: record_bytes(
                records.MessageIndex(channel, [(at_ns, behind + offset) for at_ns, offset in found])
            )
            for channel, found in self.offsets.items()
        }


def _places(first: int, parts: Mapping[int, bytes]) -> dict[int, int]:
    """Where each of several parts begins that are written one after the other."""
    places = {}
    for key, part in parts.items():
        places[key] = first
        first += len(part)
    return places


def record_bytes(record: records.McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    data: bytes = builder.end()  # type: ignore[no-untyped-call]
    return data
