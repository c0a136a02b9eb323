"""The file, read back by the mcap library: chunks that stand alone, and a disk that fills up."""

from __future__ import annotations

import errno
from contextlib import suppress
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from mcap.exceptions import McapError
from mcap.reader import NonSeekingReader, make_reader
from mcap.records import Channel, Chunk, Message, Schema
from mcap.stream_reader import StreamReader, breakup_chunk

from engine.recording.layout import EVENTS_TOPIC, FRAME_TOPIC
from engine.recording.mcap_chunk import Times
from engine.recording.mcap_file import McapFile
from tests.engine.recording.conftest import Disk


def numbered_file(path: Path, chunks: int = 4, each: int = 3) -> McapFile:
    """Messages 0, 1, 2, ... at those nanoseconds, in equal chunks, not finished."""
    file = McapFile(path, "test")
    file.add_metadata("about", {"a": "b"})
    for number in range(chunks * each):
        topic = FRAME_TOPIC if number % 2 == 0 else EVENTS_TOPIC
        file.add(topic, Times(number, 1000 + number, number), b"%d" % number)
        if number % each == each - 1:
            file.close_chunk()
    return file


def numbers_in(path: Path) -> list[int]:
    with path.open("rb") as stream:
        messages = list(make_reader(stream, validate_crcs=True).iter_messages())
    assert all(m.log_time == m.sequence == m.publish_time - 1000 for _, _, m in messages)
    return [int(m.data) for _, _, m in messages]


def test_the_library_reads_all_of_it_by_its_index(tmp_path: Path) -> None:
    numbered_file(tmp_path / "a").finish()
    assert numbers_in(tmp_path / "a") == list(range(12))
    with (tmp_path / "a").open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        summary = reader.get_summary()
        assert [(m.name, m.metadata) for m in reader.iter_metadata()] == [("about", {"a": "b"})]
        assert summary is not None
        assert summary.statistics is not None
        assert (summary.statistics.message_count, summary.statistics.chunk_count) == (12, 4)
        assert len(summary.chunk_indexes) == 4
        wanted = reader.iter_messages(topics=[FRAME_TOPIC], starting_at=4, ending_at=8)
        assert [m.sequence for _, _, m in wanted] == [4, 6, 8]


def test_the_library_reads_all_of_it_from_front_to_back(tmp_path: Path) -> None:
    numbered_file(tmp_path / "a").finish()
    with (tmp_path / "a").open("rb") as stream:
        reader = NonSeekingReader(stream, validate_crcs=True)
        assert [m.sequence for _, _, m in reader.iter_messages()] == list(range(12))


def test_every_chunk_stands_alone(tmp_path: Path) -> None:
    numbered_file(tmp_path / "a").finish()
    with (tmp_path / "a").open("rb") as stream:
        reader = StreamReader(stream, emit_chunks=True, validate_crcs=True)
        chunks = [record for record in reader.records if isinstance(record, Chunk)]
    assert len(chunks) == 4
    for chunk in chunks:
        records = breakup_chunk(chunk, validate_crc=True)
        schemas = {record.id for record in records if isinstance(record, Schema)}
        channels = {r.id: r.schema_id for r in records if isinstance(r, Channel)}
        messages = [record for record in records if isinstance(record, Message)]
        assert len(messages) == 3
        assert {channels[message.channel_id] for message in messages} <= schemas


def test_a_file_without_its_end_has_every_closed_chunk(tmp_path: Path) -> None:
    file = numbered_file(tmp_path / "a")
    file.add(FRAME_TOPIC, Times(99, 1099, 99), b"99")
    file.abandon()
    found = []
    with (tmp_path / "a").open("rb") as stream:
        records = StreamReader(stream, validate_crcs=True).records
        with suppress(McapError):
            for record in records:
                found += [record.sequence] if isinstance(record, Message) else []
            pytest.fail("a file without an end was read to its end")
    assert found == list(range(12))


def test_chunks_can_be_taken_back(tmp_path: Path) -> None:
    file = numbered_file(tmp_path / "a")
    assert file.chunk_count == 4
    assert file.take_back_chunk() == {FRAME_TOPIC: 1, EVENTS_TOPIC: 2}
    assert file.take_back_chunk() == {FRAME_TOPIC: 2, EVENTS_TOPIC: 1}
    file.add(FRAME_TOPIC, Times(6, 1006, 6), b"6")
    file.finish()
    assert numbers_in(tmp_path / "a") == [0, 1, 2, 3, 4, 5, 6]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("former")
    with pytest.raises(FileExistsError):
        McapFile(tmp_path / "a", "test")
    assert (tmp_path / "a").read_text() == "former"


def test_a_full_disk_leaves_whole_chunks(disk: Disk) -> None:
    path = disk("size=1m") / "a"
    file = McapFile(path, "test")
    written = 0
    for number in count():
        file.add(FRAME_TOPIC, Times(number, 1000, number), np.random.default_rng(0).bytes(30_000))
        try:
            file.close_chunk()
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - one of many turns
            break
        written += 1
    assert path.stat().st_size == file.size
    assert written > 20
    file.discard_pending()
    file.take_back_chunk()
    file.finish()
    with path.open("rb") as stream:
        messages = make_reader(stream, validate_crcs=True).iter_messages()
        assert [m.sequence for _, _, m in messages] == list(range(written - 1))
