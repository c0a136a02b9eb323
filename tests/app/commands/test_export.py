"""`export`: from sessions and sources into every format, and the sentences where it does not go."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pybvh
import pygltflib
import pytest

from app.cli import main
from app.commands.export_video import at_even_times
from engine.adaptation.profile import hand_model_hash
from engine.errors import SourceError
from engine.export.axes import PRESETS
from engine.messages import Frame, Scene, Side
from engine.recording.layout import SessionHeader
from engine.recording.writer import SessionWriter
from engine.runtime.clock import NS_PER_S
from tests.engine.export.takes import CAMERA, FPS, scenes, state_at
from tests.fakes.truth_estimator import TruthEstimator

BOTH = (Side.RIGHT, Side.LEFT)
SMALL = "sim:width=160,height=120"
COUNT = 8
HEADER = SessionHeader(
    program_version="0.1.0",
    created="2026-01-02T03:04:05Z",
    started_ns=0,
    source_uri="fake:",
    source_name="Fake camera",
    camera=CAMERA,
    fps=FPS,
    hand_model="webxr",
    hand_model_sha256=hand_model_hash(),
)


def record(path: Path, moments: list[tuple[int, Scene]], header: SessionHeader = HEADER) -> Path:
    writer = SessionWriter(path, header)
    depth = np.full((CAMERA.height_px, CAMERA.width_px), 0.7, np.float32)
    for _, scene in moments:
        at_ns = scene.captured_ns
        frame = Frame("fake:", scene.sequence, at_ns, CAMERA, depth, source_ns=at_ns - 123)
        writer.add_frame(frame)
        writer.add_scene(scene)
    writer.close()
    return path


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """Two hands; no hand in the fourth frame."""
    return record(tmp_path / "take.mcap", list(scenes(COUNT, BOTH, unseen=(3,))))


def failed(capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence on stderr, behind the progress bar."""
    err = capsys.readouterr().err
    assert "Traceback" not in err
    (line,) = [line for line in err.splitlines() if line.startswith("handtune: ")]
    return line


def test_glb_of_a_session(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(session), "--to", "glb"]) == 0
    target = session.with_suffix(".glb")
    gltf = pygltflib.GLTF2.load(str(target))
    assert [skin.name for skin in gltf.skins] == ["right_skeleton", "left_skeleton"]
    out = capsys.readouterr().out
    assert out.startswith(f"Wrote {target}: 8 frames, 0.2 s; right in 7, left in 7; gltf axes")


def test_bvh_of_two_hands_is_two_files(session: Path) -> None:
    out = session.parent / "out" / "hands.bvh"
    assert main(["export", str(session), "--out", str(out), "--axes", "ros"]) == 0
    assert sorted(path.name for path in out.parent.iterdir()) == [
        "hands-left.bvh",
        "hands-left.bvh.json",
        "hands-right.bvh",
        "hands-right.bvh.json",
    ]
    for side in BOTH:
        places = pybvh.read_bvh_file(str(out.with_name(f"hands-{side}.bvh"))).node_positions()
        expected = PRESETS["ros"].points(state_at(7 / FPS, side).joints)
        np.testing.assert_allclose(places[7], expected, atol=1e-4)
    record_of_left = json.loads((out.parent / "hands-left.bvh.json").read_text())
    assert [hand["name"] for hand in record_of_left["hands"]] == ["left"]


def test_bvh_of_one_hand_keeps_its_name(session: Path) -> None:
    assert main(["export", str(session), "--to", "bvh", "--hand", "left"]) == 0
    assert pybvh.read_bvh_file(str(session.with_suffix(".bvh"))).joint_names[0] == "left_wrist"


def test_csv_of_a_session(session: Path) -> None:
    assert main(["export", str(session), "--to", "csv", "--axes", "unreal"]) == 0
    table = pd.read_csv(session.with_suffix(".csv"))
    assert len(table) == 2 * 7
    wrist = table.iloc[-2][["wrist_x_cm", "wrist_y_cm", "wrist_z_cm"]].to_numpy(float)
    expected = PRESETS["unreal"].points(state_at(7 / FPS).joints[0])
    np.testing.assert_allclose(wrist, expected, atol=1e-6)
    assert json.loads(session.with_suffix(".csv.json").read_text())["unit"] == "cm"


