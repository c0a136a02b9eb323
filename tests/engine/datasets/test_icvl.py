"""ICVL: exact values from tiny folders in the published format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.hand.keypoints import KEYPOINT_NAMES
from tests.fakes.recordings import write_icvl

MAPPED = {"thumb_mcp": 1, "thumb_tip": 3, "index_mcp": 4, "index_pip": 5, "index_tip": 6}
MAPPED |= {"middle_pip": 8, "ring_tip": 12, "pinky_mcp": 13, "pinky_tip": 15}


def test_joints_land_on_their_keypoints(tmp_path: Path) -> None:
    folder = write_icvl(tmp_path, {"labels.txt": ["201403121135/image_0000.png"]})
    with open_camera(f"icvl:{folder}") as camera:
        frame = camera.read()
    (truth,) = frame.truth
    for name, joint in MAPPED.items():
        pixel = frame.camera.project(truth.joints[KEYPOINT_NAMES.index(name)])
        assert pixel == pytest.approx((60 + joint, 70))
    missing = {KEYPOINT_NAMES[k] for k in np.flatnonzero(np.isnan(truth.joints).any(axis=1))}
    assert missing == {
        "wrist", "thumb_cmc", "index_dip", "middle_dip", "ring_dip", "pinky_dip",
    }  # fmt: skip
    assert frame.depth_m[0].max() == 0.0
    assert frame.depth_m[1:] == pytest.approx(0.3)


def test_test_sequences_play_one_after_the_other(tmp_path: Path) -> None:
    labels = {
        "test_seq_1.txt": ["test_seq_1/image_0000.png", "test_seq_1/image_0001.png"],
        "test_seq_2.txt": ["test_seq_2/image_0000.png"],
    }
    with open_camera(f"icvl:{write_icvl(tmp_path, labels)}") as camera:
        names = [camera.read().name for _ in range(3)]
    assert names == labels["test_seq_1.txt"] + labels["test_seq_2.txt"]


def test_every_fault_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"expected one of labels\.txt"):
        open_camera(f"icvl:{tmp_path}")
    (tmp_path / "labels.txt").write_text("a.png 1 2 3\n")
    with pytest.raises(SourceError, match="line 1: expected 48 numbers"):
        open_camera(f"icvl:{tmp_path}")
    (tmp_path / "labels.txt").write_text("\n")
    with pytest.raises(SourceError, match="found none"):
        open_camera(f"icvl:{tmp_path}")
    write_icvl(tmp_path, {"labels.txt": ["a/image_0000.png"]})
    (tmp_path / "Depth/a/image_0000.png").write_bytes(b"no image")
    with pytest.raises(SourceError, match="expected a PNG image"):
        open_camera(f"icvl:{tmp_path}")
