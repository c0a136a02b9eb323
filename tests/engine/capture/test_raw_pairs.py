"""Pairs without a rig, to calibrate from."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.capture.raw_pairs import open_pairs
from engine.errors import EndOfStream, SourceError


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    made = tmp_path / "left", tmp_path / "right"
    for folder, grey in zip(made, (40, 200), strict=True):
        folder.mkdir()
        for number in range(3):
            cv2.imwrite(str(folder / f"{number:02}.png"), np.full((12, 16), grey, np.uint8))
    return made


def test_folders_are_opened_without_a_rig(folders: tuple[Path, Path]) -> None:
    source = open_pairs(f"images:{folders[0]},{folders[1]}")
    assert source.info.left_size_px == (16, 12)
    assert not source.info.live
    pairs = [source.read_pair(1.0) for _ in range(3)]
    assert {int(pair.left.mean()) for pair in pairs} == {40}
    assert {int(pair.right.mean()) for pair in pairs} == {200}
    with pytest.raises(EndOfStream):
        source.read_pair(1.0)
    source.close()


def test_what_only_tracking_needs_is_passed_over(folders: tuple[Path, Path]) -> None:
    place = f"{folders[0]},{folders[1]}"
    assert open_pairs(f"images:{place}?rig=missing.toml,skew=5").info.frame_count == 3


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("zed:", "know their own calibration"),
        ("0,1", "two webcams are uvc:0,1"),
        ("images:only-one", "needs two folders of pictures"),
        ("uvc:0,1?size=4", "no option 'size'"),
        ("video:none.mp4,nor.mp4", "found nothing"),
    ],
)
def test_bad_sources_get_one_sentence(uri: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        open_pairs(uri)