def test_npz_of_a_session(session: Path) -> None:
    assert main(["export", str(session), "--to", "npz", "--hand", "right", "--axes", "unity"]) == 0
    with np.load(session.with_suffix(".npz")) as data:
        assert data["frame"].tolist() == list(range(100, 108))
        assert data["side"].tolist() == ["right"] * 3 + [""] + ["right"] * 4
        assert np.isnan(data["vertices"][3]).all()
        state = state_at(7 / FPS)
        expected = PRESETS["unity"].points(state.vertices)
        np.testing.assert_allclose(data["vertices"][7], expected, atol=1e-6)
        np.testing.assert_allclose(data["joints"][7], PRESETS["unity"].points(state.joints))
        np.testing.assert_allclose(data["angles"][7], state.angles)
        np.testing.assert_allclose(data["time_s"], np.arange(8) / FPS, atol=1e-6)
        assert data["faces_right"].shape == data["faces_left"].shape
        assert (str(data["axes"]), str(data["unit"])) == ("unity", "m")


@pytest.mark.slow
def test_mp4_of_a_session(session: Path) -> None:
    target = session.with_suffix(".mp4")
    assert main(["export", str(session), "--to", "mp4"]) == 0
    video = cv2.VideoCapture(str(target))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == COUNT
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(FPS)
    pictures = [video.read()[1] for _ in range(COUNT)]
    video.release()
    without, with_hands = pictures[3][:, :640].astype(int), pictures[4][:, :640].astype(int)
    assert (np.abs(with_hands - without).max(-1) > 60).sum() > 500, "the overlay is drawn"


def test_a_source_is_tracked_first(tmp_path: Path, estimator: TruthEstimator) -> None:
    out = tmp_path / "hands.csv"
    assert main(["export", SMALL, "--frames", "5", "--out", str(out)]) == 0
    assert estimator.frames == 5
    assert pd.read_csv(out)["frame"].tolist() == [0, 1, 2, 4], "every fourth frame is missed"


def test_interrupting_exports_what_was_tracked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, estimator: TruthEstimator
) -> None:
    ask = estimator.estimate

    def interrupted_later(frame_set):  # type: ignore[no-untyped-def]
        if estimator.frames == 3:
            raise KeyboardInterrupt
        return ask(frame_set)

    monkeypatch.setattr(estimator, "estimate", interrupted_later)
    out = tmp_path / "hands.csv"
    assert main(["export", SMALL, "--frames", "9", "--out", str(out)]) == 0
    assert pd.read_csv(out)["frame"].tolist() == [0, 1, 2]


