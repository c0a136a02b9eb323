"""`record`: whatever ends it, a whole file and a line that says what is in it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import main
from app.commands import record
from engine.capture.camera import Camera
from engine.errors import SourceError
from engine.recording import recorder
from engine.recording.disk import DiskLimits
from tests.engine.recording.conftest import Disk, disk
from tests.engine.recording.test_session_recording import header_of
from tests.engine.recording.test_writer import contents
from tests.fakes.cameras import ScriptedCamera, plane_frame
from tests.shared_data import REPOSITORY

__all__ = ["disk"]

SMALL = "sim:width=160,height=120,fps=60"


@pytest.mark.usefixtures("estimator")
def test_frames_and_hands_are_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, figures = tmp_path / "a.mcap", tmp_path / "a.json"
    uri = f"{SMALL},infrared=2,frames=20"
    assert main(["record", uri, "--out", str(out), "--json", str(figures)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"Recorded 0\.\d s, 20 frames, \d\.\d MB to '.*a\.mcap'\.", said)
    assert "Frames lost: none." in said
    frames, scenes, _ = contents(out)
    assert [frame.sequence for frame in frames] == list(range(20))
    assert all([p.name for p in frame.pictures] == ["left", "right"] for frame in frames)
    assert all(frame.truth for frame in frames)
    assert len([scene for scene in scenes if scene.hands]) > 3
    header = header_of(out)
    assert (header.source_uri, header.fps, header.live) == (uri, 60.0, False)
    assert header.depth_unit_m == frames[0].depth_unit_m > 0
    assert header.hand_model_sha256
    assert header.weights_sha256
    written = json.loads(figures.read_text())
    assert written["files"] == [str(out)]
    assert written["frames"] == 20
    assert written["bytes"] == out.stat().st_size
    assert written["lost"] == {"camera": 0, "queue": 0, "disk": 0}
    assert set(written["threads"]) == {"capture", "inference"}


def test_images_alone_need_no_tracker(tmp_path: Path) -> None:
    out = tmp_path / "a.mcap"
    assert main(["record", f"{SMALL},frames=8", "--no-tracking", "--out", str(out)]) == 0
    frames, scenes, events = contents(out)
    assert [frame.sequence for frame in frames] == list(range(8))
    assert (scenes, events) == ([], [])
    assert header_of(out).weights_sha256 == ""


@pytest.mark.parametrize("pace", ["live", "fast"])
def test_seconds_end_it(tmp_path: Path, pace: str) -> None:
    out = tmp_path / "a.mcap"
    began = time.monotonic()
    uri = f"{SMALL},pace={pace}"
    assert main(["record", uri, "--no-tracking", "--seconds", "0.6", "--out", str(out)]) == 0
    assert 0.6 <= time.monotonic() - began < 5
    assert len(contents(out)[0]) > 5
    assert header_of(out).live == (pace == "live")


def test_without_a_name_the_file_goes_to_the_folder_of_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDTUNE_SESSIONS", str(tmp_path / "sessions"))
    for _ in range(2):
        assert main(["record", f"{SMALL},frames=2", "--no-tracking"]) == 0
    names = [path.name for path in (tmp_path / "sessions").iterdir()]
    assert len(names) == 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_sim(-2)?\.mcap", n) for n in names)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nothing:", "--out", "a.mcap"], "Unknown source"),
        (["sim:hands=9", "--out", "a.mcap"], "hands"),
        (["sim:", "--out", "a.bag"], r"ends in \.mcap"),
        (["sim:", "--out", "taken.mcap"], "of this name already"),
        (["sim:", "--out", "a.mcap", "--json", "."], "is a folder"),
        (["sim:", "--out", "a.mcap", "--no-tracking", "--profile", "Ada"], "leave out one"),
    ],
)
@pytest.mark.usefixtures("estimator")
def test_bad_input_is_one_sentence_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.mcap").write_text("former")
    assert main(["record", *words]) == 2
    said = capsys.readouterr().err
    assert re.search(reason, said)
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["taken.mcap"]
    assert (tmp_path / "taken.mcap").read_text() == "former"


@pytest.mark.parametrize("text", ["0", "-3", "soon", "nan", "inf"])
def test_seconds_must_be_some(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["record", "sim:", f"--seconds={text}"])
    assert ended.value.code == 2
    assert "expected a number of seconds above 0" in capsys.readouterr().err


def test_a_disk_that_fills_up_ends_it_with_one_sentence(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recorder, "DiskLimits", no_limits)
    out = disk("size=1m") / "a.mcap"
    assert main(["record", SMALL, "--no-tracking", "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert re.search(r"disk is full; '.*a.mcap' is whole and holds all but the last", said.err)
    assert re.search(r"Recorded .* by the disk", said.out)
    assert len(contents(out)[0]) > 5


def no_limits() -> DiskLimits:
    """For a disk far smaller than what is otherwise left free."""
    return DiskLimits(warn_bytes=0, warn_s=0, stop_bytes=-1)


def test_a_damaged_source_keeps_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_uri: str) -> Camera:
        frames = [plane_frame(i) for i in range(5)]
        return ScriptedCamera([*frames, SourceError("Frame 5 cannot be read.")], live=False)

    monkeypatch.setattr(record.sources, "open_camera", broken)
    out = tmp_path / "a.mcap"
    assert main(["record", "fake:", "--no-tracking", "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert "Frame 5 cannot be read." in said.err
    assert "5 frames" in said.out
    assert len(contents(out)[0]) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_leave_a_whole_file(tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "a.mcap"
    command = ["main.py", "record", f"{SMALL},pace=live", "--no-tracking", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 30
        while not (tmp_path / "a.mcap.part").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.4)
        process.send_signal(number)
        said = process.communicate(timeout=30)[0]
    assert process.returncode == 0
    assert said.startswith("Recorded ")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mcap"]
    assert len(contents(out)[0]) > 5
