"""Random access to a session: every frame as it was, and one sentence where that cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from engine.hand.model import load_hand_model
from engine.recording.header_messages import encode_header
from engine.recording.layout import EventKind, SessionError
from engine.recording.reader import SessionReader
from engine.recording.verify import verify
from engine.recording.writer import SplitRule
from tests.engine.recording.sameness import same
from tests.fakes.session_files import FRAMES, write_session
from tests.fakes.sessions import FRAME_NS, header, scene_of, stereo_frame


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return write_session(tmp_path / "a.mcap")


def test_frames_are_those_recorded_in_any_order(session: Path) -> None:
    with SessionReader(session) as reader:
        assert reader.frame_count == FRAMES
        for index in (0, 8, 3, 2, 5, 5, 1):
            assert same(reader.frame(index), stereo_frame(index))
        assert [f.sequence for f in reader.frames(6)] == [6, 7, 8]
        with pytest.raises(IndexError):
            reader.frame(FRAMES)


def test_header_scenes_and_events_are_those_recorded(session: Path) -> None:
    with SessionReader(session) as reader:
        assert same(reader.header, header())
        expected = [scene_of(stereo_frame(k)) for k in range(FRAMES)]
        assert same(tuple(reader.scenes(load_hand_model())), tuple(expected))
        (event,) = reader.events()
        assert event.kind is EventKind.DROP


def test_timing_is_the_source_s_own(session: Path) -> None:
    with SessionReader(session) as reader:
        np.testing.assert_array_equal(reader.times_ns, np.arange(FRAMES) * FRAME_NS)
        np.testing.assert_array_equal(reader.sequences, np.arange(FRAMES))
        assert reader.duration_s == pytest.approx((FRAMES - 1) * FRAME_NS / 1e9)
        assert [reader.index_at(s) for s in (-1.0, 0.0, 0.05, 0.0667, 99.0)] == [0, 0, 1, 2, 8]


def test_split_session_is_one(tmp_path: Path) -> None:
    path = write_session(tmp_path / "a.mcap", split=SplitRule(bytes=1))
    with SessionReader(path) as reader:
        assert len(reader.paths) > 2
        assert [f.sequence for f in reader.frames()] == list(range(FRAMES))
        assert len(list(reader.scenes())) == FRAMES
        last = reader.paths[-2]
    with SessionReader(last) as alone:
        assert 0 < alone.frame_count < FRAMES


def test_missing_and_foreign_parts_are_named(tmp_path: Path) -> None:
    path = write_session(tmp_path / "a.mcap", split=SplitRule(bytes=1))
    (tmp_path / "a_001.mcap").rename(tmp_path / "elsewhere.mcap")
    with pytest.raises(SessionError, match=r"a_001.mcap: expected here.*'a_002.mcap', found"):
        SessionReader(path)
    for later in tmp_path.glob("a_*.mcap"):
        later.rename(tmp_path / "a_001.mcap")
    with pytest.raises(SessionError, match="expected part 1 of the session"):
        SessionReader(path)


def test_session_without_a_frame_opens(tmp_path: Path) -> None:
    with SessionReader(write_session(tmp_path / "a.mcap", frames=0)) as reader:
        assert reader.frame_count == 0
        assert reader.duration_s == 0.0
        assert list(reader.frames()) == []


def test_damaged_summary_costs_nothing_but_time(session: Path) -> None:
    data = session.read_bytes()
    for place in (len(data) - 3, len(data) - 20, len(data) - 200):
        session.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with SessionReader(session) as reader:
            assert same(tuple(reader.frames()), tuple(stereo_frame(k) for k in range(FRAMES)))


def _foreign(path: Path, metadata: dict[str, str] | None, topic: str, schema: str) -> Path:
    with path.open("wb") as file:
        writer = Writer(file, enable_data_crcs=True)
        writer.start()
        if metadata is not None:
            writer.add_metadata("handtune", metadata)
        number = writer.register_schema(schema, "jsonschema", b"{}")
        channel = writer.register_channel(topic, "json", number)
        writer.add_message(channel, 1, b"{}", 1)
        writer.finish()
    return path


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    good = encode_header(header())
    newer = encode_header(replace(header(), format_version=9))
    bad = tmp_path / "bad.mcap"
    for content, sentence in (
        (b"", "not a recorded session: an MCAP file is expected"),
        (b"hello, this is a text", "not a recorded session: an MCAP file is expected"),
        (b"\x89MCAP1\r\n" + bytes(40), "of version 1 of MCAP.*newer program"),
        (b"\x89MCAP0\r\n", "was never finished|no calibration|is damaged"),
        (b"\x89MCAP0\r\n" + bytes(4000), "is damaged"),
    ):
        bad.write_bytes(content)
        with pytest.raises(SessionError, match=sentence):
            SessionReader(bad)
    for made, sentence in (
        (_foreign(bad, None, "/odom", "nav.Odometry"), "no calibration inside"),
        (_foreign(bad, None, "/odom", "nav.Odometry"), "made by another program"),
    ):
        with pytest.raises(SessionError, match=sentence):
            SessionReader(made)
    with pytest.raises(SessionError, match=r"unknown schema: expected 'foxglove.RawImage', found"):
        SessionReader(_foreign(bad, good, "/camera/depth", "foxglove.CompressedImage"))
    with pytest.raises(SessionError, match=r"has format 9.*newer program"):
        SessionReader(_foreign(bad, newer, "/odom", "nav.Odometry"))
    with pytest.raises(SessionError, match=r"cannot be opened.*Check the path"):
        SessionReader(tmp_path / "none.mcap")
    with pytest.raises(SessionError, match="cannot be opened"):
        SessionReader(tmp_path)


def test_topics_of_others_do_no_harm(tmp_path: Path) -> None:
    """A file of another writer with a good header and nothing of ours has no frames."""
    path = _foreign(tmp_path / "a.mcap", encode_header(header()), "/odom", "nav.Odometry")
    with SessionReader(path) as reader:
        assert reader.frame_count == 0


def test_unfinished_file_says_how_to_get_it_back(session: Path) -> None:
    part = session.with_name("b.mcap.part")
    part.write_bytes(session.read_bytes()[:-700])
    with pytest.raises(SessionError, match=r'never finished. `python main.py repair "'):
        SessionReader(part)


@pytest.mark.parametrize("compression", list(CompressionType))
def test_session_written_anew_by_another_program_is_the_same(
    session: Path, compression: CompressionType
) -> None:
    """Without our table of frames, and packed otherwise."""
    other = session.with_name("other.mcap")
    with session.open("rb") as source, other.open("wb") as target:
        reader = make_reader(source)
        writer = Writer(target, chunk_size=10**7, compression=compression)
        writer.start()
        for metadata in reader.iter_metadata():
            writer.add_metadata(metadata.name, metadata.metadata)
        channels: dict[int, int] = {}
        for schema, channel, message in reader.iter_messages(log_time_order=False):
            if channel.id not in channels:
                number = writer.register_schema(schema.name, schema.encoding, schema.data)
                channels[channel.id] = writer.register_channel(channel.topic, "x", number)
            at = message.log_time, message.data, message.publish_time, message.sequence
            writer.add_message(channels[channel.id], *at)
        writer.finish()
    with SessionReader(other) as found:
        assert same(tuple(found.frames()), tuple(stereo_frame(k) for k in range(FRAMES)))
        assert len(list(found.scenes())) == FRAMES
    assert verify(other).good
