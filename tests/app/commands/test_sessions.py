"""`verify`, `repair` and `compare`: what they say and with which status they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from engine.recording.tracked_with import shipped_weights
from engine.recording.verify import verify
from engine.recording.writer import SplitRule
from tests.engine.recording.test_compare import record_offline
from tests.fakes.session_files import FRAMES, flipped, pieces, write_session
from tests.fakes.truth_estimator import TruthEstimator


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return write_session(tmp_path / "a.mcap")


@pytest.fixture
def damaged(session: Path) -> Path:
    """A chunk with three frames has a flipped byte."""
    path = session.with_name("damaged.mcap")
    data = session.read_bytes()
    path.write_bytes(flipped(data, len(data) // 2))
    return path


def test_verify_says_what_is_in_a_good_session(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(session)]) == 0
    out, err = capsys.readouterr()
    for words in (
        "0.3 s, 9 frames at 30.0 fps: every checksum holds",
        "Fake camera (fake:), 2026-01-02T03:04:05Z",
        "  /camera/depth                      9\n",
        "gaps: none",
        "dropped while recording: 2 frames",
        "events: 1 drop",
    ):
        assert words in out
    assert err == ""


def test_verify_reads_every_file_of_a_session(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_session(tmp_path / "s.mcap", split=SplitRule(bytes=1))
    files = sorted(tmp_path.glob("*.mcap"))
    assert main(["verify", str(path)]) == 0
    assert capsys.readouterr().out.count("every checksum holds") == len(files) > 2
    data = files[-2].read_bytes()
    files[-2].write_bytes(flipped(data, len(data) // 2))
    assert main(["verify", str(path)]) == 1
    assert f'repair "{files[-2]}"' in capsys.readouterr().err


def test_verify_names_a_last_file_that_was_never_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_session(tmp_path / "s.mcap", split=SplitRule(bytes=1))
    last = sorted(tmp_path.glob("s_*.mcap"))[-1]
    part = last.rename(last.with_name(f"{last.stem}.mcap.part"))
    assert main(["verify", str(path)]) == 1
    assert f"the session goes on in '{part}', which was never finished" in capsys.readouterr().err


def test_verify_of_a_damaged_one_names_the_way_out(
    damaged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(damaged)]) == 1
    out, err = capsys.readouterr()
    assert "DAMAGED" in out
    assert "lost: 3 of /camera/color" in out
    assert f'`python main.py repair "{damaged}"` writes a new file' in err
    assert err.count("\n") == 1


def test_repair_says_what_was_lost_and_where(
    damaged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = damaged.read_bytes()
    assert main(["repair", str(damaged)]) == 3
    out, err = capsys.readouterr()
    target = damaged.with_name("damaged.repaired.mcap")
    assert f"{target}: 0.3 s, 6 frames; written and verified" in out
    assert "lost between 0.07 s and 0.20 s: " in out
    assert "3 of /frame" in out
    assert "the original is as it was" in err
    assert damaged.read_bytes() == before
    assert main(["verify", str(target)]) == 0


def test_repair_without_loss_ends_well(session: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(session.read_bytes()[:-1])
    out = tmp_path / "new" / "mended.mcap"
    assert main(["repair", str(cut), "--out", str(out)]) == 0
    assert verify(out).frames == FRAMES
    assert main(["verify", str(out)]) == 0


def test_repair_refuses_what_it_must(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.mcap"
    text.write_text("no session at all")
    data = session.read_bytes()
    bare = tmp_path / "bare.mcap"
    bare.write_bytes(data[: pieces(data)[3].begin])
    taken = tmp_path / "taken.mcap"
    taken.write_text("mine")
    for words, sentence in (
        ([str(session), "--out", str(session)], "never touches its original"),
        ([str(session), "--out", str(taken)], "there is something of this name already"),
        ([str(session), "--out", str(tmp_path / "a.txt")], "the name of a session ends in .mcap"),
        ([str(text)], "not a recorded session"),
        ([str(bare)], "not a single frame"),
        ([str(tmp_path / "none.mcap")], "cannot be read"),
    ):
        assert main(["repair", *words]) == 2
        err = capsys.readouterr().err
        assert sentence in err
        assert err.count("\n") == 1
    assert session.read_bytes() == data
    assert taken.read_text() == "mine"


@pytest.mark.usefixtures("estimator")
def test_compare_with_what_was_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = record_offline(tmp_path / "a.mcap", TruthEstimator(), skip=1)
    target = tmp_path / "figures.json"
    assert main(["compare", str(path), "--as-recorded", "--json", str(target)]) == 0
    out = capsys.readouterr().out
    assert "as recorded" in out
    assert "as shipped" in out
    assert "at most 0.0000 mm, over 9 hands that both saw" in out
    assert "hands seen by one alone: 3 by 'as recorded', 0 by 'as shipped'" in out
    figures = json.loads(target.read_text())
    assert figures["names"] == ["as recorded", "as shipped"]
    assert figures["joint_distance_mm"]["hands"] == 9
    assert (figures["first"]["found"], figures["second"]["found"]) == (12, 9)


@pytest.mark.slow
def test_compare_with_the_shipped_weights_finds_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = "width=320,height=240"
    path = record_offline(tmp_path / "a.mcap", TruthEstimator(), skip=1, size=size)
    assert main(["compare", f"replay:{path}", "--with", str(shipped_weights())]) == 0
    out = capsys.readouterr().out
    assert f"  {shipped_weights().name}  " in out
    assert "at most 0.0000 mm" in out
    assert "error mm, mean joint" in out


@pytest.mark.usefixtures("estimator")
def test_compare_refuses_what_it_must(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = write_session(tmp_path / "empty.mcap", frames=0)
    for words, sentence in (
        ([str(session)], "Nothing to compare the session with: add --with WEIGHTS"),
        ([str(empty), "--as-recorded"], "has no frame to compare"),
        ([str(tmp_path / "no.mcap"), "--as-recorded"], "cannot be opened"),
        ([str(session), "--profile", "Nobody"], "Nobody"),
        ([str(session), "--with", str(tmp_path / "no.safetensors")], "no.safetensors"),
        ([str(session), "--with", str(session)], "a.mcap"),
        ([str(session), "--hand-model", str(session)], "not a MANO pickle"),
    ):
        assert main(["compare", *words]) == 2
        assert sentence in capsys.readouterr().err
