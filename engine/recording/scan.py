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
from dataclasses import replace
from typing import BinaryIO

from mcap.records import DataEnd, MessageIndex

from engine.recording.damage import Damage, DamageKind
from engine.recording.mcap_records import MAGIC, DamagedRecord
from engine.recording.record_reading import (
    NO_RECORD,
    GoodChunk,
    GoodMetadata,
    Record,
    RecordReader,
)
from engine.recording.resynchronise import next_record
from engine.recording.summary import DATA_END_LENGTH, Summary, read_summary

Found = GoodChunk | GoodMetadata | Damage


class Scan:
    """Iterate once over a file that is open for reading."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self._records = RecordReader(file, self.size)
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
        if self._records.bytes_at(0, len(MAGIC)) != MAGIC:
            yield Damage(DamageKind.START, 0, len(MAGIC), "the first bytes are not a session's")
        offset = len(MAGIC)
        data_end = self.size if self.summary is None else self.summary.data_end
        while offset < data_end:
            at = self._records.at(offset, data_end)
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

    def _resynchronise(self, offset: int, data_end: int) -> int:
        """Where the scan goes on behind a place whose length cannot be trusted."""
        if self.summary is None:
            return next_record(self._file, self.size, offset)
        places = self.summary.places
        later = bisect_right(places, offset)
        return min(places[later], data_end) if later < len(places) else data_end

    def _at_length(self, record: Record, length: int) -> Record:
        """Damage covers all bytes up to where the scan goes on."""
        if not isinstance(record, Damage):
            return record
        record = replace(record, length=length)
        if record.kind is DamageKind.TORN and record.offset + length < self.size:
            # It was not the end of the file that came too soon: a length lied.
            record = replace(record, kind=DamageKind.UNKNOWN, text=NO_RECORD)
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

    def _take(self, record: Record) -> Iterator[Found]:
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
        at = self._records.at(offset, self.size) if offset + DATA_END_LENGTH <= self.size else None
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
            block = self._records.bytes_at(self.read_to, min(1 << 20, offset - self.read_to))
            if not block:
                return  # The file has become shorter meanwhile.
            self._checksum = zlib.crc32(block, self._checksum)
            self.read_to += len(block)