def test_a_source_that_fails_on_the_way_is_exported_so_far(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    estimator: TruthEstimator,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask = estimator.estimate

    def damaged_later(frame_set):  # type: ignore[no-untyped-def]
        if estimator.frames == 2:
            raise SourceError("7.png: truncated.")
        return ask(frame_set)

    monkeypatch.setattr(estimator, "estimate", damaged_later)
    out = tmp_path / "hands.csv"
    assert main(["export", SMALL, "--frames", "9", "--out", str(out)]) == 2
    assert failed(capsys) == "handtune: 7.png: truncated."
    assert pd.read_csv(out)["frame"].tolist() == [0, 1]


def test_only_so_many_frames_of_a_session(session: Path) -> None:
    assert main(["export", str(session), "--to", "csv", "--frames", "2"]) == 0
    assert pd.read_csv(session.with_suffix(".csv"))["frame"].unique().tolist() == [100, 101]


def test_what_exists_is_kept_unless_forced(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = session.with_suffix(".glb")
    target.write_text("former")
    assert main(["export", str(session), "--to", "glb"]) == 2
    assert "is there already" in failed(capsys)
    assert target.read_text() == "former"
    assert main(["export", str(session), "--to", "glb", "--force"]) == 0
    assert target.read_bytes().startswith(b"glTF")


def test_one_file_of_several_that_exists_keeps_all(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    former = session.with_name("take-left.bvh")
    former.write_text("former")
    before = sorted(session.parent.iterdir())
    assert main(["export", str(session), "--to", "bvh"]) == 2
    assert "'" + str(former) + "' is there already" in failed(capsys)
    assert sorted(session.parent.iterdir()) == before
    assert former.read_text() == "former"


@pytest.mark.parametrize("name", ["glb", "bvh", "csv", "npz"])
def test_a_full_disk_leaves_nothing_behind(
    session: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["export", str(session), "--to", name, "--hand", "right"]) == 2
    assert "the disk is full" in failed(capsys)
    assert list(session.parent.iterdir()) == [session]


@pytest.mark.parametrize("name", ["glb", "bvh", "csv", "npz"])
def test_a_session_without_any_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = record(tmp_path / "empty.mcap", list(scenes(3, ())))
    assert main(["export", str(path), "--to", name]) == 2
    assert "none was found in 3 frames" in failed(capsys)
    assert list(tmp_path.iterdir()) == [path]


def test_a_hand_that_is_not_there_names_those_that_are(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(session), "--to", "glb", "--hand", "77"]) == 2
    assert "hand 77" in (sentence := failed(capsys))
    assert "right 0" in sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--to with one of"),
        (["--out", "hands.obj"], "such an ending"),
        (["--to", "glb", "--out", "hands.bvh"], "Change one of the two"),
        (["--to", "mp4", "--axes", "ros"], "a video has no axes"),
        (["--to", "csv", "--fps", "30"], "--fps is for glb, bvh, mp4"),
        (["--to", "glb", "--profile", "Ada"], "replay:"),
    ],
)
def test_what_does_not_go_together(
    session: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["export", str(session), *arguments]) == 2
    assert words in failed(capsys)
    assert list(session.parent.iterdir()) == [session]


@pytest.mark.parametrize(
    "arguments", [["--fps", "0"], ["--fps", "fast"], ["--hand", "both"], ["--axes", "maya"]]
)
def test_arguments_that_mean_nothing(session: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["export", str(session), "--to", "glb", *arguments])
    assert refused.value.code == 2


def test_arrays_without_angles_are_no_session(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hands.npz"
    np.savez(path, joints=np.zeros((1, 21, 3)))
    assert main(["export", str(path), "--to", "glb"]) == 2
    assert "without the angles" in failed(capsys)


def test_another_hand_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = replace(HEADER, hand_model="other", hand_model_sha256="0" * 64)
    path = record(tmp_path / "take.mcap", list(scenes(2)), header)
    assert main(["export", str(path), "--to", "glb"]) == 2
    assert "another hand model" in failed(capsys)


def test_a_session_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "none.mcap"), "--to", "glb"]) == 2
    assert "none.mcap" in failed(capsys)


def ticks(times_s: list[float], fps: float) -> list[int]:
    items = [(round(time_s * NS_PER_S), index) for index, time_s in enumerate(times_s)]
    return list(at_even_times(items, fps))


def test_what_cannot_be_read_is_said_before_what_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hands.glb").write_bytes(b"of another session")
    assert main(["export", "none.mcap", "--to", "glb"]) == 2
    assert "none.mcap" in capsys.readouterr().err
    assert (tmp_path / "hands.glb").read_bytes() == b"of another session"


def test_a_video_keeps_the_time() -> None:
    assert ticks([0, 0.1, 0.2, 0.3], 10) == [0, 1, 2, 3]
    assert ticks([0, 0.12, 0.19, 0.31], 10) == [0, 1, 2, 3], "jitter"
    assert ticks([0, 0.1, 0.4, 0.5], 10) == [0, 1, 1, 1, 2, 3], "a gap"
    assert ticks([0, 0.1, 0.2, 0.3, 0.4], 5) == [0, 2, 4], "half the rate"
    assert ticks([5.0, 5.1], 30) == [0, 0, 0, 1]
    assert ticks([], 30) == []
