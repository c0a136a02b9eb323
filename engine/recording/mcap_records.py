"""Single MCAP records from bytes that may be damaged (https://mcap.dev/spec).

A record is taken only if writing it again gives the very same bytes: a length, a string or a count
that was changed shows at once. A chunk is taken only if its content has the checksum that it names,
and nothing is ever unpacked to more than the chunk says and MAX_CHUNK allows.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lz4.frame
import zstandard
from mcap.data_stream import ReadDataStream, RecordBuilder
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import (
    Attachment,
    AttachmentIndex,
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Message,
    MessageIndex,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)

MAGIC = b"\x89MCAP0\r\n"
PREFIX = struct.Struct("<BQ")
"""Opcode and length of what follows: before every record."""
CHUNK_HEAD = struct.Struct("<QQQII")
"""Start and end time, unpacked size, checksum, length of the compression's name."""
MAX_CHUNK = 1 << 28
"""Bytes. Ours are about a megabyte; nothing that claims more than this is believed."""

_READERS: Mapping[int, Callable[[ReadDataStream], McapRecord]] = {
    Opcode.HEADER: Header.read,
    Opcode.FOOTER: Footer.read,
    Opcode.SCHEMA: Schema.read,
    Opcode.CHANNEL: Channel.read,
    Opcode.CHUNK: Chunk.read,
    Opcode.MESSAGE_INDEX: MessageIndex.read,
    Opcode.CHUNK_INDEX: ChunkIndex.read,
    Opcode.ATTACHMENT: Attachment.read,
    Opcode.ATTACHMENT_INDEX: AttachmentIndex.read,
    Opcode.STATISTICS: Statistics.read,
    Opcode.METADATA: Metadata.read,
    Opcode.METADATA_INDEX: MetadataIndex.read,
    Opcode.SUMMARY_OFFSET: SummaryOffset.read,
    Opcode.DATA_END: DataEnd.read,
}
_UNREADABLE = (McapError, struct.error, ValueError, OverflowError, MemoryError)
"""What the library raises for bytes that are no such record (ValueError: also bad UTF-8)."""


class DamagedRecord(Exception):
    """Bytes are not the record that they claim to be. Not for users."""


def known(opcode: int) -> bool:
    """Whether a record of this kind is one that a session may hold."""
    return opcode in _READERS or opcode == Opcode.MESSAGE


def parse(opcode: int, content: bytes) -> McapRecord:
    """The record of an opcode and of all bytes behind its length.

    Raises:
        DamagedRecord: they do not fit each other.
    """
    if not known(opcode):
        raise DamagedRecord(f"no record is of kind {opcode}")
    stream = ReadDataStream(io.BytesIO(content))
    try:
        if opcode == Opcode.MESSAGE:
            record: McapRecord = Message.read(stream, len(content))
        else:
            record = _READERS[opcode](stream)
        again = to_bytes(record)
    except _UNREADABLE as error:
        raise DamagedRecord(str(error)) from error
    if again[PREFIX.size :] != content:
        raise DamagedRecord("its parts do not fit each other")
    return record


def to_bytes(record: McapRecord) -> bytes:
    """The whole record, opcode and length included."""
    builder = RecordBuilder()
    record.write(builder)
    data: bytes = builder.end()  # type: ignore[no-untyped-call]
    return data


@dataclass(frozen=True, slots=True)
class Located:
    """A message with its place in its unpacked chunk."""

    offset: int
    message: Message


@dataclass(frozen=True, slots=True, eq=False)
class ChunkContent:
    """What a good chunk holds."""

    schemas: tuple[Schema, ...]
    channels: tuple[Channel, ...]
    messages: tuple[Located, ...]

    def index(self) -> dict[int, MessageIndex]:
        """The message index records that belong behind this chunk, by channel."""
        found: dict[int, MessageIndex] = {}
        for item in self.messages:
            own = found.setdefault(
                item.message.channel_id, MessageIndex(item.message.channel_id, [])
            )
            own.records.append((item.message.log_time, item.offset))
        return found

    @property
    def times_ns(self) -> tuple[int, int]:
        """Of the first and the last message; zeros where there is none."""
        times = [item.message.log_time for item in self.messages]
        return (min(times), max(times)) if times else (0, 0)


def unpack(chunk: Chunk) -> bytes:
    """The chunk's content, which has the checksum that the chunk names.

    Raises:
        DamagedRecord: it has not, or cannot be unpacked.
    """
    if chunk.uncompressed_size > MAX_CHUNK:
        raise DamagedRecord(f"it claims {chunk.uncompressed_size} bytes")
    unpacker = _UNPACKERS.get(chunk.compression)
    if unpacker is None:
        raise DamagedRecord(f"it is packed by an unknown method '{chunk.compression}'")
    try:
        data = unpacker(chunk.data, chunk.uncompressed_size)
    except (zstandard.ZstdError, RuntimeError, ValueError, MemoryError) as error:
        raise DamagedRecord(str(error)) from error
    if len(data) != chunk.uncompressed_size or zlib.crc32(data) != chunk.uncompressed_crc:
        raise DamagedRecord("its checksum does not hold")
    return data


def content_of(data: bytes) -> ChunkContent:
    """The records of an unpacked chunk.

    Raises:
        DamagedRecord: something else than schemas, channels and messages is in it.
    """
    schemas: list[Schema] = []
    channels: list[Channel] = []
    messages: list[Located] = []
    offset = 0
    while offset < len(data):
        record, end = record_at(data, offset)
        if isinstance(record, Message):
            messages.append(Located(offset, record))
        elif isinstance(record, Schema):
            schemas.append(record)
        elif isinstance(record, Channel):
            channels.append(record)
        else:
            raise DamagedRecord(f"a {type(record).__name__} stands in a chunk")
        offset = end
    return ChunkContent(tuple(schemas), tuple(channels), tuple(messages))


def record_at(data: bytes, offset: int) -> tuple[McapRecord, int]:
    """The record at a place in bytes, and where it ends.

    Raises:
        DamagedRecord: there is none, or not all of it.
    """
    begin = offset + PREFIX.size
    if not 0 <= offset <= begin <= len(data):
        raise DamagedRecord("it is not all there")
    opcode, length = PREFIX.unpack_from(data, offset)
    if length > len(data) - begin:
        raise DamagedRecord("it is not all there")
    return parse(opcode, data[begin : begin + length]), begin + length


def _unpack_zstd(data: bytes, size: int) -> bytes:
    named = zstandard.get_frame_parameters(data).content_size
    if named not in (size, zstandard.CONTENTSIZE_UNKNOWN):
        raise DamagedRecord("its sizes differ")
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=max(size, 1))


def _unpack_lz4(data: bytes, size: int) -> bytes:
    unpacked: Any = lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=size + 1)
    return bytes(unpacked)


_UNPACKERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "": lambda data, _size: data,
    "zstd": _unpack_zstd,
    "lz4": _unpack_lz4,
}
