"""MSRA: exact values from tiny folders in the published format."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.hand.keypoints import KEYPOINT_NAMES
from tests.fakes.recordings import write_msra

MAPPED = {"wrist": 0, "index_mcp": 1, "index_tip": 4, "middle_pip": 6, "ring_dip": 11}
MAPPED |= {"pinky_tip": 16, "thumb_cmc": 17, "thumb_mcp": 18, "thumb_ip": 19, "thumb_tip": 20}


def test_region_lands_in_the_full_image(tmp_path: Path) -> None:
    with open_camera(f"msra:{write_msra(tmp_path / 'P0' / '1')}") as camera:
        depth = camera.read().depth_m
    assert depth.shape == (240, 320)
    assert depth[20:22, 30:33] == pytest.approx(np.arange(401, 407).reshape(2, 3) / 1000)
    assert np.count_nonzero(depth) == 6


def test_joints_land_on_their_keypoints_in_opencv_axes(tmp_path: Path) -> None:
    with open_camera(f"msra:{write_msra(tmp_path / 'P0' / '1')}") as camera:
        (truth,) = camera.read().truth
    for name, joint in MAPPED.items():
        expected_mm = (joint, -(10 + joint), 400)
        assert 1000 * truth.joints[KEYPOINT_NAMES.index(name)] == pytest.approx(expected_mm)
    assert np.isfinite(truth.joints).all()


def test_subject_and_whole_set_play_all_gestures(tmp_path: Path) -> None:
    for gesture in ("P0/1", "P0/Y", "P1/1"):
        write_msra(tmp_path / gesture, frames=2)
    with open_camera(f"msra:{tmp_path / 'P0'}") as subject, open_camera(f"msra:{tmp_path}") as all_:
        assert subject.info.frame_count == 4
        assert all_.info.frame_count == 6
        assert all_.read().name == "P0/1/000000_depth.bin"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"short", "expected a header of 24 bytes, found 5"),
        (struct.pack("<6I", 320, 240, 30, 20, 33, 22), "expected 48 bytes, found 24"),
        (struct.pack("<6I", 320, 240, 30, 20, 400, 22), "expected a region within 320 x 240 px"),
        (struct.pack("<6I", 640, 480, 0, 0, 0, 0), "within 640 x 480 px"),
    ],
)
def test_damaged_image_gets_one_sentence(tmp_path: Path, content: bytes, expected: str) -> None:
    folder = write_msra(tmp_path / "1")
    (folder / "000000_depth.bin").write_bytes(content)
    with pytest.raises(SourceError, match=expected):
        open_camera(f"msra:{folder}")


def test_missing_files_get_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"expected joint\.txt in it or below"):
        open_camera(f"msra:{tmp_path}")
    folder = write_msra(tmp_path / "1")
    (folder / "000000_depth.bin").unlink()
    with pytest.raises(SourceError, match=r"000000_depth\.bin: cannot be read"):
        open_camera(f"msra:{folder}")
