"""The summary at the end of a finished session: which chunks there are, and where.

It is believed only where its checksum holds, the footer's own fields included.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from mcap.records import (
    AttachmentIndex,
    Channel,
    ChunkIndex,
    Footer,
    McapRecord,
    MetadataIndex,
    Schema,
    Statistics,
)

from engine.recording.mcap_records import MAGIC, PREFIX, DamagedRecord, parse, record_at

FOOTER_LENGTH = PREFIX.size + 20
DATA_END_LENGTH = PREFIX.size + 4
MAX_SUMMARY = 1 << 28
"""Bytes; a session of ten hours has about a twentieth of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What a finished file says of itself."""

    data_end: int
    """Where the data ends: the place of the record that says so."""
    statistics: Statistics
    schemas: Mapping[int, Schema]
    channels: Mapping[int, Channel]
    chunks: tuple[ChunkIndex, ...]
    """In the order in which they stand in the file."""
    metadata: tuple[MetadataIndex, ...]
    attachments: tuple[AttachmentIndex, ...]

    @property
    def places(self) -> tuple[int, ...]:
        """Where chunks, metadata and attachments begin, in order."""
        chunks = [chunk.chunk_start_offset for chunk in self.chunks]
        metadata = [entry.offset for entry in self.metadata]
        return tuple(sorted(chunks + metadata + [entry.offset for entry in self.attachments]))


def read_summary(file: BinaryIO) -> Summary:
    """The summary of a file that is open for reading.

    Raises:
        DamagedRecord: there is none, as in a file that was never finished, or it is damaged.
    """
    size = os.fstat(file.fileno()).st_size
    footer_at = size - len(MAGIC) - FOOTER_LENGTH
    if footer_at < len(MAGIC):
        raise DamagedRecord("the file has no end")
    file.seek(footer_at)
    tail = file.read(FOOTER_LENGTH + len(MAGIC))
    if not tail.endswith(MAGIC):
        raise DamagedRecord("the file has no end")
    opcode, length = PREFIX.unpack_from(tail)
    footer = parse(opcode, tail[PREFIX.size : FOOTER_LENGTH])
    if not isinstance(footer, Footer) or length != FOOTER_LENGTH - PREFIX.size:
        raise DamagedRecord("the footer is damaged")
    begin = footer.summary_start
    if not len(MAGIC) + DATA_END_LENGTH <= begin <= footer_at or footer_at - begin > MAX_SUMMARY:
        raise DamagedRecord("the footer is damaged")
    file.seek(begin)
    data = file.read(footer_at - begin)
    if zlib.crc32(tail[: FOOTER_LENGTH - 4], zlib.crc32(data)) != footer.summary_crc:
        raise DamagedRecord("the checksum of the summary does not hold")
    return _summary(data, begin)


def _summary(data: bytes, begin: int) -> Summary:
    records: list[McapRecord] = []
    place = 0
    while place < len(data):
        record, place = record_at(data, place)
        records.append(record)
    statistics = [record for record in records if isinstance(record, Statistics)]
    if len(statistics) != 1:
        raise DamagedRecord("the summary has no statistics")
    chunks = [record for record in records if isinstance(record, ChunkIndex)]
    return Summary(
        data_end=begin - DATA_END_LENGTH,
        statistics=statistics[0],
        schemas={record.id: record for record in records if isinstance(record, Schema)},
        channels={record.id: record for record in records if isinstance(record, Channel)},
        chunks=tuple(sorted(chunks, key=lambda chunk: chunk.chunk_start_offset)),
        metadata=tuple(record for record in records if isinstance(record, MetadataIndex)),
        attachments=tuple(record for record in records if isinstance(record, AttachmentIndex)),
    )
