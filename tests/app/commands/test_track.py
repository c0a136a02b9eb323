"""`track`: what it writes, and that it writes all or nothing."""

import errno
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.cli import main
from engine.hand.model import load_hand_model
from tests.fakes.truth_estimator import TruthEstimator

pytestmark = pytest.mark.usefixtures("estimator")
SMALL = "sim:width=160,height=120"


def test_npz_has_a_row_a_frame_and_hand(tmp_path: Path) -> None:
    out = tmp_path / "hands.npz"
    assert main(["track", SMALL, "--frames", "8", "--out", str(out)]) == 0
    with np.load(out) as data:
        rows = {key: data[key] for key in data.files}
    assert rows["frame"].tolist() == list(range(8))
    assert rows["joints"].shape == (8, 21, 3)
    assert rows["vertices"].shape == (8, load_hand_model().vertex_count, 3)
    assert rows["vertices"].dtype == np.float32
    assert rows["confidence"].shape == (8, 21)
    missing = np.isin(np.arange(8), [3, 7])
    assert rows["side"].tolist() == ["" if gone else "right" for gone in missing]
    for key in ("joints", "vertices", "confidence"):
        assert (np.isnan(rows[key]).all(axis=tuple(range(1, rows[key].ndim))) == missing).all()


def test_two_hands_share_the_frame_number(tmp_path: Path) -> None:
    out = tmp_path / "hands.npz"
    assert main(["track", f"{SMALL},hands=2", "--frames", "4", "--out", str(out)]) == 0
    with np.load(out) as data:
        assert data["frame"].tolist() == [0, 0, 1, 1, 2, 2, 3]
        assert set(data["side"][:2]) == {"left", "right"}


def test_vertices_keep_their_shape_where_no_hand_was_ever_found(tmp_path: Path) -> None:
    out = tmp_path / "hands.npz"
    assert main(["track", f"{SMALL},hands=0", "--frames", "2", "--out", str(out)]) == 0
    with np.load(out) as data:
        assert data["vertices"].shape == (2, load_hand_model().vertex_count, 3)
        assert np.isnan(data["vertices"]).all()


def test_json_has_what_needs_no_truth(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    assert main(["track", SMALL, "--frames", "8", "--json", str(target)]) == 0
    figures = json.loads(target.read_text())
    assert list(figures) == ["frames", "found", "residual_mm", "jitter_mm", "fps", "latency_ms"]
    assert (figures["frames"], figures["found"]) == (8, 6)
    assert figures["residual_mm"] == pytest.approx(1.5)
    assert figures["fps"] > 0


@pytest.mark.slow
def test_video_has_every_frame(tmp_path: Path) -> None:
    target = tmp_path / "hands.mp4"
    assert main(["track", SMALL, "--frames", "5", "--video", str(target)]) == 0
    capture = cv2.VideoCapture(str(target))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    capture.release()
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("option", ["--out", "--json"])
def test_full_disk_keeps_the_former_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str,
) -> None:
    target = tmp_path / "former"
    target.write_text("former")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["track", SMALL, "--frames", "2", option, str(target)]) == 2
    assert "the disk is full" in capsys.readouterr().err
    assert target.read_text() == "former"
    assert list(tmp_path.iterdir()) == [target]


def test_a_place_that_cannot_be_written_is_found_out_before_the_work(
    tmp_path: Path, estimator: TruthEstimator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["track", SMALL, "--frames", "2", "--out", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
    assert estimator.frames == 0


def test_interrupting_keeps_what_was_tracked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, estimator: TruthEstimator
) -> None:
    ask = estimator.estimate

    def interrupted_later(frame_set):  # type: ignore[no-untyped-def]
        if estimator.frames == 3:
            raise KeyboardInterrupt
        return ask(frame_set)

    monkeypatch.setattr(estimator, "estimate", interrupted_later)
    out = tmp_path / "hands.npz"
    assert main(["track", SMALL, "--frames", "9", "--out", str(out)]) == 0
    with np.load(out) as data:
        assert data["frame"].tolist() == [0, 1, 2]
