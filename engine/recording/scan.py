"""Every byte of a session file, from front to back, whether or not the file is whole.

Good records come as they stand; everything else comes as `Damage` with its place and what it was,
as far as can be told. Behind damage the scan goes on with the next record that holds: the very next
one where a length can still be trusted; else the one that a good summary names; else the first that
can be recognised. No length is believed before it fits into the file.
"""

from __future__ import annotations

import os
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
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
from engine.recording.resynchronise import next_record
from engine.recording.summary import DATA_END_LENGTH, Summary, read_summary

MAX_RECORD = MAX_CHUNK + (1 << 20)
_TORN = "the file ends within a record"


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


Found = GoodChunk | GoodMetadata | Damage
_Record = GoodChunk | GoodMetadata | Damage | MessageIndex | DataEnd | Header | Attachment


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What stands at a place. `end` is None where its length cannot be trusted."""

    record: _Record
    end: int | None
    note: Damage | None = None
    """What is wrong with a record whose content is whole."""


class Scan:
    """Iterate once over a file that is open for reading."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self.summary: Summary | None = None
        """Of a finished file, where it holds."""
        self._no_summary = ""
        try:
            self.summary = read_summary(file)
        except DamagedRecord as error:
            self._no_summary = str(error)
        self.damages = 0
        self.read_to = 0
        """How far the scan is, in bytes."""
        self._checksum = 0
        self._missing: dict[int, MessageIndex] = {}
        """Of the last good chunk: the indexes that must still follow."""
        self._bad_index: Damage | None = None
        self._lost_chunk: Damage | None = None
        """A lost chunk that waits for the indexes behind it."""

    def __iter__(self) -> Iterator[Found]:
        for found in self._found():
            self.damages += isinstance(found, Damage)
            yield found

    def _found(self) -> Iterator[Found]:
        if self._read(0, len(MAGIC)) != MAGIC:
            yield Damage(DamageKind.START, 0, len(MAGIC), "the first bytes are not a session's")
        offset = len(MAGIC)
        data_end = self.size if self.summary is None else self.summary.data_end
        while offset < data_end:
            at = self._at(offset, data_end)
            if isinstance(at.record, DataEnd):
                break
            end = at.end or self._resynchronise(offset, data_end)
            yield from self._take(self._at_length(at.record, end - offset))
            if at.note is not None:
                yield at.note
            self._advance(end)
            offset = end
        yield from self._settle()
        yield from self._ending(offset)
        self._advance(self.size)

    def _at(self, offset: int, data_end: int) -> _Read:
        head = self._read(offset, PREFIX.size)
        if len(head) < PREFIX.size:
            return _Read(Damage(DamageKind.TORN, offset, 0, _TORN), self.size)
        opcode, length = PREFIX.unpack(head)
        begin = offset + PREFIX.size
        if length > data_end - begin or length > MAX_RECORD:
            torn = known(opcode) and self.summary is None
            kind = DamageKind.TORN if torn else DamageKind.UNKNOWN
            return _Read(Damage(kind, offset, 0, _TORN if torn else _NO_RECORD), None)
        content, end = self._read(begin, length), begin + length
        trusted = end if end == data_end or self._plausible(end) else None
        try:
            record = _understood(opcode, content, offset)
            return _Read(record, end, _wrong_times(record, end - offset))
        except DamagedRecord as error:
            problem = str(error)
        if trusted is not None:
            for likely in _CONTENT_KINDS:
                with suppress(DamagedRecord):
                    note = Damage(DamageKind.CHUNK_HEAD, offset, PREFIX.size, _MISLABELLED)
                    return _Read(_understood(likely, content, offset), end, note)
        return _Read(_damaged(opcode, content, offset, problem), trusted)

    def _plausible(self, offset: int) -> bool:
        """Whether a record begins here by its looks, or the file ends here."""
        head = self._read(offset, PREFIX.size)
        if len(head) < PREFIX.size:
            return self.size == offset
        opcode, length = PREFIX.unpack(head)
        return known(opcode) and bool(length <= min(MAX_RECORD, self.size - offset - PREFIX.size))

    def _resynchronise(self, offset: int, data_end: int) -> int:
        """Where the scan goes on behind a place whose length cannot be trusted."""
        if self.summary is None:
            return next_record(self._file, self.size, offset)
        places = self.summary.places
        later = bisect_right(places, offset)
        return min(places[later], data_end) if later < len(places) else data_end

    def _at_length(self, record: _Record, length: int) -> _Record:
        """Damage covers all bytes up to where the scan goes on."""
        if not isinstance(record, Damage):
            return record
        record = replace(record, length=length)
        if record.kind is DamageKind.TORN and record.offset + length < self.size:
            # It was not the end of the file that came too soon: a length lied.
            record = replace(record, kind=DamageKind.UNKNOWN, text=_NO_RECORD)
        if record.loses and not self._holds_chunk(record.offset, record.offset + length):
            record = replace(record, kind=DamageKind.INDEX)
        return record

    def _holds_chunk(self, begin: int, end: int) -> bool:
        """Whether messages may stand between two places."""
        if self.summary is None:
            return begin > len(MAGIC)
        return any(
            chunk.chunk_start_offset < end and begin < chunk.chunk_start_offset + chunk.chunk_length
            for chunk in self.summary.chunks
        )

    def _take(self, record: _Record) -> Iterator[Found]:
        if isinstance(record, MessageIndex):
            self._take_index(record)
            return
        if isinstance(record, Damage) and record.kind is DamageKind.INDEX:
            self._bad_index = self._bad_index or record
            return
        yield from self._settle()
        if isinstance(record, GoodChunk):
            yield record
            self._missing = record.content.index()
        elif isinstance(record, Damage) and record.kind is DamageKind.CHUNK:
            self._lost_chunk = record
        elif isinstance(record, (Damage, GoodMetadata)):
            yield record

    def _take_index(self, record: MessageIndex) -> None:
        lost = self._lost_chunk
        if lost is not None:
            self._lost_chunk = replace(lost, lost=(*lost.lost, record))
        elif self._missing.pop(record.channel_id, None) != record:
            self._bad_index = self._bad_index or Damage(
                DamageKind.INDEX, self.read_to, 0, "an index is not that of its chunk"
            )

    def _settle(self) -> Iterator[Found]:
        """The last chunk and its indexes are over."""
        if self._lost_chunk is not None:
            yield self._lost_chunk
        elif self._bad_index is not None:
            yield self._bad_index
        elif self._missing:
            yield Damage(DamageKind.INDEX, self.read_to, 0, "a chunk lacks its index")
        self._lost_chunk, self._missing, self._bad_index = None, {}, None

    def _ending(self, offset: int) -> Iterator[Found]:
        """From the end of the data on."""
        at = self._at(offset, self.size) if offset + DATA_END_LENGTH <= self.size else None
        if at is None or not isinstance(at.record, DataEnd):
            if self.summary is None:
                text = "the file was never finished, or is cut off"
                yield Damage(DamageKind.UNFINISHED, self.size, 0, text)
            else:
                text = "the record that ends the data is damaged"
                yield Damage(DamageKind.ENDING, offset, DATA_END_LENGTH, text)
            return
        self._advance(offset)
        named = at.record.data_section_crc  # Zero: whoever wrote it took none.
        if named not in (0, self._checksum) and self.damages == 0:
            text = "the checksum over all data does not hold"
            yield Damage(DamageKind.ENDING, offset, DATA_END_LENGTH, text)
        if self.summary is None:
            begin = offset + DATA_END_LENGTH
            yield Damage(DamageKind.ENDING, begin, self.size - begin, self._no_summary)

    def _advance(self, offset: int) -> None:
        """Take all bytes up to a place into the checksum."""
        while self.read_to < offset:
            block = self._read(self.read_to, min(1 << 20, offset - self.read_to))
            if not block:
                return  # The file has become shorter meanwhile.
            self._checksum = zlib.crc32(block, self._checksum)
            self.read_to += len(block)

    def _read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)


_NO_RECORD = "no record can be read here"
_MISLABELLED = "a record is marked as one of another kind"
_CONTENT_KINDS = (Opcode.CHUNK, Opcode.METADATA, Opcode.MESSAGE_INDEX, Opcode.ATTACHMENT)


def _understood(opcode: int, content: bytes, offset: int) -> _Record:
    """A record of the data section; raises DamagedRecord for anything else."""
    record = parse(opcode, content)
    if isinstance(record, Chunk):
        return GoodChunk(offset, record, content_of(unpack(record)))
    if isinstance(record, Metadata):
        return GoodMetadata(offset, record)
    if isinstance(record, (MessageIndex, DataEnd, Header, Attachment)):
        return record
    raise DamagedRecord(f"a {type(record).__name__} record does not belong here")


def _wrong_times(record: _Record, length: int) -> Damage | None:
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
    return Damage(DamageKind.UNKNOWN, offset, 0, _NO_RECORD)
