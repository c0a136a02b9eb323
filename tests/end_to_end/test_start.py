"""main.py in a process of its own, as a person starts it on a machine without a display."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.inference.depth_estimator import create_estimator
from tests.shared_data import REPOSITORY

COLD_START_S = 900
"""The first start on a machine compiles the tracker; a busy one takes minutes for that."""
pytestmark = pytest.mark.timeout(COLD_START_S + 60)
DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def start(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in DISPLAY_VARIABLES}
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=environment | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=COLD_START_S,
        check=False,
    )


def test_a_wrong_source_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = start(str(REPOSITORY / "main.py"), "track", "webcam:0", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("handtune: Unknown source 'webcam:0'")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.slow
def test_without_a_display_the_preview_shows_a_hand(tmp_path: Path) -> None:
    done = start(str(REPOSITORY / "main.py"), "run", "--frames", "30", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no display" in done.stdout
    assert "preview:" in done.stderr
    assert "Traceback" not in done.stderr
    picture = cv2.imread(str(tmp_path / "out" / "preview.png"))
    assert min(picture.shape[:2]) >= 240
    video = cv2.VideoCapture(str(tmp_path / "out" / "preview.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 30
    video.release()


@pytest.mark.slow
def test_tracking_the_simulated_hand_in_files(tmp_path: Path) -> None:
    words = ["track", "sim:", "--frames", "30", "--out", "hands.npz", "--json", "figures.json"]
    done = start(str(REPOSITORY / "main.py"), *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["found"] >= 27
    with np.load(tmp_path / "hands.npz") as data:
        found = data["side"] != ""
        assert np.isfinite(data["joints"][found]).all()
        assert (data["joints"][found][..., 2] > 0.1).all()


@pytest.mark.slow
def test_the_live_path_never_loads_torch(tmp_path: Path) -> None:
    """It takes three seconds to import, and the first mesh is due within six.

    Making ONNX files of new weights needs it once, so that is done before.
    """
    create_estimator()
    program = (
        "import sys; from app.cli import main; main(['run', '--frames', '2']);"
        "sys.exit(3 if 'torch' in sys.modules else 0)"
    )
    assert start("-c", program, cwd=tmp_path).returncode == 0
