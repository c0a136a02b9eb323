"""What stands at a place of a session file, whatever that is."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from mcap.opcode import Opcode
from mcap.records import Attachment, Chunk, DataEnd, Header, MessageIndex, Metadata

from engine.recording.damage import Damage, DamageKind
from engine.recording.mcap_records import (
    CHUNK_HEAD,
    MAGIC,
    MAX_CHUNK,
    PREFIX,
    ChunkContent,
    DamagedRecord,
    content_of,
    known,
    parse,
    unpack,
)

MAX_RECORD = MAX_CHUNK + (1 << 20)
NO_RECORD = "no record can be read here"
_TORN = "the file ends within a record"
_SIZE = struct.Struct("<Q")
_CONTENT_KINDS = (Opcode.CHUNK, Opcode.METADATA, Opcode.MESSAGE_INDEX, Opcode.ATTACHMENT)


@dataclass(frozen=True, slots=True, eq=False)
class GoodChunk:
    """A chunk whose checksum holds."""

    offset: int
    chunk: Chunk
    content: ChunkContent

    @property
    def chunk_length(self) -> int:
        """Bytes of the whole record."""
        named = len(self.chunk.compression.encode())
        return PREFIX.size + CHUNK_HEAD.size + named + 8 + len(self.chunk.data)


@dataclass(frozen=True, slots=True, eq=False)
class GoodMetadata:
    offset: int
    metadata: Metadata


Record = GoodChunk | GoodMetadata | Damage | MessageIndex | DataEnd | Header | Attachment


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What stands at a place. `end` is None where its length cannot be trusted."""

    record: Record
    end: int | None
    note: Damage | None = None
    """What is wrong with a record whose content is whole."""


class RecordReader:
    """Looks at any place of a file that is open for reading."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def bytes_at(self, offset: int, length: int) -> bytes:
        """As many as there are."""
        self._file.seek(offset)
        return self._file.read(length)

    def at(self, offset: int, data_end: int) -> Reading:
        """What stands at `offset`, in data that ends at `data_end`."""
        head = self.bytes_at(offset, PREFIX.size)
        if len(head) < PREFIX.size:
            return Reading(Damage(DamageKind.TORN, offset, 0, _TORN), self._size)
        opcode, length = PREFIX.unpack(head)
        if length > min(data_end - offset - PREFIX.size, MAX_RECORD):
            torn = known(opcode) and data_end == self._size
            kind = DamageKind.TORN if torn else DamageKind.UNKNOWN
            damage = Damage(kind, offset, 0, _TORN if torn else NO_RECORD)
            return self._by_inner_length(offset, data_end) or Reading(damage, None)
        content = self.bytes_at(offset + PREFIX.size, length)
        end = offset + PREFIX.size + length
        try:
            record = _understood(opcode, content, offset)
            return Reading(record, end, _wrong_times(record, end - offset))
        except DamagedRecord as error:
            problem = str(error)
        if end != data_end and not self._plausible(end):
            damage = _damaged(opcode, content, offset, problem)
            return self._by_inner_length(offset, data_end) or Reading(damage, None)
        for likely in _CONTENT_KINDS:
            with suppress(DamagedRecord):
                record = _understood(likely, content, offset)
                return Reading(record, end, _mislabelled(offset))
        return Reading(_damaged(opcode, content, offset, problem), end)

    def _by_inner_length(self, offset: int, data_end: int) -> Reading | None:
        """A good chunk whose record has a wrong length: that of its data stands in it again."""
        head = self.bytes_at(offset + PREFIX.size, CHUNK_HEAD.size + 12)
        if len(head) < CHUNK_HEAD.size + 12:
            return None
        begin = CHUNK_HEAD.size + min(CHUNK_HEAD.unpack_from(head)[-1], 4)
        length = begin + 8 + _SIZE.unpack_from(head, begin)[0]
        if length > min(data_end - offset - PREFIX.size, MAX_RECORD):
            return None
        content = self.bytes_at(offset + PREFIX.size, length)
        try:
            chunk = _understood(Opcode.CHUNK, content, offset)
        except DamagedRecord:
            return None
        return Reading(chunk, offset + PREFIX.size + length, _mislabelled(offset))

    def _plausible(self, offset: int) -> bool:
        """Whether a record begins here by its looks, or the file ends here."""
        head = self.bytes_at(offset, PREFIX.size)
        if len(head) < PREFIX.size:
            return self._size == offset
        opcode, length = PREFIX.unpack(head)
        return known(opcode) and bool(length <= min(MAX_RECORD, self._size - offset - PREFIX.size))


def _understood(opcode: int, content: bytes, offset: int) -> Record:
    """A record of the data section; raises DamagedRecord for anything else."""
    record = parse(opcode, content)
    if isinstance(record, Chunk):
        return GoodChunk(offset, record, content_of(unpack(record)))
    if isinstance(record, Metadata):
        return GoodMetadata(offset, record)
    if isinstance(record, (MessageIndex, DataEnd, Header, Attachment)):
        return record
    raise DamagedRecord(f"a {type(record).__name__} record does not belong here")


def _mislabelled(offset: int) -> Damage:
    text = "a record is marked as one of another kind or length"
    return Damage(DamageKind.CHUNK_HEAD, offset, PREFIX.size, text)


def _wrong_times(record: Record, length: int) -> Damage | None:
    """A chunk's times stand outside its checksum."""
    if not isinstance(record, GoodChunk):
        return None
    named = record.chunk.message_start_time, record.chunk.message_end_time
    if named == record.content.times_ns:
        return None
    text = "what a chunk says of its times is not so"
    return Damage(DamageKind.CHUNK_HEAD, record.offset, length, text)


def _damaged(opcode: int, content: bytes, offset: int, problem: str) -> Damage:
    if offset == len(MAGIC):
        return Damage(DamageKind.START, offset, 0, "the file's first record is damaged")
    if opcode == Opcode.CHUNK:
        whole = len(content) >= CHUNK_HEAD.size
        times = CHUNK_HEAD.unpack_from(content)[:2] if whole else None
        return Damage(DamageKind.CHUNK, offset, 0, f"a chunk is damaged ({problem})", times)
    if opcode in (Opcode.MESSAGE_INDEX, Opcode.ATTACHMENT):
        return Damage(DamageKind.INDEX, offset, 0, problem)
    if opcode == Opcode.METADATA:
        return Damage(DamageKind.METADATA, offset, 0, f"a metadata record is damaged ({problem})")
    return Damage(DamageKind.UNKNOWN, offset, 0, NO_RECORD)
