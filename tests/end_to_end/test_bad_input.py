"""Bad input gets one sentence that says what, expected, found and what next; status 2; no rest."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.cli import main
from engine.inference import single_view
from engine.inference.single_view import WEIGHTS_NAME
from engine.weights_manifest import WEIGHTS_FOLDER, verified_weights
from tests.fakes.estimators import EmptyEstimator

WIDTH, HEIGHT = 64, 48
GOOD_CAMERA = {
    "width": WIDTH,
    "height": HEIGHT,
    "fx": 60.0,
    "fy": 60.0,
    "cx": 31.5,
    "cy": 23.5,
    "depth_unit_m": 0.001,
}
Change = Callable[[Path], None]


def write_png(path: Path, dtype: type) -> None:
    image = np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(dtype)
    assert cv2.imwrite(str(path), image)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A folder of three good frames."""
    folder = tmp_path / "recording"
    folder.mkdir()
    (folder / "camera.json").write_text(json.dumps(GOOD_CAMERA))
    for number in range(3):
        write_png(folder / f"{number}.png", np.uint16)
    return folder


def camera_json(**changes: object) -> Change:
    def change(folder: Path) -> None:
        values = {k: v for k, v in (GOOD_CAMERA | changes).items() if v is not None}
        (folder / "camera.json").write_text(json.dumps(values))

    return change


def remove(pattern: str) -> Change:
    def change(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.unlink()

    return change


def truncate(folder: Path) -> None:
    data = (folder / "0.png").read_bytes()
    (folder / "0.png").write_bytes(data[: len(data) // 2])


BAD_FOLDERS = {
    "no PNG": (remove("*.png"), "16-bit depth PNGs, found none"),
    "no camera.json": (remove("camera.json"), "camera.json is missing"),
    "no JSON": (lambda f: (f / "camera.json").write_text("{"), "expected a JSON object"),
    "no focal length": (camera_json(fx=None), "'fx' is missing"),
    "negative focal length": (camera_json(fy=-60.0), "'fy' must be positive, found -60"),
    "focal length in words": (camera_json(fx="wide"), 'must be a number, found "wide"'),
    "8-bit PNG": (lambda f: write_png(f / "0.png", np.uint8), "16-bit grey, found 8-bit"),
    "truncated PNG": (truncate, "truncated or damaged"),
    "not a PNG": (lambda f: (f / "0.png").write_text("hello"), "expected a PNG image"),
    "other size": (camera_json(width=32), "expected 32 x 48 px"),
}


def sentence_of(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What stderr says of a command that must end with status 2: one line, no traceback."""
    assert main(argv) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "handtune: " in line]
    assert len(lines) == 1
    assert lines[0].rstrip().endswith((".", "?", "..."))
    return lines[0]


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_bad_folder(case: str, recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, expected = BAD_FOLDERS[case]
    change(recording)
    out = recording.parent / "hands.npz"
    said = sentence_of(["track", f"folder:{recording}", "--out", str(out)], capsys)
    assert expected in said
    assert str(recording) in said
    assert list(recording.parent.iterdir()) == [recording]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("folder:/no/such/place", "found nothing"),
        ("webcam:0", "Unknown source"),
        ("reelsense:", "Did you mean 'realsense:'"),
        ("sim:hands=seven", "hands"),
        ("sim:hands", "key=value"),
        ("realsense:000000000000", "RealSense"),
        ("realsense:nothing-here.bag", "nothing-here.bag"),
        ("cvar:/no/such/place", "/no/such/place"),
    ],
)
def test_bad_source(source: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert expected in sentence_of(["track", source], capsys)


@pytest.mark.parametrize("dataset", ["cvar", "nyu", "msra", "icvl"])
def test_data_set_in_an_empty_folder(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert str(tmp_path) in sentence_of(["eval", dataset, str(tmp_path)], capsys)


def test_frames_before_a_damaged_one_are_kept(
    recording: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.commands.tracking_run.create_estimator", EmptyEstimator)
    (recording / "2.png").write_text("hello")
    out = recording.parent / "hands.npz"
    said = sentence_of(["track", f"folder:{recording}", "--out", str(out)], capsys)
    assert "2.png" in said
    with np.load(out) as data:
        assert data["frame"].tolist() == [0, 1]


@pytest.mark.parametrize("change", ["flip a byte", "cut in half", "remove"])
def test_weights_that_are_not_the_listed_ones(
    change: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(WEIGHTS_FOLDER, folder)
    weights = folder / WEIGHTS_NAME
    data = bytearray(weights.read_bytes())
    if change == "remove":
        weights.unlink()
    elif change == "flip a byte":
        data[-1] ^= 1
        weights.write_bytes(data)
    else:
        weights.write_bytes(data[: len(data) // 2])
    monkeypatch.setattr(single_view, "verified_weights", partial(verified_weights, folder=folder))
    said = sentence_of(["track", "sim:", "--frames", "1"], capsys)
    assert str(weights) in said
    assert ("is missing" if change == "remove" else "expected SHA-256") in said
