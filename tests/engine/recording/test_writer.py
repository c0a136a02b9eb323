"""A session as written: order, names, splits, crashes, disks that fail."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap.records import Chunk, Metadata
from mcap.stream_reader import StreamReader

from engine.messages import Frame, Scene
from engine.recording import writer as writer_module
from engine.recording.frame_messages import decode_frame
from engine.recording.header_messages import decode_header
from engine.recording.layout import (
    EVENTS_TOPIC,
    FRAME_TOPIC,
    HANDS_TOPIC,
    METADATA_NAME,
    Event,
    EventKind,
    SessionError,
)
from engine.recording.scene_messages import decode_event, decode_scene
from engine.recording.writer import SessionWriter, SplitRule
from tests.engine.recording.conftest import Disk
from tests.engine.recording.sameness import same
from tests.fakes.sessions import header, quantised_frame, scene_of, stereo_frame


def contents(path: Path) -> tuple[list[Frame], list[Scene], list[Event]]:
    """Everything in a whole file, in its order."""
    frames: list[Frame] = []
    scenes: list[Scene] = []
    events: list[Event] = []
    with path.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        parts: dict[str, bytes] = {}
        for _, channel, message in reader.iter_messages(log_time_order=False):
            parts[channel.topic] = message.data
            if channel.topic == FRAME_TOPIC:
                frames.append(decode_frame(parts))
                parts = {}
            elif channel.topic == HANDS_TOPIC:
                scenes.append(decode_scene(message.data))
            elif channel.topic == EVENTS_TOPIC:
                events.append(decode_event(message.data))
    return frames, scenes, events


def test_what_was_added_is_in_the_file_in_order(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on the way" / "a.mcap"
    writer = SessionWriter(path, header())
    event = Event(5, EventKind.NOTE, "A note.")
    frames = [stereo_frame(number) for number in range(9)]
    for frame in frames:
        writer.add_frame(frame)
        writer.add_scene(scene_of(frame))
    writer.add_event(event)
    assert not path.exists()
    assert (path.parent / "a.mcap.part").exists()
    writer.close()
    writer.close()
    assert writer.paths == (path,)
    assert list(path.parent.iterdir()) == [path]
    assert writer.bytes_written == path.stat().st_size
    assert writer.frames_lost == 0
    found, scenes, events = contents(path)
    assert len(found) == 9
    assert all(map(same, found, frames))
    assert [scene.sequence for scene in scenes] == list(range(9))
    assert events == [event]


def test_header_and_calibrations_come_before_the_first_image(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path / "a.mcap", header())
    writer.add_frame(stereo_frame(0))
    writer.close()
    with (tmp_path / "a.mcap").open("rb") as stream:
        records = list(StreamReader(stream, emit_chunks=True, validate_crcs=True).records)
        kinds = [type(record) for record in records]
        metadata = next(record for record in records if isinstance(record, Metadata))
        assert metadata.name == METADATA_NAME
        assert same(decode_header(metadata.metadata), header())
        assert kinds.index(Metadata) < kinds.index(Chunk)
        stream.seek(0)
        reader = make_reader(stream)
        topics = [c.topic for _, c, _ in reader.iter_messages(log_time_order=False)]
    assert topics[:6] == [
        "/camera/depth/calibration",
        "/camera/color/calibration",
        "/camera/left/calibration",
        "/tf",
        "/camera/right/calibration",
        "/tf",
    ]
    assert topics[6] == "/camera/depth"


def test_no_frame_is_spread_over_two_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "CHUNK_BYTES", 5000)
    writer = SessionWriter(tmp_path / "a.mcap", header())
    for number in range(40):
        writer.add_frame(stereo_frame(number))
    writer.close()
    with (tmp_path / "a.mcap").open("rb") as stream:
        summary = make_reader(stream).get_summary()
    assert summary is not None
    frame_channel = next(c.id for c in summary.channels.values() if c.topic == FRAME_TOPIC)
    depth_channel = next(c.id for c in summary.channels.values() if c.topic == "/camera/depth")
    chunks = summary.chunk_indexes[1:]
    assert len(chunks) > 10
    for index in chunks:
        assert {frame_channel, depth_channel} <= index.message_index_offsets.keys()


def test_a_session_is_split_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "CHUNK_BYTES", 2000)
    writer = SessionWriter(tmp_path / "a.mcap", header(), SplitRule(bytes=30_000))
    frames = [stereo_frame(number) for number in range(60)]
    for frame in frames:
        writer.add_frame(frame)
    writer.close()
    assert len(writer.paths) > 2
    assert [path.name for path in writer.paths[:3]] == ["a.mcap", "a_001.mcap", "a_002.mcap"]
    assert writer.bytes_written == sum(path.stat().st_size for path in writer.paths)
    found = [frame for path in writer.paths for frame in contents(path)[0]]
    assert all(map(same, found, frames))
    assert len(found) == 60
    for number, path in enumerate(writer.paths):
        assert path.stat().st_size < 50_000
        with path.open("rb") as stream:
            metadata = next(make_reader(stream).iter_metadata())
            assert decode_header(metadata.metadata).part == number


def test_a_session_is_split_by_time(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path / "a.mcap", header(), SplitRule(duration_ns=20_000_000))
    writer.add_frame(stereo_frame(0))
    time.sleep(0.03)
    writer.tick()
    writer.add_frame(stereo_frame(1))
    writer.close()
    assert [frame.sequence for frame in contents(tmp_path / "a.mcap")[0]] == [0]
    assert [frame.sequence for frame in contents(tmp_path / "a_001.mcap")[0]] == [1]


def test_nothing_is_recorded_over(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_text("former")
    (tmp_path / "b.mcap.part").write_text("unfinished")
    with pytest.raises(SessionError, match="there is something of this name already"):
        SessionWriter(tmp_path / "a.mcap", header())
    with pytest.raises(SessionError, match=r"b.mcap.part' is left .* main.py repair"):
        SessionWriter(tmp_path / "b.mcap", header())
    assert (tmp_path / "a.mcap").read_text() == "former"
    assert (tmp_path / "b.mcap.part").read_text() == "unfinished"


def test_a_name_taken_meanwhile_is_not_recorded_over(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path / "a.mcap", header())
    writer.add_frame(stereo_frame(0))
    (tmp_path / "a.mcap").write_text("somebody else's")
    writer.close()
    assert writer.paths == (tmp_path / "a (2).mcap",)
    assert (tmp_path / "a.mcap").read_text() == "somebody else's"
    assert len(contents(tmp_path / "a (2).mcap")[0]) == 1


def test_bad_names_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, reason in (("a.bag", r"ends in \.mcap"), ("file/a.mcap", "folder is a file")):
        with pytest.raises(SessionError, match=reason):
            SessionWriter(tmp_path / name, header())


def test_a_read_only_disk_is_one_sentence(disk: Disk) -> None:
    with pytest.raises(SessionError, match=r"Read-only file system; name a writable place"):
        SessionWriter(disk("size=1m,ro") / "a.mcap", header())


def filled(folder: Path) -> tuple[SessionWriter, list[Frame], SessionError]:
    """Record until the disk is full."""
    writer = SessionWriter(folder / "a.mcap", header())
    frames: list[Frame] = []
    while True:
        frames.append(quantised_frame(len(frames)))
        try:
            writer.add_frame(frames[-1])
        except SessionError as error:
            return writer, frames, error


@pytest.mark.parametrize("chunk_bytes", [300, 3_000, 100_000])
def test_a_disk_that_fills_up_keeps_the_session_so_far(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int
) -> None:
    monkeypatch.setattr(writer_module, "CHUNK_BYTES", chunk_bytes)
    folder = disk("size=400k")
    writer, frames, error = filled(folder)
    assert writer.closed
    assert re.search(r"disk is full; '.*a.mcap' is whole and holds all but the last", str(error))
    assert [path.name for path in folder.iterdir()] == ["a.mcap"]
    found, _, events = contents(folder / "a.mcap")
    assert len(found) > 100
    assert all(map(same, found, frames))
    assert len(found) + writer.frames_lost == len(frames)
    assert [event.kind for event in events] == [EventKind.DROP]
    assert events[0].figures["frames"] == writer.frames_lost
    writer.close()  # The recorder closes it whatever happened.


def test_a_disk_without_room_for_the_beginning_is_left_empty(disk: Disk) -> None:
    folder = disk("size=8k")
    (folder / "others").write_bytes(bytes(8192))
    with pytest.raises(SessionError, match=r"Cannot record to .*: the disk is full"):
        SessionWriter(folder / "a.mcap", header())
    assert [path.name for path in folder.iterdir()] == ["others"]


def test_a_closed_session_takes_nothing(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path / "a.mcap", header())
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.add_frame(stereo_frame(0))
