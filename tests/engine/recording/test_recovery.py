"""Finding what a crash left behind, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mcap.opcode import Opcode

from engine.recording import recovery
from engine.recording.in_use import Hold, is_held
from engine.recording.layout import SessionError
from engine.recording.reader import SessionReader
from engine.recording.recovery import discard, duration_text, find_unfinished, recover
from engine.recording.repair import repair
from engine.recording.verify import verify
from engine.recording.writer import SessionWriter, SplitRule
from tests.fakes.session_files import FRAMES, flipped, pieces, write_session
from tests.fakes.sessions import FRAME_NS, header, stereo_frame


def left_behind(folder: Path, name: str = "a") -> Path:
    """A session without its end, as a killed writer leaves it."""
    whole = write_session(folder / "whole.mcap")
    data = whole.read_bytes()
    whole.unlink()
    part = folder / f"{name}.mcap.part"
    table = next(piece for piece in pieces(data) if piece.opcode == Opcode.ATTACHMENT)
    part.write_bytes(data[: table.begin])
    return part


def test_question_says_how_much_there_is(tmp_path: Path) -> None:
    part = left_behind(tmp_path)
    (found,) = find_unfinished(tmp_path)
    assert found.path == part
    assert found.target == tmp_path / "a.mcap"
    assert found.frames == FRAMES
    assert found.duration_s == pytest.approx((FRAMES - 1) * FRAME_NS / 1e9)
    assert found.question == "Recover the last session (0.3 s, 9 frames)?"


def test_recovered_session_is_whole_and_not_offered_again(tmp_path: Path) -> None:
    part = left_behind(tmp_path)
    (found,) = find_unfinished(tmp_path)
    report = recover(found)
    assert report.frames == FRAMES
    assert not report.lossless  # Nobody knows what the writer still had in hand.
    assert verify(found.target).good
    assert part.exists()
    assert find_unfinished(tmp_path) == ()
    discard(found)
    assert not part.exists()


def test_session_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path / "a.mcap", header())
    writer.add_frame(stereo_frame(0))
    writer._close_chunk(writer._current())
    part = tmp_path / "a.mcap.part"
    assert is_held(part)
    assert find_unfinished(tmp_path) == ()
    for look in (verify, repair):
        with pytest.raises(SessionError, match="is being recorded just now"):
            look(part)
    writer.close()
    assert not is_held(part)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mcap"]


def test_lock_of_a_dead_writer_holds_nobody_up(tmp_path: Path) -> None:
    part = left_behind(tmp_path)
    lock = tmp_path / ".a.mcap.part.lock"
    lock.touch()
    assert not is_held(part)
    (found,) = find_unfinished(tmp_path)
    discard(found)
    assert not lock.exists()


def test_hold_is_released_once(tmp_path: Path) -> None:
    part = tmp_path / "b.mcap.part"
    hold = Hold(part)
    assert is_held(part)
    hold.release()
    hold.release()
    assert not is_held(part)


def test_newest_comes_first_and_rubbish_is_left_out(tmp_path: Path) -> None:
    left_behind(tmp_path, "old")
    new = left_behind(tmp_path, "new")
    later_ns = (tmp_path / "old.mcap.part").stat().st_mtime_ns + 10**9
    os.utime(new, ns=(later_ns, later_ns))
    (tmp_path / "empty.mcap.part").touch()
    (tmp_path / "text.mcap.part").write_text("no session")
    (tmp_path / "folder.mcap.part").mkdir()
    (tmp_path / "begun.mcap.part").write_bytes(new.read_bytes()[:60])
    assert [u.path.name for u in find_unfinished(tmp_path)] == ["new.mcap.part", "old.mcap.part"]
    assert find_unfinished(tmp_path / "nowhere") == ()


def test_damaged_unfinished_session_is_offered_and_recovered(tmp_path: Path) -> None:
    part = left_behind(tmp_path)
    data = part.read_bytes()
    part.write_bytes(flipped(data, len(data) // 2))
    (found,) = find_unfinished(tmp_path)
    report = recover(found)
    assert FRAMES - 3 <= report.frames < FRAMES


def test_last_file_of_a_split_session_continues_it(tmp_path: Path) -> None:
    path = write_session(tmp_path / "a.mcap", split=SplitRule(bytes=1))
    last = sorted(tmp_path.glob("a_*.mcap"))[-2]
    for later in sorted(tmp_path.glob("a_*.mcap")):
        if later > last:
            later.unlink()
    last.rename(last.with_name(f"{last.stem}.mcap.part"))
    (found,) = find_unfinished(tmp_path)
    assert found.target == last
    with SessionReader(path) as reader:
        assert found.frames > reader.frame_count
    recover(found)
    with SessionReader(path) as reader:
        assert reader.frame_count == found.frames


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.41, "0.4 s"), (9.96, "10.0 s"), (42.4, "42 s"), (724.0, "12 min 4 s"), (3725, "1 h 2 min")],
)
def test_durations_are_said_as_people_do(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_question_has_separated_thousands(tmp_path: Path) -> None:
    found = recovery.Unfinished(tmp_path / "a.mcap.part", 43_440, 724.0, 0.0)
    assert found.question == "Recover the last session (12 min 4 s, 43,440 frames)?"
