"""`--rig` wherever a source is taken, and what is told of a stereo camera afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import main, parse
from app.commands.arguments import source_uri
from app.commands.stereo_text import stereo_lines, warn_of_drift
from calibration.distorted_camera import DistortedCamera
from calibration.rig import StereoRig
from engine.capture.sources import RIG_SCHEMES, open_camera
from engine.errors import RigError, SourceError
from engine.recording.reader import SessionReader
from engine.stereo.status import StereoStatus
from tests.app.tracking.rigs import MOVED, STEADY, UNCLEAR
from tests.fakes.stereo_pairs import straight_rig, write_pictures, write_rig

COMMANDS = (
    ("track",),
    ("record",),
    ("enrol", "--profile", "Ada"),
    ("export", "--to", "csv"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_rig_beside_another_source_gets_one_sentence(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    name, *more = command
    assert main([name, "sim:", "--rig", "rig.toml", *more]) == 2
    error = capsys.readouterr().err
    assert "--rig goes with a source of two cameras that do not know how they stand" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_help_says_the_same_everywhere(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse([command[0], "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "--rig F.toml how the cameras of uvc:, video: or images: stand" in words


def test_a_rig_is_part_of_the_source_wherever_the_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert source_uri("uvc:0,1", "") == "uvc:0,1"
    assert source_uri("uvc:0,1?width=640", "a/rig.toml") == (
        f"uvc:0,1?width=640,rig={tmp_path}/a/rig.toml"
    )
    assert source_uri("uvc:0,1?rig=old.toml", "/new.toml") == "uvc:0,1?rig=/new.toml"
    with pytest.raises(SourceError, match="holds a comma"):
        source_uri("uvc:0,1", "left,right.toml")


@pytest.mark.parametrize("scheme", RIG_SCHEMES)
def test_each_source_that_takes_a_rig_asks_for_one(scheme: str) -> None:
    with pytest.raises(RigError, match=r"calibrate them, then name the rig file: .*--rig rig.toml"):
        open_camera(f"{scheme}:0,1")


def moved_rig() -> StereoRig:
    straight = straight_rig()
    p = straight.right.pinhole
    return replace(straight, right=DistortedCamera(replace(p, cy=p.cy + 5.0)))


def test_pictures_are_recorded_with_a_rig_and_a_moved_camera_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = f"images:{write_pictures(tmp_path, 4)}".partition("?")[0]
    rig = write_rig(tmp_path / "moved.toml", moved_rig())
    out = tmp_path / "a.mcap"
    words = ["record", uri, "--rig", str(rig), "--no-tracking", "--out", str(out)]
    assert main(words) == 0
    with SessionReader(out) as reader:
        assert reader.frame_count == 4
    assert "handtune: The cameras have moved since they were calibrated" in capsys.readouterr().err


def test_the_terminal_is_told_how_the_pairs_came(capsys: pytest.CaptureFixture[str]) -> None:
    assert stereo_lines(None) == []
    pairs, check = stereo_lines(StereoStatus(13, 2, 1.0, MOVED))
    assert pairs == "13 pairs of pictures, 2 dropped as too far apart in time"
    assert check == MOVED.sentence
    assert stereo_lines(StereoStatus(13, drift=UNCLEAR, checking=True))[1] == UNCLEAR.sentence
    assert stereo_lines(StereoStatus(2, checking=True))[1].startswith("Too few pairs to tell")
    assert stereo_lines(StereoStatus(13)) == ["13 pairs of pictures, none dropped"]
    for drift in (STEADY, UNCLEAR, None):
        warn_of_drift(StereoStatus(13, drift=drift))
    warn_of_drift(None)
    assert capsys.readouterr().err == ""
