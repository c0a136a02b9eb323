"""Folders of depth PNGs: exact metres, right order, and one sentence for every fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.capture.camera import Camera
from engine.capture.sources import open_camera
from engine.errors import EndOfStream, SourceError
from tests.fakes.recordings import FOLDER_CAMERA, write_folder, write_png
from tests.shared_data import shared_folder


def opened(folder: Path, options: str = "") -> Camera:
    return open_camera(f"folder:{folder}{options}")


def test_raw_values_become_metres_and_no_data_becomes_zero(tmp_path: Path) -> None:
    raw = np.full((6, 8), 4000, np.uint16)
    raw[0, 0], raw[1, 1] = 0, 32001
    write_png(write_folder(tmp_path / "f", images=0) / "1.png", raw)
    with opened(tmp_path / "f") as camera:
        depth = camera.read().depth_m
    assert depth.dtype == np.float32
    assert depth[0, 0] == 0.0
    assert depth[1, 1] == 0.0
    assert np.delete(depth.ravel(), [0, 9]) == pytest.approx(0.5)
    assert not depth.flags.writeable


def test_intrinsics_come_from_camera_json(tmp_path: Path) -> None:
    with opened(write_folder(tmp_path / "f")) as camera:
        info = camera.info
    assert (info.camera.fx, info.camera.fy, info.camera.cx, info.camera.cy) == (10, 11, 3.5, 2.5)
    assert (info.camera.width_px, info.camera.height_px) == (8, 6)
    assert (info.live, info.has_truth, info.frame_count) == (False, False, 3)


def test_frames_come_by_number_not_by_letter(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f", images=0)
    for name in ("10.png", "9.png", "100.png"):
        write_png(folder / name, np.full((6, 8), 1000, np.uint16))
    with opened(folder) as camera:
        frames = [camera.read() for _ in range(3)]
    assert [frame.name for frame in frames] == ["9.png", "10.png", "100.png"]
    assert [frame.sequence for frame in frames] == [0, 1, 2]


def test_end_of_the_folder_ends_the_stream(tmp_path: Path) -> None:
    with opened(write_folder(tmp_path / "f", images=1)) as camera:
        camera.read()
        with pytest.raises(EndOfStream):
            camera.read()


def test_loop_starts_again_and_keeps_counting(tmp_path: Path) -> None:
    with opened(write_folder(tmp_path / "f", images=2), "?loop=yes,fps=5") as camera:
        frames = [camera.read() for _ in range(5)]
        assert camera.info.fps == 5
    assert [frame.name for frame in frames] == ["0.png", "1.png", "0.png", "1.png", "0.png"]
    assert [frame.sequence for frame in frames] == [0, 1, 2, 3, 4]


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in FOLDER_CAMERA.items() if k != key}


def rewrite(camera: dict[str, Any]) -> Callable[[Path], None]:
    return lambda folder: write_folder(folder, camera) and None


def truncate(folder: Path) -> None:
    path = folder / "0.png"
    path.write_bytes(path.read_bytes()[:-20])


def flip_a_bit(folder: Path) -> None:
    data = bytearray((folder / "0.png").read_bytes())
    data[50] ^= 1
    (folder / "0.png").write_bytes(data)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no images": (lambda f: [p.unlink() for p in f.glob("*.png")], "expected 16-bit depth PNGs"),
    "8 bit": (
        lambda f: write_png(f / "0.png", np.zeros((6, 8), np.uint8)),
        "expected a depth PNG in 16-bit grey, found 8-bit grey",
    ),
    "colour": (
        lambda f: write_png(f / "0.png", np.zeros((6, 8, 3), np.uint8)),
        "found 8-bit RGB",
    ),
    "truncated": (truncate, "truncated or damaged"),
    "damaged": (flip_a_bit, "truncated or damaged"),
    "no PNG": (lambda f: (f / "0.png").write_text("hello"), "expected a PNG image"),
    "empty file": (lambda f: (f / "0.png").write_bytes(b""), "expected a PNG image"),
    "other size": (
        lambda f: write_png(f / "0.png", np.ones((5, 8), np.uint16)),
        "expected 8 x 6 px as the camera says, found 8 x 5 px",
    ),
    "no camera.json": (lambda f: (f / "camera.json").unlink(), "camera.json is missing"),
    "bad JSON": (lambda f: (f / "camera.json").write_text('{"fx": '), "expected a JSON object"),
    "JSON list": (lambda f: (f / "camera.json").write_text("[1]"), "found list"),
    "missing focal length": (rewrite(without("fx")), "'fx' is missing"),
    "missing unit": (rewrite(without("depth_unit_m")), "'depth_unit_m' is missing"),
    "negative focal length": (
        rewrite(FOLDER_CAMERA | {"fy": -5}),
        "'fy' must be positive, found -5",
    ),
    "zero focal length": (rewrite(FOLDER_CAMERA | {"fx": 0}), "'fx' must be positive"),
    "focal length in words": (rewrite(FOLDER_CAMERA | {"fx": "wide"}), "'fx' must be a number"),
    "focal length NaN": (rewrite(FOLDER_CAMERA | {"fx": float("nan")}), "'fx' must be a number"),
    "negative unit": (rewrite(FOLDER_CAMERA | {"depth_unit_m": -1}), "must be positive"),
    "bad no_data": (rewrite(FOLDER_CAMERA | {"no_data": ["x"]}), "'no_data' must list"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_gets_one_sentence_with_the_file(fault: str, tmp_path: Path) -> None:
    spoil, expected = FAULTS[fault]
    folder = write_folder(tmp_path / "f")
    spoil(folder)
    with pytest.raises(SourceError, match=re.escape(expected)) as error:
        opened(folder)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_folder_and_file_instead_of_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected a folder of depth PNGs, found nothing"):
        opened(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceError, match="found a file"):
        opened(tmp_path / "file")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("?fps=0", "positive number of frames a second, found '0'"),
        ("?fps=fast", "found 'fast'"),
        ("?loop=maybe", "yes or no, found 'maybe'"),
        ("?speed=2", "no option 'speed'"),
    ],
)
def test_bad_option_gets_one_sentence(options: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=expected):
        opened(write_folder(tmp_path / "f"), options)


def test_damage_further_on_shows_when_it_is_played(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f")
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:40])
    with opened(folder) as camera:
        camera.read()
        with pytest.raises(SourceError, match=r"1\.png: the PNG is truncated"):
            camera.read()


def test_real_frames_play_in_order_with_metric_depth() -> None:
    with opened(shared_folder("data", "sr305_depth")) as camera:
        frames = [camera.read() for _ in range(8)]
    assert [frame.name for frame in frames] == [f"{n}.png" for n in range(30, 190, 20)]
    for frame in frames:
        seen = frame.depth_m[frame.depth_m > 0]
        assert 0.4 < np.percentile(seen, 1) < 0.6  # The hand is held 0.48 to 0.60 m away.
