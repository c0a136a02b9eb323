"""What stands behind the last chunk of a finished MCAP file: table of frames, summary, footer."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Sequence

from mcap import records
from mcap.opcode import Opcode

from engine.recording.frame_table import table_of, to_attachment
from engine.recording.mcap_chunk import Definition, Mark, WrittenChunk, record_bytes
from engine.recording.mcap_records import MAGIC

_FOOTER_FOR_CRC = struct.Struct("<BQQQ")


def ending(
    start: Mark,
    definitions: Sequence[Definition],
    chunks: Sequence[WrittenChunk],
    metadata: Sequence[records.MetadataIndex],
) -> bytes:
    """The bytes from `start` to the end of the file."""
    attached, attached_index = _frame_table(start.position, chunks)
    data_end = attached + record_bytes(records.DataEnd(zlib.crc32(attached, start.crc)))
    summary_start = start.position + len(data_end)
    schemas = {schema.id: schema for schema, _ in definitions}
    statistics = _statistics(len(schemas), len(definitions), chunks, len(metadata))
    groups: list[tuple[Opcode, bytes]] = [
        (Opcode.SCHEMA, b"".join(map(record_bytes, schemas.values()))),
        (Opcode.CHANNEL, b"".join(record_bytes(channel) for _, channel in definitions)),
        (Opcode.STATISTICS, record_bytes(statistics)),
        (Opcode.CHUNK_INDEX, b"".join(chunk.index for chunk in chunks)),
        (Opcode.ATTACHMENT_INDEX, record_bytes(attached_index)),
        (Opcode.METADATA_INDEX, b"".join(map(record_bytes, metadata))),
    ]
    summary, offsets = b"", b""
    for opcode, data in groups:
        if data:
            offset = records.SummaryOffset(opcode, summary_start + len(summary), len(data))
            offsets += record_bytes(offset)
        summary += data
    offset_start = summary_start + len(summary)
    summary += offsets
    fixed = _FOOTER_FOR_CRC.pack(Opcode.FOOTER, 20, summary_start, offset_start)
    crc = zlib.crc32(fixed, zlib.crc32(summary))
    footer = record_bytes(records.Footer(summary_start, offset_start, crc))
    return data_end + summary + footer + MAGIC


def _frame_table(
    position: int, chunks: Sequence[WrittenChunk]
) -> tuple[bytes, records.AttachmentIndex]:
    """The table as an Attachment record that stands at `position`, and its index."""
    attachment = to_attachment(
        table_of(
            [
                (times.sequence, times.log_ns, times.publish_ns, chunk.start.position)
                for chunk in chunks
                for times in chunk.frames
            ]
        )
    )
    attached = record_bytes(attachment)
    index = records.AttachmentIndex(
        offset=position,
        length=len(attached),
        log_time=attachment.log_time,
        create_time=attachment.create_time,
        data_size=len(attachment.data),
        name=attachment.name,
        media_type=attachment.media_type,
    )
    return attached, index


def _statistics(
    schemas: int, channels: int, chunks: Sequence[WrittenChunk], metadata: int
) -> records.Statistics:
    counts: Counter[int] = Counter()
    for chunk in chunks:
        counts.update(chunk.counts)
    return records.Statistics(
        attachment_count=1,
        channel_count=channels,
        channel_message_counts=dict(counts),
        chunk_count=len(chunks),
        message_count=counts.total(),
        message_end_time=max((chunk.times[1] for chunk in chunks), default=0),
        message_start_time=min((chunk.times[0] for chunk in chunks), default=0),
        metadata_count=metadata,
        schema_count=schemas,
    )
